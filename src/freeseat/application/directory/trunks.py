"""Trunks and inbound numbers: enter, change, delete (R4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from freeseat.application.directory.changes import changed_fields, shown
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.checks import check_password, check_text
from freeseat.domain.errors import InUse, InvalidValue, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.trunks import EXTERNAL_LOGIN, InboundNumber, Trunk, check_outside_number, check_trunk_uri

CHANGEABLE = frozenset(f.name for f in fields(Trunk)) - {"id", "secret"}
_USERNAME = re.compile(r"[A-Za-z0-9_.!~*'()&=+$,;?/%-]*")  # RFC 3261 section 25.1, user
_PREFIX = re.compile(r"\+?[0-9]{0,15}")
_PREPEND = re.compile(r"\+[0-9]{0,15}|[0-9]{1,15}")


def add_trunk(tx: Transaction, trunk: Trunk, secret: str, actor: Actor, now: datetime) -> Trunk:
    """Enter a trunk; `secret` is its digest password or empty. Raises InvalidValue or Clash."""
    _check(trunk)
    check_password(secret)
    added = tx.trunks.add(replace(trunk, secret=tx.vault.seal(secret)))
    tx.events.append(Event(now, Kind.TRUNK_CHANGED, actor, data={"trunk": added.name, "added": shown(added)}))
    return added


def change_trunk(tx: Transaction, name: str, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Trunk:
    """Change fields of a trunk; see CHANGEABLE. Raises NotFound, InvalidValue or Clash."""
    old = trunk_of(tx, name)
    new = changed_fields(old, changes, CHANGEABLE)
    if new == old:
        return old
    _check(new)
    tx.trunks.update(new)
    data = {"trunk": new.name, "changes": shown(new, since=old)}
    tx.events.append(Event(now, Kind.TRUNK_CHANGED, actor, data=data))
    return new


def set_trunk_secret(tx: Transaction, name: str, secret: str, actor: Actor, now: datetime) -> None:
    """Give a trunk another digest password. Raises NotFound or InvalidValue."""
    trunk = trunk_of(tx, name)
    check_password(secret)
    tx.trunks.update(replace(trunk, secret=tx.vault.seal(secret)))
    tx.events.append(Event(now, Kind.TRUNK_CHANGED, actor, data={"trunk": name, "changes": {"secret": "***"}}))


def delete_trunk(tx: Transaction, name: str, actor: Actor, now: datetime) -> None:
    """Delete a trunk. Raises NotFound."""
    trunk = trunk_of(tx, name)
    tx.trunks.delete(trunk)
    tx.events.append(Event(now, Kind.TRUNK_CHANGED, actor, data={"trunk": name, "deleted": shown(trunk)}))


def set_inbound(tx: Transaction, inbound: InboundNumber, actor: Actor, now: datetime) -> None:
    """Say whom an inbound number means, or say it anew. Raises InvalidValue if nobody has the destination."""
    check_outside_number("number", inbound.number)
    check_text("description", inbound.description, longest=200)
    if inbound.destination != EXTERNAL_LOGIN and not _exists(tx, inbound.destination):
        raise InvalidValue("destination", inbound.destination, f"name a user, a queue or {EXTERNAL_LOGIN}")
    old = tx.inbound.get(number=inbound.number)
    _keep_inbound(tx, inbound if old is None else replace(inbound, id=old.id), actor, now)


def _keep_inbound(tx: Transaction, inbound: InboundNumber, actor: Actor, now: datetime) -> None:
    if inbound.id:
        tx.inbound.update(inbound)
    else:
        tx.inbound.add(inbound)
    data = {"number": inbound.number, "destination": inbound.destination}
    tx.events.append(Event(now, Kind.INBOUND_CHANGED, actor, data=data))


def delete_inbound(tx: Transaction, number: str, actor: Actor, now: datetime) -> None:
    """An inbound number means nobody any more. Raises NotFound."""
    inbound = tx.inbound.get(number=number)
    if inbound is None:
        raise NotFound("inbound number", number)
    tx.inbound.delete(inbound)
    tx.events.append(Event(now, Kind.INBOUND_CHANGED, actor, data={"number": number, "destination": ""}))


def inbound_follows(tx: Transaction, old: str, new: str, actor: Actor, now: datetime) -> None:
    """A user or a queue has another number: inbound numbers that meant the old one mean the new one."""
    for inbound in tx.inbound.list(destination=old):
        _keep_inbound(tx, replace(inbound, destination=new), actor, now)


def check_no_inbound(tx: Transaction, kind: str, number: str) -> None:
    """Raises InUse if an inbound number means a user or a queue that is to go."""
    inbound = tx.inbound.get(destination=number)
    if inbound is not None:
        raise InUse(kind, number, f"inbound number {inbound.number}")


def trunk_of(tx: Transaction, name: str) -> Trunk:
    """The trunk of a name. Raises NotFound."""
    trunk = tx.trunks.get(name=name)
    if trunk is None:
        raise NotFound("trunk", name)
    return trunk


def _exists(tx: Transaction, destination: str) -> bool:
    """Whether a destination is a person or a queue: never a shared phone, which is nobody's (R3.1)."""
    return tx.users.get(number=destination) is not None or tx.queues.get(number=destination) is not None


def _check(trunk: Trunk) -> None:
    check_text("name", trunk.name, required=True)
    check_text("username", trunk.username)
    check_trunk_uri(trunk.uri)
    if not _USERNAME.fullmatch(trunk.username):
        raise InvalidValue("username", trunk.username, "use letters, digits and -_.!~*'()&=+$,;?/%")
    if trunk.registers and not trunk.username:
        raise InvalidValue("username", "", "a trunk that registers needs a username")
    for source in trunk.sources:
        try:
            if not ip_network(source).prefixlen:
                raise InvalidValue("sources", source, "name the trunk's own addresses, not everybody's")
        except ValueError:
            raise InvalidValue(
                "sources", source, "write addresses or networks like 192.0.2.7 or 192.0.2.0/28"
            ) from None
    if not 1 <= trunk.priority <= 1000:
        raise InvalidValue("priority", trunk.priority, "use 1 (tried first) to 1000")
    for prefix in trunk.prefixes:
        if not _PREFIX.fullmatch(prefix):
            raise InvalidValue("prefixes", prefix, "use digits, perhaps after a +")
    if not 0 <= trunk.strip <= 15:
        raise InvalidValue("strip", trunk.strip, "use 0 to 15 digits")
    if trunk.prepend and not _PREPEND.fullmatch(trunk.prepend):
        raise InvalidValue("prepend", trunk.prepend, "use at most 15 digits, perhaps after a +")
    if not 30 <= trunk.register_seconds <= 86_400:
        raise InvalidValue("register_seconds", trunk.register_seconds, "use 30 to 86400 seconds")
