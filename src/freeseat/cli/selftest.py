"""`freeseat selftest`: proves a running node."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer

from freeseat.bootstrap.selftest import Report, run_selftest
from freeseat.cli.command import alone
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give


@alone(example="freeseat selftest --json")
def selftest(here: Here) -> None:
    """Prove this node: two phones and two users are made, register, log in, call, take over, log out, and are removed.

    Real SIP and real audio; takes about half a minute. What stays is the audit log, which nobody can edit.
    """
    progress = (lambda _title: None) if here.as_json else (lambda title: print(f"  {title} ...", flush=True))
    report = asyncio.run(run_selftest(here.settings, here.database, progress))
    _show(here, report)
    if not report.ok:
        raise typer.Exit(1)


def _show(here: Here, report: Report) -> None:
    rows = [
        ("ok" if step.ok else "fail", step.title, f"{step.milliseconds:,.0f} ms", step.seen) for step in report.steps
    ]
    data = {"ok": report.ok, "steps": [asdict(step) for step in report.steps]}
    total = sum(step.milliseconds for step in report.steps) / 1000
    verdict = f"{'all held' if report.ok else 'NOT all held'}: {len(rows)} steps in {total:.1f} s"
    give(here, data, Listing(("", "step", "time", "seen"), rows), verdict)
