"""`/import` and `/export`: users, phones and queues as CSV (R1.7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from freeseat.application.accounts.principal import Principal
from freeseat.application.bulk import BulkKind, Fault, Import, decoded, export_csv
from freeseat.domain.permissions import Permission
from freeseat.edge.web.api.bodies import Body, Use, answer_of, derived
from freeseat.edge.web.api.resource import Caller, Everywhere, Kind, Name, Parts, Resource
from freeseat.edge.web.drawing import new_secret
from freeseat.edge.web.importing import ImportJob, ImportState

bulk = Resource("import and export", "Users, phones and queues as CSV (R1.7).")

_KEEPALIVE_SECONDS = 15.0
_CSV = {"text/csv": {"schema": {"type": "string"}}}
_EXAMPLE = "number,name,hot_desk_access,pin\n2019,Bill,yes,4711\n"
_FILE = {
    "requestBody": {
        "required": True,
        "description": "The file, as UTF-8.",
        "content": {"text/csv": {"schema": {"type": "string"}, "examples": {"users": {"value": _EXAMPLE}}}},
    }
}


class ImportAsked(Body):
    """How a file is imported."""

    change: bool = Field(False, description="Whether lines may name what exists, to change it.")
    dry_run: bool = Field(False, description="Only check; apply nothing.")


@derived(Fault, Use.ANSWER)
class LineFault(Body):
    """What is wrong with a line: its number in the file (1 is the heads; 0 the whole file), and what would be right."""


class ImportAnswer(Body):
    """An import. While it is `running`, `done` of `total` steps are behind it; with a fault nothing is applied."""

    id: str
    kind: BulkKind
    dry_run: bool
    change: bool
    by: str
    started_at: datetime
    state: ImportState
    done: int
    total: int
    applied: bool = Field(description="Whether the file was applied.")
    added: int
    changed: int
    unchanged: int
    faults: list[LineFault]
    error: str = Field(description="Why it failed; empty if it did not.")


@bulk.post("/import/{kind}", Permission.DIRECTORY_WRITE, status_code=202, openapi_extra=_FILE)
async def start_import(
    caller: Caller, web: Parts, request: Request, kind: Kind, asked: Annotated[ImportAsked, Query()]
) -> ImportAnswer:
    """Import a CSV file: all of it or, if a line is not acceptable, nothing.

    The answer comes at once; ask `/imports/{id}` how it goes. A file has at most 16 MiB and 100,000 lines; its first
    line names columns, as an export has them. Queues need `settings:write` as well.
    """
    _require(caller, kind)
    text = decoded(await request.body())
    wish = Import(kind, text, change=asked.change, dry_run=asked.dry_run)
    return _answer(web.imports.start(web.database, wish, caller.actor, new_secret))


@bulk.get("/imports/{name}", Permission.DIRECTORY_WRITE)
async def get_import(caller: Caller, web: Parts, name: Name) -> ImportAnswer:
    """Tell how an import goes. Each node knows its own, the newest ones."""
    return _answer(_of(caller, web.imports.get(name)))


@bulk.get(
    "/imports/{name}/progress",
    Permission.DIRECTORY_WRITE,
    response_class=StreamingResponse,
    responses={200: {"description": "Events `progress`.", "content": {"text/event-stream": {}}}},
)
async def stream_import(caller: Caller, web: Parts, name: Name) -> StreamingResponse:
    """Stream how an import goes, as server-sent events whose data is an import; it ends with the import."""
    job = _of(caller, web.imports.get(name))
    return StreamingResponse(_frames(job), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@bulk.get(
    "/export/{kind}",
    Everywhere(Permission.DIRECTORY_READ),
    response_class=Response,
    responses={200: {"description": "The file.", "content": _CSV}},
)
async def export_file(web: Parts, kind: Kind) -> Response:
    """Export all users, phones or queues as CSV that can be imported again; no PINs, no secrets."""
    text = await web.read(lambda tx: export_csv(tx, kind))
    names = {"Content-Disposition": f'attachment; filename="{kind.value}.csv"'}
    return Response(text, media_type="text/csv", headers=names)


async def _frames(job: ImportJob) -> AsyncIterator[str]:
    async for _ in job.progress(_KEEPALIVE_SECONDS):
        yield f"event: progress\ndata: {_answer(job).model_dump_json()}\n\n"


def _require(caller: Principal, kind: BulkKind) -> None:
    caller.require_everywhere(Permission.DIRECTORY_WRITE)
    if kind is BulkKind.QUEUES:
        caller.require_everywhere(Permission.SETTINGS_WRITE)


def _of(caller: Principal, job: ImportJob) -> ImportJob:
    _require(caller, job.wish.kind)
    return job


def _answer(job: ImportJob) -> ImportAnswer:
    wish, result = job.wish, job.result
    return ImportAnswer(
        id=job.id,
        kind=wish.kind,
        dry_run=wish.dry_run,
        change=wish.change,
        by=job.actor.who,
        started_at=job.started_at,
        state=job.state,
        done=job.done,
        total=job.total,
        applied=result is not None and result.applied,
        added=result.added if result else 0,
        changed=result.changed if result else 0,
        unchanged=result.unchanged if result else 0,
        faults=[answer_of(LineFault, each) for each in result.faults] if result else [],
        error=job.error,
    )
