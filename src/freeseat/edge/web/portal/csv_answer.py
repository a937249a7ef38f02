"""Answers that a browser saves as a CSV file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TypeVar

from fastapi.responses import Response, StreamingResponse

from freeseat.application.csv_text import written
from freeseat.application.listing import LARGEST_PAGE, Page, PageWanted
from freeseat.application.ports import Transaction
from freeseat.edge.web.context import Web

R = TypeVar("R")
_TYPE = "text/csv; charset=utf-8"
MOST_ROWS = 100_000
"""What a file has at most: as many as a spreadsheet opens without trouble."""


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}


def csv_file(name: str, text: str) -> Response:
    """A finished file."""
    return Response(text, media_type=_TYPE, headers=_saved_as(name))


def csv_of_pages(
    web: Web,
    name: str,
    heads: Sequence[str],
    page: Callable[[Transaction, PageWanted], Page[R]],
    cells: Callable[[R], Sequence[str]],
) -> StreamingResponse:
    """A file of a whole list, at most MOST_ROWS rows of it, read page by page while it is sent."""

    def part(rows: Iterable[R], *, first: bool) -> str:
        text = written(heads, (cells(row) for row in rows))
        return text if first else text.partition("\n")[2]

    def page_after(after: str | None) -> Callable[[Transaction], Page[R]]:
        return lambda tx: page(tx, PageWanted(after, LARGEST_PAGE))

    async def parts() -> AsyncIterator[str]:
        after: str | None = None
        for number in range(MOST_ROWS // LARGEST_PAGE):
            wanted = PageWanted(after, LARGEST_PAGE)
            found = await web.read(lambda tx, wanted=wanted: page(tx, wanted))  # type: ignore[misc]
            yield part(found.rows, first=number == 0)
            if found.next is None:
                return
            after = found.next

    return StreamingResponse(parts(), media_type=_TYPE, headers=_saved_as(name))
