"""What a running node tells about its processes: `state.json` and one pid file each in the runtime directory."""

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog

from freeseat.bootstrap.processes import Identity

log = structlog.get_logger()

STATE_NAME = "state.json"
_VERSION = 1


class Phase(StrEnum):
    """How far a process is."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ChildState:
    """One process: what it is, how far it is, since when (unix seconds), how often it was restarted, its last end."""

    name: str
    argv: tuple[str, ...]
    stamp: str = ""
    phase: Phase = Phase.WAITING
    identity: Identity | None = None
    started_at: float = 0.0
    restarts: int = 0
    last_end: str = ""

    @property
    def pid(self) -> int | None:
        """Process id, or None while it does not run."""
        return self.identity.pid if self.identity else None

    def but(self, **changes: Any) -> "ChildState":
        """A copy with some fields changed."""
        return replace(self, **changes)

    def is_same_as(self, other: "ChildState") -> bool:
        """Whether the other was or would be started alike."""
        return (self.argv, self.stamp) == (other.argv, other.stamp)


@dataclass(frozen=True, slots=True)
class NodeState:
    """The supervisor and its processes, in order of starting."""

    supervisor: Identity | None
    started_at: float
    children: tuple[ChildState, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every process runs and is ready."""
        return bool(self.children) and all(child.phase == Phase.READY for child in self.children)


def write_state(runtime_dir: Path, state: NodeState) -> None:
    """Replace `state.json` in one step, and the pid files `<name>.pid`."""
    _replace(runtime_dir / STATE_NAME, json.dumps({"version": _VERSION, **asdict(state)}, indent=1) + "\n")
    for child in state.children:
        path = runtime_dir / f"{child.name}.pid"
        if child.pid is None:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_text().strip() != str(child.pid):
            _replace(path, f"{child.pid}\n")


def read_state(runtime_dir: Path) -> NodeState | None:
    """What the last supervisor wrote, dead or alive; None if nothing or nothing legible is there."""
    path = runtime_dir / STATE_NAME
    try:
        data = json.loads(path.read_text())
        if data["version"] != _VERSION:
            raise ValueError(f"version {data['version']} is not {_VERSION}")
        children = tuple(_child(child) for child in data["children"])
        return NodeState(_identity(data["supervisor"]), data["started_at"], children)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        log.warning("state cannot be read", file=str(path), error=repr(error))
        return None


def _child(data: dict[str, Any]) -> ChildState:
    return ChildState(
        **{
            **data,
            "argv": tuple(data["argv"]),
            "phase": Phase(data["phase"]),
            "identity": _identity(data["identity"]),
        }
    )


def _identity(data: dict[str, Any] | None) -> Identity | None:
    return Identity(**data) if data else None


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".new")
    with draft.open("w") as file:
        file.write(text)
    draft.replace(path)
