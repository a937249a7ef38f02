"""Commands of a noun: each gets `Here` as its first argument, and the options --json and --config.

`fields` are options that several commands of a noun share (`add` and `change`): the function receives those that were
given as keywords.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from freeseat.cli.errors import told
from freeseat.cli.here import Here

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file; otherwise FREESEAT_CONFIG, else the usual place.")
]


def noun(help_text: str) -> typer.Typer:
    """An application for the commands of a noun."""
    app = typer.Typer(help=help_text, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_nothing)
    return app


def _nothing() -> None:
    """Makes a group even of a single command."""


def command(
    app: typer.Typer, name: str, *, example: str, fields: Mapping[str, Any] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Enter a function as a command of a noun. `example` is shown at the end of its help."""

    def enter(function: Callable[..., None]) -> Callable[..., None]:
        made = with_here(function, fields)
        app.command(name, epilog=shown_example(example))(made)
        return made

    return enter


def alone(*, example: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a command that belongs to no noun."""

    def enter(function: Callable[..., None]) -> Callable[..., None]:
        made = with_here(function, None)
        made.epilog = shown_example(example)  # type: ignore[attr-defined]
        return made

    return enter


def shown_example(example: str) -> str:
    """An example as the end of a help page; rich's markup is kept out of it."""
    return "Example: " + example.replace("[", r"\[")


def with_here(function: Callable[..., None], fields: Mapping[str, Any] | None) -> Callable[..., None]:
    """The function as Typer needs it: its own parameters without `here`, the shared fields, --json and --config."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = fields or {}
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [p.replace(kind=keyword) for p in own if p.kind is not inspect.Parameter.VAR_KEYWORD]
    names = [p.name for p in parameters]
    parameters += [
        inspect.Parameter(each, keyword, default=None, annotation=kind)
        for each, kind in shared.items()
        if each not in names
    ]
    parameters += [
        inspect.Parameter("as_json", keyword, default=False, annotation=Json),
        inspect.Parameter("config", keyword, default=None, annotation=Config),
    ]

    def run(*, as_json: bool, config: Path | None, **given: Any) -> None:
        for each in shared:
            if each not in names and given[each] is None:
                del given[each]
        here = Here(config, as_json)
        with told(as_json=as_json), here.closing:
            function(here, **given)

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {}
    return run
