"""Workplaces: enter, change, delete, give links; and the settings of their pages (R6.1, R6.3)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from freeseat.application.directory.changes import changed_fields, shown
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.directory import User
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.tokens import digest_of, digest_of_new
from freeseat.domain.workplaces import (
    Desk,
    DeskSettings,
    OwnDesk,
    SavedSettings,
    SettingsScope,
    Workplace,
    check_settings,
    check_workplace,
    normal_address,
    normal_mac_or_none,
)

CHANGEABLE = frozenset(f.name for f in fields(Workplace)) - {"id", "digest", "login_digest"}
_LONGEST_ID = 12


class Link(StrEnum):
    """What a workplace's token opens."""

    PAGE = "page"
    """The agent client: the credential of the PC."""
    LOGIN = "login"
    """Only the form to log in at that desk: printed as a QR code (R2.4)."""


def add_workplace(tx: Transaction, workplace: Workplace, actor: Actor, now: datetime) -> Workplace:
    """Enter a workplace; it has no link yet. Raises InvalidValue or Clash."""
    new = _normal(replace(workplace, digest=None, login_digest=None))
    check_workplace(new)
    added = tx.workplaces.add(new)
    _changed(tx, added.name, {"added": _shown(added)}, actor, now)
    return added


def change_workplace(tx: Transaction, name: str, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Workplace:
    """Change fields of a workplace; see CHANGEABLE. Raises NotFound, InvalidValue or Clash."""
    old = workplace_of(tx, name)
    new = _normal(changed_fields(old, changes, CHANGEABLE))
    if new == old:
        return old
    check_workplace(new)
    tx.workplaces.update(new)
    _changed(tx, new.name, {"was": old.name, "changes": _shown(new, old)}, actor, now)
    return new


def delete_workplace(tx: Transaction, name: str, actor: Actor, now: datetime) -> None:
    """Delete a workplace; its links open nothing any more. Raises NotFound."""
    workplace = workplace_of(tx, name)
    tx.workplaces.delete(workplace)
    _changed(tx, name, {"deleted": _shown(workplace)}, actor, now)


def give_link(tx: Transaction, name: str, link: Link, token: str, actor: Actor, now: datetime) -> Workplace:
    """Let a token (256 random bits) open a workplace's page or login form; the one before opens nothing any more.

    Raises NotFound, or InvalidValue for a token that could be guessed.
    """
    return _link(tx, name, link, digest_of_new(token), actor, now)


def revoke_link(tx: Transaction, name: str, link: Link, actor: Actor, now: datetime) -> Workplace:
    """No token opens a workplace's page, or its login form, any more. Raises NotFound."""
    return _link(tx, name, link, None, actor, now)


def workplace_of(tx: Transaction, name: str) -> Workplace:
    """The workplace of a name. Raises NotFound."""
    workplace = tx.workplaces.get(name=name)
    if workplace is None:
        raise NotFound("workplace", name)
    return workplace


def workplace_by_token(tx: Transaction, token: str, link: Link) -> Workplace | None:
    """The workplace whose page, or whose login form, a token opens; None for a wrong token or a disabled workplace."""
    column = "digest" if link is Link.PAGE else "login_digest"
    found = tx.workplaces.get(**{column: digest_of(token)})
    if found is None and link is Link.LOGIN:
        found = _of_shown_code(tx, token)
    return found if found is not None and found.enabled else None


def login_token_of(workplace: Workplace) -> str:
    """The token of the QR code that a workplace's page shows: it opens the login form as long as the page's link holds.

    It follows from what is kept of that link, so nothing more has to be kept; '' without a link.
    """
    if workplace.digest is None:
        return ""
    mark = hmac.new(workplace.digest.encode(), b"login form", sha256).hexdigest()
    return f"{workplace.id}.{mark}"


def _of_shown_code(tx: Transaction, token: str) -> Workplace | None:
    number, dot, _ = token.partition(".")
    if not dot or not (number.isascii() and number.isdigit()) or len(number) > _LONGEST_ID:
        return None
    found = tx.workplaces.get(id=int(number))
    right = found is not None and hmac.compare_digest(login_token_of(found).encode(), token.encode("utf-8", "replace"))
    return found if right else None


def settings_of(tx: Transaction, workplace: Desk, user: User | None, queue: str = "") -> DeskSettings:
    """The settings of a page: its user's, or the workplace's own for the queue it shows ('' = several) (R6.3)."""
    if isinstance(workplace, OwnDesk) or workplace.settings_scope is SettingsScope.USER:
        saved = tx.desk_settings.get(user_id=user.id) if user is not None else None
    else:
        saved = tx.desk_settings.get(workplace_id=workplace.id, queue=queue)
        if saved is None and queue:
            saved = tx.desk_settings.get(workplace_id=workplace.id, queue="")
    return saved.settings if saved is not None else DeskSettings()


def save_settings(
    tx: Transaction,
    workplace: Desk,
    user: User | None,
    settings: DeskSettings,
    actor: Actor,
    now: datetime,
    queue: str = "",
) -> DeskSettings:
    """Keep the settings of a page that is `user`'s now, in the workplace's scope. Raises InvalidValue.

    Without a user somebody sets them from afar: then only those that stay at the workplace can be meant.
    """
    check_settings(settings)
    local = isinstance(workplace, Workplace) and workplace.settings_scope is SettingsScope.LOCAL
    workplace_id = workplace.id if isinstance(workplace, Workplace) and local else None
    user_id = user.id if user is not None and not local else None
    if not local and user_id is None:
        raise InvalidValue("settings_scope", workplace.settings_scope.value, "set those of the user, whom they follow")
    whose: dict[str, Any] = {"workplace_id": workplace_id, "queue": queue} if local else {"user_id": user_id}
    old = tx.desk_settings.get(**whose)
    if old is not None and old.settings == settings:
        return settings
    if old is not None:
        tx.desk_settings.update(replace(old, settings=settings))
    else:
        tx.desk_settings.add(SavedSettings(0, user_id, workplace_id, queue if local else "", settings))
    data = {"workplace": workplace.name, "scope": workplace.settings_scope, "queue": queue, "settings": shown(settings)}
    tx.events.append(Event(now, Kind.SETTINGS_SAVED, actor, user.number if user is not None else "", data=data))
    return settings


def named_phone_follows(tx: Transaction, old: str, new: str) -> None:
    """A phone has another number: workplaces that name it by the old one name it by the new one."""
    for workplace in tx.workplaces.list(phone_number=old):
        tx.workplaces.update(replace(workplace, phone_number=new))


def shown_queues_follow(tx: Transaction, old: str, new: str) -> None:
    """A queue has another number: workplaces, boards and settings that show the old one show the new one."""
    for workplace in tx.workplaces.list():
        if old in workplace.queues:
            tx.workplaces.update(replace(workplace, queues=_renamed(workplace.queues, old, new)))
    for board in tx.boards.list():
        if old in board.queues:
            tx.boards.update(replace(board, queues=_renamed(board.queues, old, new)))
    for saved in tx.desk_settings.list():
        queue = new if saved.queue == old else saved.queue
        settings = replace(saved.settings, queues=_renamed(saved.settings.queues, old, new))
        if (queue, settings) != (saved.queue, saved.settings):
            tx.desk_settings.update(replace(saved, queue=queue, settings=settings))


def _renamed(queues: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if each == old else each for each in queues)


def _normal(workplace: Workplace) -> Workplace:
    return replace(workplace, mac=normal_mac_or_none(workplace.mac), address=normal_address(workplace.address))


def _link(tx: Transaction, name: str, link: Link, digest: str | None, actor: Actor, now: datetime) -> Workplace:
    old = workplace_of(tx, name)
    new = replace(old, digest=digest) if link is Link.PAGE else replace(old, login_digest=digest)
    if new != old:
        tx.workplaces.update(new)
        _changed(tx, name, {"link": link, "given": digest is not None}, actor, now)
    return new


def _shown(workplace: Workplace, since: Workplace | None = None) -> dict[str, object]:
    fields_ = shown(workplace, since)
    return {name: value for name, value in fields_.items() if name not in ("digest", "login_digest")}


def _changed(tx: Transaction, name: str, data: dict[str, object], actor: Actor, now: datetime) -> None:
    tx.events.append(Event(now, Kind.WORKPLACE_CHANGED, actor, data={"workplace": name, **data}))
