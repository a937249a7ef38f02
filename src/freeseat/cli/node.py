"""This node: `freeseat init`, `doctor`, `settings`, `prompts`, `version`."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated

import typer

from freeseat.cli.command import alone, command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.domain.errors import InvalidValue, Unavailable

prompts = noun("Voice prompts, in every language of the settings.")


@alone(example="freeseat init")
def init(
    here: Here,
    with_prompts: Annotated[
        bool, typer.Option("--prompts/--no-prompts", help="Render voice prompts that are missing.")
    ] = True,
) -> None:
    """Make what this node needs to start: directories, key, database, prompts. What is there stays as it is."""
    from sqlalchemy import make_url

    settings = here.settings
    classes = here.read(lambda tx: tx.classes.list())
    rendered = _render(here, settings.voice.languages) if with_prompts else []
    data = {
        "data_dir": settings.data_dir,
        "runtime_dir": settings.runtime_dir,
        "key_file": settings.secrets_key_file,
        "database": make_url(settings.database_url).render_as_string(hide_password=True),
        "prompts": settings.prompts_dir,
        "prompts_rendered": len(rendered),
        "classes": [cos.name for cos in classes],
    }
    sheet = {name.replace("_", " "): str(value) for name, value in data.items() if name != "classes"}
    sheet["key file"] += " (back it up: without it PINs and SIP secrets are lost)"
    give(here, data, Sheet("Ready to serve", sheet))


@alone(example="freeseat doctor --json")
def doctor(here: Here) -> None:
    """Check Kamailio, ports, database, prompts and more, and say what to do; exit code 1 if something cannot work."""
    from freeseat.bootstrap.doctor import Verdict, examine, worst

    checks = examine(here.settings)
    rows = [(each.verdict.value, each.name, each.finding, each.advice) for each in checks]
    give(here, [asdict(each) for each in checks], Listing(("", "what", "found", "what to do"), rows))
    if worst(checks) is Verdict.FAIL:
        raise typer.Exit(1)


@alone(example="freeseat settings --json")
def settings(here: Here) -> None:
    """Show the settings in use, where each comes from and what it means; secrets are masked."""
    from freeseat.settings import describe

    rows = describe(here.settings)
    cells = [(row.name, row.value, row.origin, row.meaning) for row in rows]
    give(here, [asdict(row) for row in rows], Listing(("setting", "value", "from", "meaning"), cells))


@command(prompts, "render", example="freeseat prompts render --language de")
def render(
    here: Here,
    language: Annotated[
        list[str] | None, typer.Option(metavar="LANGUAGE", help="Only this one; may be repeated.")
    ] = None,
) -> None:
    """Render voice prompts that are missing or whose text has changed. Recordings in `custom` are left alone."""
    from freeseat.edge.voice.catalogue import LANGUAGES

    wanted = tuple(language or here.settings.voice.languages)
    unknown = [each for each in wanted if each not in LANGUAGES]
    if unknown:
        raise InvalidValue("language", unknown[0], f"use one of {', '.join(LANGUAGES)}")
    rendered = _render(here, wanted)
    directory = here.settings.prompts_dir
    words = f"{len(rendered)} prompts rendered in {directory}" if rendered else f"nothing to do in {directory}"
    give(here, {"directory": directory, "rendered": rendered}, words)


@alone(example="freeseat version")
def version(here: Here) -> None:
    """Show the version of Freeseat and of Python."""
    data = {"freeseat": installed_version("freeseat"), "python": platform.python_version()}
    give(here, data, f"freeseat {data['freeseat']} (Python {data['python']})")


def _render(here: Here, languages: tuple[str, ...]) -> list[str]:
    """Render with a bar at a terminal; gives what was rendered. Raises Unavailable without a speech synthesiser."""
    from freeseat.bootstrap.privileges import become_user, make_directories
    from freeseat.edge.voice.prompts import NoSpeech, missing_prompts, render_prompts

    make_directories(here.settings)
    become_user(here.settings)
    directory: Path = here.settings.prompts_dir
    try:
        if here.as_json or not sys.stderr.isatty():
            return render_prompts(directory, languages)
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("prompts", total=len(missing_prompts(directory, languages)) or None)
            return render_prompts(
                directory, languages, lambda tongue, key: bar.update(task, advance=1, description=f"{tongue} {key}")
            )
    except NoSpeech as error:
        raise Unavailable(str(error)) from None
