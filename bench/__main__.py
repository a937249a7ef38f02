"""Command line of the bench: `bench/run [--quick] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.budgets import Row
from bench.measurements import Bench
from bench.scale import FULL, QUICK
from bench.surroundings import Cores, enter_namespace


def main() -> int:
    """Measure and print; gives the exit code: 0 if every budget was kept, 1 if one was missed."""
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, within a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there, a list of objects")
    parser.add_argument("--keep", action="store_true", help="keep the scratch directory with the servers' logs")
    options = parser.parse_args()
    isolated = enter_namespace("bench", sys.argv[1:])
    cores = Cores.available()
    print(_conditions(cores, isolated=isolated), flush=True)
    started = time.monotonic()
    rows: list[Row] = []
    directory = Path(tempfile.mkdtemp(prefix="freeseat-bench-"))
    try:
        for row in Bench.prepared(directory, QUICK if options.quick else FULL, cores).measure():
            rows.append(row)
            print(_line(row), flush=True)
    finally:
        if options.json:
            options.json.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")
        if options.keep:
            print(f"scratch directory: {directory}")
        else:
            subprocess.run(["rm", "-rf", str(directory)], check=True)
    missed = [row.name for row in rows if not row.ok]
    print(f"{time.monotonic() - started:.0f} s; " + (f"missed: {'; '.join(missed)}" if missed else "every budget kept"))
    return 1 if missed else 0


def _conditions(cores: Cores, *, isolated: bool) -> str:
    version = subprocess.run(["kamailio", "-v"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    where = "a network namespace of its own" if isolated else "the machine's loopback"
    placed = f"server on core {cores.server}, generator on core {cores.generator}" if cores.server else "one core"
    return f"{version.strip()}; Python {platform.python_version()}; {where}; {placed}"


def _line(row: Row) -> str:
    ratio = f"{row.ratio:.2f} x {row.baseline:g}" if row.ratio is not None and row.baseline is not None else ""
    verdict = "ok" if row.ok else "MISSED"
    figure = f"{verdict:6} {row.name:54} {row.value:>10g} {row.unit:16} {ratio:16}"
    return f"{figure} {row.limit} {row.budget:g}  ({row.note})"


if __name__ == "__main__":
    sys.exit(main())
