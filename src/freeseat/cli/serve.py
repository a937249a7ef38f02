"""`freeseat serve`, `stop` and `status`: running the processes of this node, three of which are commands here, too.

The settings file, wherever it was named, is in `FREESEAT_CONFIG` by now, and so every child process reads the same one.
"""

import asyncio
import os
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from freeseat import logs
from freeseat.bootstrap import running
from freeseat.bootstrap.node import node_processes
from freeseat.bootstrap.privileges import become_user, make_directories
from freeseat.bootstrap.state import NodeState
from freeseat.bootstrap.supervisor import Supervisor
from freeseat.domain.errors import Unavailable
from freeseat.settings import Settings, read_settings

_EXIT_NOT_RUNNING = 3  # as `systemctl status` has it


def serve(
    detach: Annotated[bool, typer.Option("--detach", help="Run in the background; return once all is ready.")] = False,
    seconds: Annotated[float, typer.Option(min=1, help="With --detach: how long it may take to be ready.")] = 60.0,
) -> None:
    """Run this node: control plane, Kamailio, voice and web, each restarted when it dies."""
    settings = read_settings()
    make_directories(settings)
    become_user(settings)
    if detach:
        _serve_detached(settings, seconds)
        return
    _tell_first_link(settings)
    logs.configure(settings.log.level, settings.log.format, process="serve", node=settings.node)
    os.chdir("/")
    Supervisor(node_processes(settings), settings.runtime_dir, settings.log.dir).run()


def stop(
    seconds: Annotated[float, typer.Option(min=1, help="How long it may take before it is killed.")] = 30.0,
) -> None:
    """Stop this node; calls that are up are not cut by it, for their media does not pass through here."""
    settings = read_settings()
    if running.stop(settings.runtime_dir, seconds=seconds, progress=print):
        print("stopped")
    else:
        print("nothing was running")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell which processes of this node run; exit code 3 if it is not up."""
    settings = read_settings()
    state = running.status(settings.runtime_dir)
    if as_json:
        Console(soft_wrap=True).print_json(data=_as_data(state))
    elif state is None:
        print(f"not running (nothing in {settings.runtime_dir})")
    else:
        Console().print(_as_table(state))
    if state is None or state.supervisor is None or not state.is_ready:
        raise typer.Exit(_EXIT_NOT_RUNNING)


def control() -> None:
    """The control plane in the foreground: `serve` runs it."""
    from freeseat.bootstrap.control import run_control

    settings = _as_process("control")
    asyncio.run(run_control(settings))


def voice() -> None:
    """The voice menus in the foreground: `serve` runs them."""
    from freeseat.bootstrap.voice import run_voice

    settings = _as_process("voice")
    asyncio.run(run_voice(settings))


def web() -> None:
    """The pages and the REST API in the foreground: `serve` runs them."""
    from freeseat.bootstrap.web import run_web

    settings = _as_process("web")
    asyncio.run(run_web(settings))


def _as_process(name: str) -> Settings:
    settings = read_settings()
    logs.configure(settings.log.level, settings.log.format, process=name, node=settings.node)
    return settings


def _serve_detached(settings: Settings, seconds: float) -> None:
    if running.is_supervised(settings.runtime_dir):
        print(f"already running in {settings.runtime_dir}")
        _tell_first_link(settings)
        return
    os.environ["FREESEAT_LOG__DIR"] = str(settings.log_dir)
    argv = [sys.executable, "-m", "freeseat", "serve"]
    running.start_detached(argv, settings.runtime_dir, settings.log_dir, seconds=seconds, progress=print)
    print("running")
    _tell_first_link(settings)


def _tell_first_link(settings: Settings) -> None:
    """Where the portal is, and, as long as there is no administrator, the one-time link to his account (R10.1)."""
    from freeseat.bootstrap.first_run import first_link, web_address

    if not settings.web.port:
        return
    try:
        link = first_link(settings)
    except Unavailable as error:
        print(f"the portal's first link cannot be made now: {error}", file=sys.stderr)
        return
    if link:
        print("\nPortal: nobody can sign in yet. This link makes the first administrator's account; it works once:")
        print(f"  {link}\n", flush=True)
    else:
        print(f"Portal: {web_address(settings)}", flush=True)


def _as_data(state: NodeState | None) -> dict[str, object]:
    if state is None:
        return {"running": False, "ready": False, "processes": []}
    return {
        "running": state.supervisor is not None,
        "ready": state.is_ready,
        "pid": state.supervisor.pid if state.supervisor else None,
        "started_at": state.started_at,
        "processes": [
            {
                "name": child.name,
                "phase": child.phase,
                "pid": child.pid,
                "started_at": child.started_at,
                "restarts": child.restarts,
                "last_end": child.last_end,
            }
            for child in state.children
        ],
    }


def _as_table(state: NodeState) -> Table:
    table = Table("process", "pid", "state", "since", "restarts", "last end")
    who = str(state.supervisor.pid) if state.supervisor else "-"
    table.add_row("serve", who, "ready" if state.supervisor else "killed", _ago(state.started_at), "", "")
    for child in state.children:
        since = _ago(child.started_at) if child.pid else "-"
        table.add_row(child.name, str(child.pid or "-"), child.phase, since, str(child.restarts), child.last_end)
    return table


def _ago(moment: float) -> str:
    seconds = max(0, int(time.time() - moment))
    minutes, hours = seconds // 60 % 60, seconds // 3600
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"
