"""Every command helps: what it does, an example, --json; and the help of all comes at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.commands import Freeseat

NOUNS = {
    "user": ("add", "show", "list", "change", "delete", "pin", "unlock"),
    "phone": ("add", "show", "list", "change", "delete", "secret"),
    "queue": ("add", "show", "list", "change", "delete", "login", "logout", "pause", "resume", "status"),
    "trunk": ("add", "show", "list", "change", "delete", "secret"),
    "inbound": ("set", "list", "delete"),
    "account": ("add", "show", "list", "change", "delete", "password", "unlock", "invite"),
    "token": ("add", "list", "revoke"),
    "workplace": ("add", "show", "list", "change", "delete", "link", "unlink"),
    "board": ("add", "show", "list", "change", "delete", "link", "unlink"),
    "plan": ("add", "show", "list", "change", "delete", "place", "remove"),
    "webhook": ("add", "show", "list", "change", "delete", "secret", "test", "skip"),
    "cos": ("add", "show", "list", "change", "delete"),
    "trusted": ("add", "list", "delete"),
    "code": ("list", "set", "delete"),
    "schedule": ("add", "list", "delete"),
    "policy": ("show", "set"),
    "calls": ("list", "close"),
    "events": ("list",),
    "bindings": ("list",),
    "prompts": ("render",),
}
ALONE = (
    "login", "logout", "locate", "where", "sample-office", "init", "status", "doctor", "selftest", "settings",
    "version",
)  # fmt: skip
COMMANDS: list[tuple[str, ...]] = [
    *((noun, verb) for noun, verbs in NOUNS.items() for verb in verbs),
    *(("queue", "member", verb) for verb in ("add", "list", "remove")),
    *((name,) for name in ALONE),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_and_json(made: Freeseat, command: tuple[str, ...]) -> None:
    told = made.do(*command, "--help")
    assert f"Example: freeseat {' '.join(command)}" in told
    assert "--json" in told


@pytest.mark.parametrize("command", ["serve", "stop"])
def test_running_the_node_has_an_example(made: Freeseat, command: str) -> None:
    assert f"Example: freeseat {command}" in made.do(command, "--help")


def test_the_help_of_all_names_every_command_but_not_the_processes_of_a_node(made: Freeseat) -> None:
    told = made.do("--help")
    for name in (*NOUNS, *ALONE, "serve", "stop"):
        assert f" {name} " in told
    assert " control " not in told
    assert " voice " not in told


def test_a_noun_lists_its_verbs(made: Freeseat) -> None:
    told = made.do("user", "--help")
    for verb in NOUNS["user"]:
        assert f" {verb} " in told


def test_the_help_loads_nothing_heavy() -> None:
    """It must come at once; what takes long to load is loaded by the commands that need it."""
    code = (
        "import sys\n"
        "from freeseat.cli import app\n"
        "try:\n    app(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(sorted({'pydantic', 'sqlalchemy', 'psycopg', 'asyncio', 'sippy', 'alembic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_command_loads_only_what_it_needs(office: Freeseat) -> None:
    """People wait for it: no Alembic where the schema is current, no PostgreSQL driver for SQLite."""
    code = (
        "import sys\n"
        "from freeseat.cli import app\n"
        "try:\n    app(['user', 'list'])\n"
        "except SystemExit:\n    pass\n"
        "print(sorted({'psycopg', 'sippy', 'alembic', 'structlog'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=office.environment, capture_output=True, text=True, timeout=30, check=True
    )
    assert "Bill" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_mistyped_command_is_suggested(made: Freeseat) -> None:
    result = made.run("usr")
    assert result.code == 2
    assert "Did you mean 'user'?" in result.err


def test_bad_usage_is_code_2(made: Freeseat) -> None:
    assert made.run("user", "add", "--number", "2019").code == 2  # a name is missing
    assert made.run("code", "set", "fly", "*99").code == 2
    assert made.run("user", "list", "--colour", "red").code == 2
