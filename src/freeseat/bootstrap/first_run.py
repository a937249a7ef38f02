"""The link by which the first administrator makes his account: there is no default password (R10.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from secrets import SystemRandom

from freeseat.application.accounts.invitations import first_run
from freeseat.bootstrap.database import opened_database
from freeseat.bootstrap.node import address_for_phones
from freeseat.domain.drawing import draw_token
from freeseat.settings import Settings


def first_link(settings: Settings) -> str | None:
    """A new one-time link as long as no administrator can sign in; else, or without the web, None.

    Raises Unavailable if the database cannot be reached.
    """
    if not settings.web.port:
        return None
    token = draw_token(SystemRandom())
    with opened_database(settings) as database:
        invitation = database.write(lambda tx: first_run(tx, token, datetime.now(UTC)))
    return f"{web_address(settings)}/welcome/{token}" if invitation else None


def web_address(settings: Settings) -> str:
    """How browsers reach this node: as set, else by the address that is told to phones."""
    web = settings.web
    if web.address:
        return web.address
    listens = web.listen if not web.listen.is_unspecified else address_for_phones(settings)
    host = f"[{listens}]" if listens.version == 6 else str(listens)
    return f"{'https' if web.tls else 'http'}://{host}:{web.port}"
