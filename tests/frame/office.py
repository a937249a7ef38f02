"""A small node for supervisor tests: run as `python office.py RUNTIME_DIR LOG_DIR JSON`, JSON being a list of children.

Each child is {"name", "argv", "adopt", "stamp", "stop_seconds", "prepared", "ready"}: `prepared` is a file to which
`prepare` adds a line, `ready` a file whose existence means ready. `"prepared": "/dev/full"` makes it fail.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from freeseat import logs
from freeseat.bootstrap.supervisor import ChildSpec, Supervisor
from freeseat.domain.errors import FreeseatError


def spec(child: dict[str, Any]) -> ChildSpec:
    return ChildSpec(
        child["name"],
        tuple(child["argv"]),
        prepare=_adds_line(Path(child["prepared"])) if "prepared" in child else None,
        ready=Path(child["ready"]).exists if "ready" in child else None,
        adopt=child.get("adopt", False),
        stamp=child.get("stamp", ""),
        stop_seconds=child.get("stop_seconds", 5.0),
    )


def _adds_line(path: Path) -> Callable[[], None]:
    def prepare() -> None:
        with path.open("a") as file:
            file.write("prepared\n")

    return prepare


if __name__ == "__main__":
    logs.configure("info", "json", process="serve")
    children = [spec(child) for child in json.loads(sys.argv[3])]
    try:
        Supervisor(children, Path(sys.argv[1]), Path(sys.argv[2])).run()
    except FreeseatError as error:
        sys.exit(f"{error.code}: {error}")
