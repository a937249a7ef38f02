"""Who opens the page of a desk: a PC by its workplace's token, or somebody who has signed in, for his own desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from freeseat.application.ports import Transaction
from freeseat.application.workplaces.directory import Link, settings_of, workplace_by_token
from freeseat.application.workplaces.place import occupant_at, place_of
from freeseat.domain.accounts import csrf_of
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.directory import User
from freeseat.domain.errors import FreeseatError, NotFound
from freeseat.domain.tokens import digest_of
from freeseat.domain.workplaces import Desk, DeskSettings, OwnDesk, Workplace
from freeseat.edge.web.context import source_of, web_of
from freeseat.edge.web.desk.cookies import token_in
from freeseat.edge.web.entrance import check_form, signed_in
from freeseat.edge.web.problems import NotSignedIn
from freeseat.edge.web.protection import is_safe
from freeseat.edge.web.texts import language_for
from freeseat.edge.web.viewer import Viewer

LONGEST = 64
NOW = "now"
"""In the address of an own desk: wherever he is now."""


class LinkOver(FreeseatError):
    """The workplace's link opens nothing here: wrong, taken away, or the workplace is disabled or deleted."""

    code = "not_allowed"


@dataclass(frozen=True, slots=True)
class DeskCredential:
    """What opens a desk's page: the digest of a workplace's token, or a user who has signed in."""

    base: str
    """The page's address."""
    workplace_id: int | None = None
    digest: str = ""
    own: OwnDesk | None = None

    @property
    def shared_key(self) -> str:
        """A desk's page is the same in all its windows."""
        return f"desk {self.base} {self.digest} {self.own.user_id if self.own is not None else ''}"

    def desk(self, tx: Transaction) -> Desk:
        """The desk as it is now. Raises LinkOver."""
        if self.own is not None:
            if tx.users.get(id=self.own.user_id) is None:
                raise LinkOver("there is no such person any more")
            return self.own
        found = tx.workplaces.get(id=self.workplace_id)
        if found is None or not found.enabled or found.digest is None or found.digest != self.digest:
            raise LinkOver("this workplace's link opens nothing any more; ask for a new one")
        return found


@dataclass(frozen=True, slots=True)
class AtDesk:
    """A request to a desk's page: how the page is wanted by whoever is there, what its forms carry, who acts."""

    desk: Desk
    credential: DeskCredential
    viewer: Viewer
    csrf: str
    actor: Actor
    user: User | None
    settings: DeskSettings
    queue: str

    @property
    def look(self) -> str:
        """What is settled when a page is loaded: who comes with another one needs it loaded anew."""
        return look_of(self.settings, self.user)


def look_of(settings: DeskSettings, user: User | None) -> str:
    """Language, theme, layout and sound as a word."""
    language = settings.language or (user.language if user is not None else "")
    return "-".join((language, settings.theme, settings.layout, "sound" if settings.sound else "quiet"))


async def at_desk(request: Request, kind: str, which: str, queue: str = "") -> AtDesk:
    """Whose desk a request is about; one that changes something must come from its page.

    Raises LinkOver, NotSignedIn, NotFound or ForgedRequest.
    """
    queue = queue[:LONGEST]
    if kind == "w":
        credential, token, actor = _of_workplace(request, which)
        if not is_safe(request):
            await check_form(request, token)
        csrf = csrf_of(token)
    elif kind == "me":
        visitor = await signed_in(request)
        principal = visitor.principal
        if principal.user_id is None or principal.account is None:
            raise NotFound("desk", which[:LONGEST])
        place = "" if which == NOW else which[:LONGEST]
        own = OwnDesk(principal.user_id, principal.account.full_name or principal.account.name, place)
        credential, csrf, actor = (
            DeskCredential(f"/desk/me/{which[:LONGEST]}", own=own),
            principal.csrf,
            principal.actor,
        )
    else:
        raise NotFound("desk", kind[:LONGEST])

    def question(tx: Transaction) -> tuple[Desk, User | None, DeskSettings]:
        desk = credential.desk(tx)
        place = place_of(tx, desk)
        user = occupant_at(tx, place) if place is not None else None
        return desk, user, settings_of(tx, desk, user, queue)

    desk, user, settings = await web_of(request).read(question)
    chosen = settings.language or (user.language if user is not None else "")
    language = language_for(chosen, request.headers.get("accept-language", ""))
    viewer = Viewer(credential, language, settings.theme.value)
    return AtDesk(desk, credential, viewer, csrf, actor, user, settings, queue)


def _of_workplace(request: Request, which: str) -> tuple[DeskCredential, str, Actor]:
    if not (which.isascii() and which.isdigit()) or len(which) > 11:
        raise NotFound("desk", which[:LONGEST])
    token = token_in(request.cookies, int(which))
    if not token:
        raise LinkOver("this PC has no link of this workplace; open the link once")
    credential = DeskCredential(f"/desk/w/{int(which)}", int(which), digest_of(token))
    return credential, token, Actor("", source_of(request), Channel.WEB)


async def workplace_of_token(request: Request) -> tuple[Workplace, DeskCredential]:
    """The workplace of a program that sends its token in the Authorization header. Raises NotSignedIn."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    found = None
    if scheme.lower() == "bearer" and token:
        found = await web_of(request).read(lambda tx: workplace_by_token(tx, token, Link.PAGE))
    if found is None:
        raise NotSignedIn("this token opens no workplace")
    return found, DeskCredential(f"/desk/w/{found.id}", found.id, digest_of(token))


Here = Annotated[AtDesk, Depends(at_desk)]
