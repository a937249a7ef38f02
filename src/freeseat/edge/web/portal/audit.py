"""The audit log: who did what, when, from where (R10.2); never changed, newest first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from freeseat.application.listing import EventsWanted, Page, PageWanted
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Channel
from freeseat.domain.events import Event
from freeseat.domain.permissions import Permission
from freeseat.domain.webhooks import without_secrets
from freeseat.edge.web.context import web_of
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.audit_words import GROUPS, kinds_of, name_of, sentence_of
from freeseat.edge.web.portal.csv_answer import csv_of_pages
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.periods import between, zone_from
from freeseat.edge.web.texts import said_in


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/audit"
CHANNELS = {
    Channel.VOICE: _("voice menu"),
    Channel.REGISTER: _("registration"),
    Channel.HOTELING: _("hoteling"),
    Channel.WEB: _("web page"),
    Channel.API: _("API"),
    Channel.CLI: _("command line"),
    Channel.TIMER: _("timer"),
    Channel.SYSTEM: _("Freeseat itself"),
}
_HEADS = ("position", "at", "kind", "who", "source", "channel", "user", "phone", "data")


@dataclass(frozen=True, slots=True)
class EventShown:
    """An event as the page shows it: its sentence, and its data without secrets, by name."""

    event: Event
    name: str
    sentence: str
    channel: str
    data: tuple[tuple[str, str], ...]


@router.get(HERE)
async def audit(
    request: Request,
    visitor: Annotated[Visitor, Depends(needs(Permission.AUDIT_READ))],
    kind: str = "",
    who: str = "",
    source: str = "",
    channel: str = "",
    user: str = "",
    phone: str = "",
    since: str = "",
    until: str = "",
    after: Annotated[str, Query(max_length=32)] = "",
    csv: bool = False,
) -> Response:
    """The page; as a file with `csv`."""
    asked = {"kind": kind, "who": who, "source": source, "channel": channel, "user": user, "phone": phone}
    filters = listed.given({**asked, "since": since, "until": until})
    first, last = between(since, until, zone_from(request))
    wanted = EventsWanted(
        kinds=kinds_of(filters.get("kind", "")),
        user=filters.get("user", ""),
        phone=filters.get("phone", ""),
        who=filters.get("who", ""),
        source=filters.get("source", ""),
        channel=next((each for each in Channel if each == filters.get("channel")), None),
        since=first,
        until=last,
        within=visitor.principal.sphere,
    )

    def page_of(tx: Transaction, page: PageWanted) -> Page[Event]:
        return tx.listing.events(wanted, page)

    if csv:
        return csv_of_pages(web_of(request), "audit", _HEADS, page_of, _cells)

    def question(tx: Transaction) -> dict[str, object]:
        page = page_of(tx, PageWanted(after=after or None, limit=listed.ROWS))
        names = listed.names_of(tx, (each.user for each in page.rows))
        rows = [_shown(each, names, visitor.viewer.language) for each in page.rows]
        return {"rows": rows, **listed.links(HERE, {**filters, "after": after}, page.next)}

    file = listed.address_of(HERE, filters, csv="1")
    values = {"filters": filters, "groups": GROUPS, "channels": CHANNELS, "file": file}
    return await portal_page(request, visitor, "audit.html", HERE, values, question=question)


def _shown(event: Event, names: Mapping[str, str], language: str) -> EventShown:
    translate = said_in(language)
    data = without_secrets(dict(event.data))
    assert isinstance(data, dict)
    return EventShown(
        event,
        translate(name_of(event.kind)),
        sentence_of(event, translate, names),
        translate(CHANNELS[event.actor.channel]),
        tuple((str(name), _written(value)) for name, value in sorted(data.items())),
    )


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _cells(event: Event) -> list[str]:
    actor = event.actor
    data = json.dumps(without_secrets(dict(event.data)), ensure_ascii=False, sort_keys=True, default=str)
    about = (event.user, event.phone, data)
    return [str(event.position), event.at.isoformat(timespec="seconds"), event.kind, actor.who, actor.source,
            actor.channel, *about]  # fmt: skip
