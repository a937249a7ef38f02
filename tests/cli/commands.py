"""The command line as tests use it: in this process by Typer's runner, over settings and a database of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from typer.testing import CliRunner

from freeseat.application.ports import Transaction
from freeseat.bootstrap.database import opened_database
from freeseat.cli import app
from freeseat.settings import Settings, read_settings

R = TypeVar("R")


@dataclass(frozen=True)
class Result:
    """What one command gave."""

    code: int
    out: str
    err: str


class Freeseat:
    """The commands of one office in a directory."""

    def __init__(self, directory: Path, database_url: str = "") -> None:
        self.directory = directory
        self.config = directory / "freeseat.toml"
        lines = [f'data_dir = "{directory / "data"}"', f'runtime_dir = "{directory / "run"}"']
        lines += ["[database]", f'url = "{database_url}"'] if database_url else []
        self.config.write_text("\n".join(lines) + "\n")

    def copy(self, directory: Path) -> Freeseat:
        """The same office elsewhere: quicker than making one."""
        shutil.copytree(self.directory / "data", directory / "data")
        return Freeseat(directory)

    @property
    def settings(self) -> Settings:
        return read_settings(self.config)

    def run(self, *args: str, stdin: str = "") -> Result:
        """Run a command in this process."""
        result = CliRunner().invoke(app, args, input=stdin, env={"FREESEAT_CONFIG": str(self.config), "COLUMNS": "250"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result.exit_code, result.stdout, result.stderr)

    def do(self, *args: str, stdin: str = "") -> str:
        """Run a command that must succeed; what it printed."""
        result = self.run(*args, stdin=stdin)
        assert result.code == 0, result
        return result.out

    def json(self, *args: str, stdin: str = "") -> Any:
        """Likewise with --json; what it printed as data."""
        return json.loads(self.do(*args, "--json", stdin=stdin))

    def fails(self, code: int, *args: str, stdin: str = "") -> str:
        """Run a command that must end with this code and print nothing but a sentence on standard error."""
        result = self.run(*args, stdin=stdin)
        assert result.code == code, result
        assert result.out == "", result
        assert result.err.startswith("error: "), result
        assert "Traceback" not in result.err
        return result.err.removeprefix("error: ").strip()

    def error(self, *args: str) -> Any:
        """Run a command with --json that must fail; its error as data."""
        result = self.run(*args, "--json")
        assert result.code != 0, result
        return json.loads(result.out)["error"]

    def write(self, use_case: Callable[[Transaction], R]) -> R:
        """Do what no command does, such as what a phone tells."""
        with opened_database(self.settings) as database:
            return database.write(use_case)

    def process(self, *args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command as a process of its own, as people do."""
        return subprocess.run(
            self.argv(*args), env=env or self.environment, capture_output=True, text=True, timeout=30, check=False
        )

    def argv(self, *args: str) -> list[str]:
        return [str(Path(sys.executable).with_name("freeseat")), *args]

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FREESEAT_")}
        return inherited | {"FREESEAT_CONFIG": str(self.config), "NO_COLOR": "1"}
