"""Errors as answers: one table from the codes of the core to HTTP, bodies as RFC 9457 has them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from freeseat.application.proving import Refusal
from freeseat.domain.errors import FreeseatError, InvalidValue
from freeseat.domain.reasons import UNPROVED, Reason

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[str, int] = {
    "invalid_value": 422,
    "clash": 409,
    "in_use": 409,
    "last_administrator": 409,
    "not_found": 404,
    "not_allowed": 403,
    "not_signed_in": 401,
    "too_many": 429,
    "unavailable": 503,
}
"""Every other code is a fault of ours: 500."""


class NotSignedIn(FreeseatError):
    """The request carries no credential that holds."""

    code = "not_signed_in"


class TooMany(FreeseatError):
    """Too many requests from one source; takes the seconds after which one may try again."""

    code = "too_many"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many requests; try again in {seconds} s")


def problem(status: int, code: str, detail: str, **more: object) -> JSONResponse:
    """A problem body: `type` is `urn:freeseat:<code>`, stable; `detail` is a sentence for people."""
    body = {
        "type": f"urn:freeseat:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse(body, status, media_type=MEDIA_TYPE, headers=headers)


def of_error(error: FreeseatError) -> JSONResponse:
    """The answer to an error of the core."""
    more: dict[str, Any] = {}
    if isinstance(error, InvalidValue):
        more["field"] = error.field
    answer = problem(STATUS.get(error.code, 500), error.code, str(error), **more)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.seconds)
    if error.code == "unavailable":
        answer.headers["Retry-After"] = "2"
    return answer


def of_refusal(refusal: Refusal, *, on_behalf: bool) -> JSONResponse:
    """The answer to a refused login or logout.

    `on_behalf`: somebody with authority asked, who is told the reason; otherwise what is not proved looks all alike
    (R2.15).
    """
    reason = refusal.reason
    if not on_behalf and reason in UNPROVED:
        reason = Reason.WRONG_CREDENTIALS
    status = 401 if reason in UNPROVED else 409
    return problem(status, reason.value, refusal.text if on_behalf else reason.text)


def of_validation(error: RequestValidationError) -> JSONResponse:
    """The answer to a request that does not fit the API's description: every fault with its place."""
    faults = [
        {"field": _text(".".join(str(part) for part in each["loc"])), "detail": _text(str(each["msg"]))}
        for each in error.errors()
    ]
    return problem(422, "invalid_value", "the request does not fit its description", faults=faults)


def _text(given: str) -> str:
    """A text that came with a request, fit for UTF-8: JSON can carry halves of characters."""
    return given.encode("utf-8", "replace").decode()[:500]


def of_http(error: HTTPException) -> JSONResponse:
    """The answer to what the framework refuses: unknown address, wrong method."""
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    answer = problem(error.status_code, codes.get(error.status_code, "http"), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def wants_page(request: Request) -> bool:
    """Whether a person with a browser asked, rather than a program: then errors are pages."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")
