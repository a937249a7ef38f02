"""What one check of the doctor finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it is: `WARN` works but is probably not meant so, `FAIL` does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, how it is, what was found, and what to do about it (empty if it is ok)."""

    name: str
    verdict: Verdict
    finding: str
    advice: str = ""


def ok(name: str, finding: str) -> Check:
    """A check that found nothing wrong."""
    return Check(name, Verdict.OK, finding)


def warn(name: str, finding: str, advice: str) -> Check:
    """A check that found something that is probably not meant so."""
    return Check(name, Verdict.WARN, finding, advice)


def fail(name: str, finding: str, advice: str) -> Check:
    """A check that found something that cannot work."""
    return Check(name, Verdict.FAIL, finding, advice)


def worst(checks: Iterable[Check]) -> Verdict:
    """The worst verdict of all."""
    order = list(Verdict)
    return max((check.verdict for check in checks), key=order.index, default=Verdict.OK)
