"""The application: middleware, errors, and every route, as a table of contents."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from freeseat.domain.errors import FreeseatError
from freeseat.edge.web import problems
from freeseat.edge.web.api.description import document
from freeseat.edge.web.api.paths import RawPaths
from freeseat.edge.web.context import Web
from freeseat.edge.web.live.presence import Presence
from freeseat.edge.web.protection import BodyTooLarge, Protection
from freeseat.edge.web.rendering import STATIC, STATIC_VERSION, render
from freeseat.edge.web.routes import ROUTERS
from freeseat.edge.web.texts import CATALOGUES, language_for
from freeseat.edge.web.viewer import Nobody, Viewer

log = structlog.get_logger(__name__)


def create_app(web: Web) -> FastAPI:
    """Make the ASGI application over these parts; its lifespan runs the hub and the presence of pages."""
    presence = Presence(web.database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(each.run()) for each in (web.hub, presence)]
        for task in tasks:
            task.add_done_callback(_end_of_live)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    app = FastAPI(
        title="Freeseat",
        version=version("freeseat"),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.web = web
    app.state.presence = presence
    app.add_middleware(RawPaths)
    app.add_middleware(Protection, tls=web.tls)
    app.mount(f"/static/{STATIC_VERSION}", StaticFiles(directory=STATIC), "static")
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    app.add_exception_handler(FreeseatError, _of_error)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(BodyTooLarge, _of_large)
    app.add_exception_handler(Exception, _of_fault)
    return app


def _end_of_live(task: asyncio.Task[None]) -> None:
    """Without what keeps pages live they would stand still: end, so that the supervisor starts this process anew."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("web.live_ended", exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)


async def _of_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FreeseatError)
    answer = problems.of_error(error)
    if not problems.wants_page(request):
        return answer
    if error.code == "not_signed_in":
        return RedirectResponse(f"/sign-in?next={request.url.path}", 303)
    return _error_page(request, answer.status_code, str(error))


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    answer = problems.of_validation(error)
    return _error_page(request, 422, "") if problems.wants_page(request) else answer


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = problems.of_http(error)
    return _error_page(request, error.status_code, "") if problems.wants_page(request) else answer


async def _of_large(_: Request, error: Exception) -> Response:
    return problems.problem(413, "too_large", "the body is too large")


async def _of_fault(request: Request, error: Exception) -> Response:
    log.error("web.fault", path=request.url.path, method=request.method, exc_info=error)
    answer = problems.problem(500, "fault", "something went wrong on our side; it was logged")
    return _error_page(request, 500, "") if problems.wants_page(request) else answer


def _error_page(request: Request, status: int, detail: str) -> Response:
    language = language_for("", request.headers.get("accept-language", ""))
    gettext = CATALOGUES[language].gettext
    titles = {
        403: gettext("This is not for you"),
        404: gettext("There is nothing here"),
        429: gettext("Too many requests"),
        503: gettext("Not available now"),
    }
    title = titles.get(status, gettext("This did not work"))
    text = render("error.html", Viewer(Nobody(), language), {"title": title, "detail": detail})
    return Response(text, status, media_type="text/html; charset=utf-8")
