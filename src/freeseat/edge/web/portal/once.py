"""Secrets, shown once: right in the answer to what made them, never at an address that could be loaded again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import segno
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.frame import portal_page


@dataclass(frozen=True, slots=True)
class Secret:
    """Something to copy: what it is, and its value; `qr` is an SVG drawing of it, perhaps."""

    label: str
    value: str
    qr: Markup | None = None


def qr_of(text: str) -> Markup:
    """A QR code (ISO/IEC 18004) as inline SVG, drawn without scripts and styles."""
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, svgclass="qr", lineclass=None, omitsize=True, border=2
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - made of squares only


async def shown_once(
    request: Request, visitor: Visitor, here: str, heading: str, lead: str, secrets: Sequence[Secret], back: str
) -> HTMLResponse:
    """The page with secrets; `back` is where one goes on."""
    values = {"heading": heading, "lead": lead, "secrets": secrets, "back": back}
    return await portal_page(request, visitor, "once.html", here, values)
