"""Structured logs: one JSON object or one readable line per event, UTC, with secrets masked.

Everything ends here: structlog's own loggers and, through the standard library's root logger, Alembic, SQLAlchemy,
sippy and warnings. A process calls `configure` once, before it logs anything.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.dev import plain_traceback
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

MASK: Final = "********"
SECRET_WORDS: Final = frozenset({"pin", "secret", "password", "ha1", "authorization", "token"})
"""A key is secret if one of its words (`old_pin`, `ha1_256`, `Proxy-Authorization`) is one of these."""

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_AUTHORIZATION_LINE: Final = re.compile(r"(?im)^((?:proxy-)?authorization\s*:)[^\r\n]*")
_URL_PASSWORD: Final = re.compile(r"(?<=://)([^:/@\s]+):[^@/\s]+@")
# Local variables are never logged: they may hold PINs under any name.
_TRACEBACKS: Final = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
_QUIET: Final = {"sqlalchemy.engine": logging.WARNING, "alembic.runtime.plugins": logging.WARNING}


def configure(
    level: Literal["debug", "info", "warning", "error"] = "info",
    form: Literal["json", "console"] = "json",
    *,
    process: str = "",
    node: str = "",
    stream: TextIO | None = None,
) -> None:
    """Send all logs of this process to one stream.

    Takes the least level, the form, the names of process and node (added to every line where not empty) and the
    stream (default: standard error). May be called again; the last call counts.
    """
    out = stream or sys.stderr
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _Origin(process, node),
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Processor] = (
        [_TRACEBACKS, mask, structlog.processors.JSONRenderer(default=str)]
        if form == "json"
        else [mask, structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain_traceback)]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*common, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    for earlier in [h for h in root.handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """structlog processor: replace the values of secret keys at any depth, and secrets inside texts."""
    return {key: _masked(key, value) for key, value in event.items()}


def is_secret(key: str) -> bool:
    """Whether a value under this key must never be shown."""
    return any(word.lower() in SECRET_WORDS for word in _WORD.findall(key.replace("_", " ")))


def _masked(key: object, value: Any) -> Any:
    if isinstance(key, str) and is_secret(key) and not isinstance(value, bool | None):
        return MASK
    if isinstance(value, Mapping):
        return {inner: _masked(inner, item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(None, item) for item in value]
    if isinstance(value, str):
        return _URL_PASSWORD.sub(rf"\1:{MASK}@", _AUTHORIZATION_LINE.sub(rf"\1 {MASK}", value))
    return value


class _Origin:
    """Adds which process of which node is speaking."""

    def __init__(self, process: str, node: str) -> None:
        self._fields = {key: value for key, value in (("process", process), ("node", node)) if value}

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**self._fields, **event}
