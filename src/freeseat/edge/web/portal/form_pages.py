"""Pages that are nothing but a form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from freeseat.application.ports import Transaction
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.forms import Sheet
from freeseat.edge.web.portal.frame import portal_page


@dataclass(frozen=True, slots=True)
class FormPage:
    """What is around a form: `here` is the navigation's entry, `crumbs` addresses and titles, `back` is where "Cancel"
    leads, `delete` the address of the page that asks before this is deleted ('' = there is none).

    `heading` is in the visitor's language, `button`, `lead` and titles of crumbs are translated here.
    """

    here: str
    heading: str
    crumbs: Sequence[tuple[str, str]]
    button: str
    back: str
    lead: str = ""
    delete: str = ""
    template: str = "form.html"


Offering = Callable[[Transaction, Sheet], Sheet]


async def form_page(
    request: Request,
    visitor: Visitor,
    around: FormPage,
    sheet: Sheet,
    offering: Offering | None = None,
    **values: object,
) -> HTMLResponse:
    """Answer with the page; `offering` adds what can be chosen, from the database."""
    given = {
        "heading": around.heading,
        "crumbs": around.crumbs,
        "button": around.button,
        "back": around.back,
        "lead": around.lead,
        "delete": around.delete,
        **values,
    }
    if offering is None:
        return await portal_page(
            request, visitor, around.template, around.here, {**given, "sheet": sheet}, status=sheet.status
        )
    return await portal_page(
        request,
        visitor,
        around.template,
        around.here,
        given,
        question=lambda tx: {"sheet": offering(tx, sheet)},
        status=sheet.status,
    )
