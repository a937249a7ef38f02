"""Import and export (R1.7): a file is checked first, with every bad line by its number, and then applied."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from freeseat.application.accounts.principal import Principal
from freeseat.application.bulk import BulkKind, Import, columns_of, decoded, export_csv
from freeseat.domain.errors import InUse, InvalidValue
from freeseat.domain.permissions import Permission
from freeseat.edge.web.context import go, web_of
from freeseat.edge.web.drawing import new_secret
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.importing import ImportJob
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.visitors import DirectoryChanger
from freeseat.edge.web.rendering import render


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/import"
_KINDS = (
    (BulkKind.USERS, _("People"), "number,name,hot_desk_access,pin\n2019,Bill,yes,4711"),
    (BulkKind.PHONES, _("Phones"), "number,site,mac\n3001,Main office,001565123456"),
    (BulkKind.QUEUES, _("Queues"), "number,code,name,members\n811,8110,Support,2019 2020"),
)
_SHOWN_FAULTS = 500


@router.get(HERE)
async def start(request: Request, visitor: DirectoryChanger, kind: BulkKind = BulkKind.USERS) -> Response:
    """The page: upload a file, or take one."""
    return await _start_page(request, visitor, kind)


@router.post(f"{HERE}/check")
async def check(
    request: Request,
    visitor: DirectoryChanger,
    file: Annotated[UploadFile, File()],
    kind: Annotated[BulkKind, Form()],
    change: Annotated[bool, Form()] = False,
) -> Response:
    """Check a file, applying nothing; then on to what was found."""
    _require(visitor.principal, kind)
    web = web_of(request)
    try:
        wish = Import(kind, decoded(await file.read()), change=change, dry_run=True)
        job = web.imports.start(web.database, wish, visitor.principal.actor, new_secret)
    except InvalidValue as error:
        return await _start_page(request, visitor, kind, change=change, fault=error.expected)
    except InUse as error:
        return await _start_page(request, visitor, kind, change=change, fault=str(error))
    return go(f"{HERE}/{job.id}")


@router.get(HERE + "/{id}")
async def job_page(request: Request, visitor: DirectoryChanger, id: str) -> Response:
    """How an import goes, or what came of it."""
    values = _values(_job(request, visitor, id))
    return await portal_page(request, visitor, "bulk/job.html", HERE, values)


@router.get(HERE + "/{id}/state")
async def job_state(request: Request, visitor: DirectoryChanger, id: str) -> Response:
    """Only that part of the page that goes on; it asks for itself again until the import is over."""
    values = _values(_job(request, visitor, id))
    return HTMLResponse(render("portal/parts/import_state.html", visitor.viewer, {**values, "csrf": visitor.csrf}))


@router.post(HERE + "/{id}/apply")
async def apply(request: Request, visitor: DirectoryChanger, id: str) -> Response:
    """Apply a file that was checked: all of it or nothing."""
    web, checked = web_of(request), _job(request, visitor, id)
    wish = replace(checked.wish, dry_run=False)
    try:
        job = web.imports.start(web.database, wish, visitor.principal.actor, new_secret)
    except InUse as error:
        return go(f"{HERE}/{id}", str(error), "warn")
    return go(f"{HERE}/{job.id}")


@router.get("/portal/export/{kind}.csv")
async def export(request: Request, visitor: DirectoryChanger, kind: BulkKind) -> Response:
    """All of a kind as a file that can be imported again; no PINs, no secrets."""
    text = await web_of(request).read(lambda tx: export_csv(tx, kind))
    names = {"Content-Disposition": f'attachment; filename="{kind.value}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=names)


def _require(principal: Principal, kind: BulkKind) -> None:
    if kind is BulkKind.QUEUES:
        principal.require_everywhere(Permission.SETTINGS_WRITE)


def _job(request: Request, visitor: Visitor, id: str) -> ImportJob:
    job = web_of(request).imports.get(id)
    _require(visitor.principal, job.wish.kind)
    return job


def _values(job: ImportJob) -> dict[str, object]:
    faults = job.result.faults if job.result else ()
    return {"job": job, "faults": faults[:_SHOWN_FAULTS], "more": max(0, len(faults) - _SHOWN_FAULTS)}


async def _start_page(
    request: Request, visitor: Visitor, kind: BulkKind, *, change: bool = False, fault: str = ""
) -> Response:
    kinds = [
        {"value": each.value, "title": title, "columns": columns_of(each), "example": example}
        for each, title, example in _KINDS
    ]
    values = {"kinds": kinds, "kind": kind.value, "change": change, "fault": fault}
    return await portal_page(request, visitor, "bulk/start.html", HERE, values, status=422 if fault else 200)
