"""The one thread in which sippy lives: it is imported there, silenced there, and reached only from here.

sippy keeps one event dispatcher per process, bound to the thread that imports it, prints to standard output and dumps
whole messages with exceptions. Messages may hold digits of a PIN (SIP INFO), so nothing of that may reach a log.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from heapq import heapify
from queue import Empty, SimpleQueue
from types import ModuleType
from typing import Any, TypeVar

import structlog

log = structlog.get_logger("freeseat.voice.sippy")

T = TypeVar("T")
_MODULES = (
    "SipTransactionManager",
    "SipRequest",
    "SipResponse",
    "SipHeader",
    "SipURL",
    "SipAddress",
    "SipFrom",
    "SipTo",
    "SipCallId",
    "SipContact",
    "SipRoute",
    "SipContentType",
    "MsgBody",
    "Udp_server",
)


class SippyThread:
    """sippy's thread. Everything passed to `call` and `run` is executed there, in order."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._dispatcher: Any = None
        self._now: Any = None
        self._failure: BaseException | None = None
        self._work: SimpleQueue[tuple[Callable[..., object], tuple[object, ...]]] = SimpleQueue()
        self.modules: dict[str, ModuleType] = {}
        """sippy's modules by their short name; use them in this thread only."""
        threading.Thread(target=self._live, name="sippy", daemon=True).start()
        self._ready.wait()
        if self._failure is not None:
            raise RuntimeError("sippy cannot be started") from self._failure

    def call(self, work: Callable[..., object], *args: object) -> None:
        """Execute `work(*args)` in sippy's thread, soon; an exception is logged."""
        self._work.put((work, args))

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Execute `work(*args)` in sippy's thread and give its result, or raise its exception."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, failure: BaseException | None) -> None:
            if done.cancelled():
                return
            if failure is not None:
                done.set_exception(failure)
            else:
                done.set_result(result)  # type: ignore[arg-type]

        def work_and_tell() -> None:
            try:
                result = work(*args)
            except Exception as failure:  # carried over to the caller's thread
                loop.call_soon_threadsafe(settle, None, failure)
            else:
                loop.call_soon_threadsafe(settle, result, None)

        self.call(work_and_tell)
        return await done

    def _live(self) -> None:
        try:
            self._import()
        except BaseException as failure:  # handed to the thread that waits in __init__
            self._failure = failure
            self._ready.set()
            return
        self._ready.set()
        while True:
            self._turn()

    def _turn(self) -> None:
        """One turn of sippy's loop, asleep until there is work or a timer is due: its own looks at a fixed rate."""
        dispatcher = self._dispatcher
        dispatcher.last_ts = self._now()
        dispatcher.dispatchTimers()
        if dispatcher.twasted * 2 > len(dispatcher.tlisteners):
            dispatcher.tlisteners = [timer for timer in dispatcher.tlisteners if timer.cb_func is not None]
            heapify(dispatcher.tlisteners)
            dispatcher.twasted = 0
        timers = dispatcher.tlisteners
        seconds = timers[0].etime.monot - self._now().monot if timers else None
        with suppress(Empty):
            work, args = self._work.get(timeout=seconds if seconds is None else max(seconds, 0.0))
            dispatcher.last_ts = self._now()
            dispatcher.dispatchThreadCallback(work, args)

    def _import(self) -> None:
        exceptions = importlib.import_module("sippy.Core.Exceptions")
        exceptions.dump_exception = _log_exception  # type: ignore[attr-defined]
        self._dispatcher = importlib.import_module("sippy.Core.EventDispatcher").ED2
        self._dispatcher.callFromThread = self.call  # sippy's receivers call it, too
        self._now = importlib.import_module("sippy.Time.MonoTime").MonoTime
        for name in _MODULES:
            self.modules[name] = importlib.import_module(f"sippy.{name}")
        for name, module in list(sys.modules.items()):
            if name.startswith("sippy."):
                module.print = _log_print  # type: ignore[attr-defined]


def _log_exception(what: object = "", *_args: object, **_kwargs: object) -> None:
    """Stand in for sippy's dump_exception; gives the kind of the exception but nothing of the message."""
    kind, failure, _trace = sys.exc_info()
    where = str(what).partition(" from ")[0][:60]
    log.info("sip message dropped", what=where, error=kind.__name__ if kind else "", at=_place(failure))


def _place(failure: BaseException | None) -> str:
    trace = failure.__traceback__ if failure else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""


def _log_print(*_args: object, **_kwargs: object) -> None:
    """Stand in for print() in sippy's modules: what it prints may hold parts of a message, so only the fact is kept."""
    log.debug("sip library remark")


_lock = threading.Lock()
_thread: SippyThread | None = None


def sippy_thread() -> SippyThread:
    """The process's sippy thread, started when first needed."""
    global _thread
    with _lock:
        if _thread is None:
            _thread = SippyThread()
        return _thread
