"""Asking before something is ended: a page of its own, so that it works without scripts and says what will happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.texts import said_in


@dataclass(frozen=True, slots=True)
class Question:
    """A question before a deed: what will happen, the word on the button, where "No" leads. Texts are translated."""

    title: str
    text: str
    button: str
    back: str
    consequences: Sequence[str] = ()


async def ask(
    request: Request, visitor: Visitor, here: str, question: Question, *, fault: str = "", status: int = 200
) -> HTMLResponse:
    """The page that asks; its form posts to the same address."""
    values = {"question": question, "fault": fault}
    return await portal_page(request, visitor, "ask.html", here, values, status=status)


def words(visitor: Visitor, text: str, **values: object) -> str:
    """A text in the visitor's language; with values, `{name}` in it is replaced."""
    said = said_in(visitor.viewer.language)(text)
    return said.format(**values) if values else said
