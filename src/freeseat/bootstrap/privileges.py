"""Directories of a node, and the system user that it runs as."""

import os
import pwd
import sys
from pathlib import Path

from freeseat.settings import Settings, SettingsError


def make_directories(settings: Settings) -> None:
    """Make the data, runtime and log directories, closed to strangers and owned by the node's user.

    Raises `SettingsError` naming the directory that cannot be made or written to.
    """
    for directory in (settings.data_dir, settings.runtime_dir, settings.log_dir):
        try:
            directory.mkdir(mode=0o750, parents=True, exist_ok=True)
            if os.geteuid() == 0 and settings.user:
                os.chown(directory, *_ids(settings.user))
        except OSError as error:
            raise SettingsError(f"{directory}: cannot be made: {error.strerror}") from error
        if not os.access(directory, os.W_OK | os.X_OK):
            raise SettingsError(f"{directory}: cannot be written by {pwd.getpwuid(os.geteuid()).pw_name}")


def become_user(settings: Settings) -> None:
    """Give up root for the user of the settings; does nothing if none is set or this is not root.

    Raises `SettingsError` if there is no such user, or if that user cannot read this program.
    """
    if os.geteuid() != 0 or settings.user in ("", "root"):
        return
    uid, gid = _ids(settings.user)
    os.initgroups(settings.user, gid)
    os.setgid(gid)
    os.setuid(uid)
    os.environ.update(HOME=str(settings.data_dir), USER=settings.user, LOGNAME=settings.user)
    for needed, access in ((Path(__file__), os.R_OK), (Path(sys.executable), os.X_OK)):
        if not os.access(needed, access):
            raise SettingsError(
                f"user = {settings.user!r}: this user cannot use {needed}; move Freeseat to where everybody may read "
                f'it, or set user = ""'
            )


def _ids(user: str) -> tuple[int, int]:
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise SettingsError(f'user = {user!r}: there is no such system user; make it, or set user = ""') from None
    return entry.pw_uid, entry.pw_gid
