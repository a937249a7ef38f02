"""From errors to exit codes and words. Codes: 0 done, 1 refused by the rules, 2 bad usage or input, 3 unavailable."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from freeseat.domain.errors import FreeseatError

if TYPE_CHECKING:
    from freeseat.application.proving import Refusal

REFUSED, BAD_INPUT, UNAVAILABLE = 1, 2, 3
_EXIT = {
    "invalid_value": BAD_INPUT,
    "not_found": BAD_INPUT,
    "settings": BAD_INPUT,
    "unavailable": UNAVAILABLE,
    "already_running": REFUSED,
    "not_healthy": UNAVAILABLE,
}
_ABOUT = ("field", "value", "expected", "wanted_by", "taken_by", "kind", "key", "used_by", "detail")


class Refused(FreeseatError):
    """The rules refuse a login or logout; `code` is the reason's stable word."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal, self.detail = refusal, refusal.detail
        super().__init__(f"refused: {refusal.text}")


@contextmanager
def told(*, as_json: bool) -> Iterator[None]:
    """Turn errors within into a sentence on standard error and an exit code, never a traceback.

    `as_json` puts `{"error": {"code", "message", ...}}` on standard output too.
    """
    try:
        yield
    except FreeseatError as error:
        code = str(error.refusal.reason) if isinstance(error, Refused) else error.code
        about = {name: _plain(value) for name in _ABOUT if (value := getattr(error, name, None)) is not None}
        _fail(str(error), code, about, as_json=as_json)
        raise typer.Exit(_EXIT.get(code, REFUSED)) from None
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        _fail(text, "unavailable", {}, as_json=as_json)
        raise typer.Exit(UNAVAILABLE) from None


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float) else str(value)


def _fail(message: str, code: str, about: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": {"code": code, "message": message, **about}}, ensure_ascii=False, indent=2))
    colour = sys.stderr.isatty()
    head = typer.style("error:", fg="red", bold=True) if colour else "error:"
    for number, line in enumerate(message.splitlines() or [message]):
        print(f"{head} {line}" if number == 0 else f"  {line}", file=sys.stderr)
