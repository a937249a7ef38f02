"""Checks of Kamailio: program, version, modules, and whether it takes the configuration it would be given."""

import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from freeseat.bootstrap.doctor.check import Check, fail, ok
from freeseat.bootstrap.node import kamailio_settings
from freeseat.edge.switch.kamailio import PACKAGE, render
from freeseat.settings import Settings

OLDEST = (5, 6)
PACKAGE_OF = {
    "app_python3": "kamailio-python3-modules",
    "db_sqlite": "kamailio-sqlite-modules",
    "evapi": "kamailio-extra-modules",
    "presence": "kamailio-presence-modules",
    "presence_dialoginfo": "kamailio-presence-modules",
    "presence_mwi": "kamailio-presence-modules",
    "presence_reginfo": "kamailio-presence-modules",
    "tls": "kamailio-tls-modules",
}
"""Debian package of each module that is not in the package kamailio itself."""
_INSTALL = "run scripts/office, or: apt-get install"
_SECONDS = 15


def check_switch(settings: Settings) -> list[Check]:
    """Program and version; if they are right, modules and configuration too."""
    program = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        return [fail("Kamailio", "is not installed", f"{_INSTALL} kamailio")]
    told = _said(program, "-I")
    found = re.search(r"kamailio (\d+)\.(\d+)\S*", told)
    if found is None:
        return [fail("Kamailio", f"{program} does not tell its version", f"{_INSTALL} --reinstall kamailio")]
    if (int(found[1]), int(found[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return [fail("Kamailio", f"{found[0]} is too old", f"install {oldest} or later, for instance of Debian 12")]
    checks = [ok("Kamailio", f"{found[0]} ({program})"), _modules(settings, told)]
    if not checks[-1].advice:
        checks.append(_configuration(settings, program))
    return checks


def modules_needed(*, tls: bool) -> list[str]:
    """The modules that Freeseat's configuration loads, in order."""
    files = sorted((PACKAGE / "kamailio").glob("*.cfg"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    if not tls:
        text = re.sub(r"(?ms)^#!ifdef FS_TLS$.*?^#!endif$", "", text)
    return re.findall(r'^\s*loadmodule "([^".]+)(?:\.so)?"', text, re.MULTILINE)


def _modules(settings: Settings, told: str) -> Check:
    name = "Kamailio's modules"
    paths = re.search(r"paths to modules: (\S+)", told)
    folders = [Path(folder) for folder in paths[1].split(":")] if paths else []
    needed = modules_needed(tls=bool(settings.sip.tls_port))
    missing = [module for module in needed if not any((folder / f"{module}.so").is_file() for folder in folders)]
    if not missing:
        return ok(name, f"all {len(needed)} are there")
    packages = sorted({PACKAGE_OF.get(module, "kamailio") for module in missing})
    return fail(name, f"missing in {paths[1] if paths else 'no folder'}: {', '.join(missing)}",
                f"{_INSTALL} {' '.join(packages)}")  # fmt: skip


def _configuration(settings: Settings, program: str) -> Check:
    """Have Kamailio itself read what it would be given, in a directory that goes away."""
    name = "Kamailio's configuration"
    with tempfile.TemporaryDirectory() as scratch:
        wanted = replace(kamailio_settings(settings), runtime_dir=Path(scratch))
        try:
            render(wanted)
        except (OSError, ValueError) as error:
            return fail(name, f"cannot be written: {error}", "correct the settings")
        done = subprocess.run(
            (program, "-c", "-f", f"{scratch}/kamailio.cfg"),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    if done.returncode == 0:
        return ok(name, "is accepted")
    faults = [line for line in done.stderr.splitlines() if re.search("ERROR|CRITICAL", line)]
    return fail(name, (faults or done.stderr.splitlines() or ["no word why"])[0],
                "correct what it names in the settings; else this is a fault of Freeseat")  # fmt: skip


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    return done.stdout + done.stderr
