"""Checks of what a node keeps: key, database, what is in it, prompts."""

import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from freeseat.application.ports import Transaction
from freeseat.bootstrap.doctor.check import Check, fail, ok, warn
from freeseat.bootstrap.key import load_key
from freeseat.domain.errors import FreeseatError, Unavailable
from freeseat.edge.voice.prompts import missing_prompts
from freeseat.settings import Settings, SettingsError
from freeseat.store.database import Database, open_engine
from freeseat.store.hints import NoHint
from freeseat.store.revision import is_current
from freeseat.store.vault import AesVault

_INIT = "run: freeseat init (serve does it too)"


def check_data(settings: Settings) -> list[Check]:
    """Key, database, what is in it, prompts."""
    key = _key(settings)
    database = _database(settings)
    contents = list(_contents(settings)) if not (key.advice or database.advice) else []
    return [key, database, *contents, _prompts(settings)]


def _key(settings: Settings) -> Check:
    path = settings.secrets_key_file
    if not path.exists():
        if _sqlite_file(settings) and not _exists(_sqlite_file(settings)):
            return warn("key", f"{path} is not there yet", _INIT)
        return fail("key", f"{path} is missing", "restore it from backup: sealed PINs and secrets need it; if the "
                    "database is new, run: freeseat init")  # fmt: skip
    try:
        load_key(path)
    except SettingsError as error:
        return fail("key", str(error), f"give {path} the mode 0600 and the right owner, or restore it from backup")
    return ok("key", f"{path}, mode {stat.S_IMODE(path.stat().st_mode):04o}")


def _database(settings: Settings) -> Check:
    shown = make_url(settings.database_url).render_as_string(hide_password=True)
    file = _sqlite_file(settings)
    if file and not _exists(file):
        return warn("database", f"{shown} is not there yet", _INIT)
    try:
        engine = open_engine(settings.database_url)
        try:
            current = is_current(engine)
        finally:
            engine.dispose()
    except Unavailable as error:
        return fail("database", f"{shown}: {error}", "start the database server, or correct database.url")
    if not current:
        return fail("database", f"{shown} has an older schema", _INIT)
    return ok("database", f"{shown}, newest schema")


def _contents(settings: Settings) -> Iterator[Check]:
    database = Database(settings.database_url, AesVault(load_key(settings.secrets_key_file)), NoHint())
    try:
        yield database.read(_sealed)
        yield database.read(_trusted)
        yield database.read(_emergency)
    except FreeseatError as error:
        yield fail("contents of the database", str(error), "look at the key and at the database's own log")
    finally:
        database.close()


def _sealed(tx: Transaction) -> Check:
    """Whether the key is the one with which this database was sealed."""
    sealed = next((phone.secret for phone in tx.phones.list() if phone.secret), b"")
    try:
        tx.vault.open(sealed)
    except FreeseatError:
        return fail("sealed secrets", "the key does not fit this database", "restore the key that belongs to it")
    return ok("sealed secrets", "can be opened with the key" if sealed else "none yet")


def _trusted(tx: Transaction) -> Check:
    networks = tx.trusted.list()
    if networks:
        return ok("trusted networks", f"{len(networks)}: {', '.join(str(network.cidr) for network in networks[:5])}")
    return warn("trusted networks", "none: nobody can register as himself (R2.2)",
                "run: freeseat trusted add 10.1.0.0/16 'office', or leave it so")  # fmt: skip


def _emergency(tx: Transaction) -> Check:
    without = [entry.number for entry in tx.policy().emergency if not entry.uri]
    if not without:
        return ok("emergency numbers", "all have a destination")
    return warn("emergency numbers", f"{', '.join(without)} lead nowhere: callers hear an announcement (R4.7)",
                f"run: freeseat policy set 'emergency={without[0]}>sip:ADDRESS OF THE CARRIER,...'")  # fmt: skip


def _prompts(settings: Settings) -> Check:
    folder, languages = settings.prompts_dir, settings.voice.languages
    try:
        missing = missing_prompts(folder, languages)
    except KeyError as error:
        return fail("prompts", f"there is no language {error}", "correct voice.languages")
    if missing:
        few = ", ".join(missing[:3]) + (" ..." if len(missing) > 3 else "")
        return fail("prompts", f"{len(missing)} missing in {folder}: {few}", "run: freeseat prompts render")
    return ok("prompts", f"{', '.join(languages)} in {folder}")


def _sqlite_file(settings: Settings) -> Path | None:
    url = make_url(settings.database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()
