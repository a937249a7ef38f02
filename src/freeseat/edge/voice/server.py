"""The voice server: answers calls to feature codes that come from Kamailio and runs their menus."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from freeseat.domain.menus import MENUS, Menu, Terms, announcement
from freeseat.edge.voice.actions import CallContext, VoiceActions
from freeseat.edge.voice.endpoint import Network
from freeseat.edge.voice.leg import Media
from freeseat.edge.voice.messages import Request
from freeseat.edge.voice.prompts import PromptLibrary
from freeseat.edge.voice.queueing.actions import QueueActions
from freeseat.edge.voice.queueing.restoring import Restoring
from freeseat.edge.voice.queueing.room import QueueSettings
from freeseat.edge.voice.queueing.service import QueueService
from freeseat.edge.voice.rtp import Pacer, PortRange
from freeseat.edge.voice.runner import MenuRun
from freeseat.edge.voice.ua import IncomingCall, UserAgent
from freeseat.edge.voice.wishes.actions import WishActions, WishSettings
from freeseat.edge.voice.wishes.service import WishService

log = structlog.get_logger("freeseat.voice")

_LOOPBACK: tuple[Network, ...] = (ipaddress.IPv4Network("127.0.0.0/8"), ipaddress.IPv6Network("::1/128"))
_RETRY = (("Retry-After", "5"),)
_ENDED_BEFORE_COLLECTION = 200
QUEUE = "queue"
"""The service that is no menu: a caller of a queue."""


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """What voice needs to know.

    `host` and `port` are where it listens for SIP (UDP), `sources` the only addresses it listens to, `ports` those of
    RTP, `media_address` the IP address announced for audio (empty: the one that routes to the phone), `prompts` the
    directory made by `render_prompts`, `language` that of callers whose language is not known, `most_calls` and
    `longest_call` (seconds) the limits, `freeze` whether the process is voice's own, so that its garbage collector,
    whose pauses are the worst jitter, may be put to rest between calls.
    """

    prompts: Path
    host: str = "127.0.0.1"
    port: int = 5070
    sources: tuple[Network, ...] = _LOOPBACK
    ports: PortRange = field(default_factory=PortRange)
    media_address: str = ""
    language: str = "en"
    most_calls: int = 300
    longest_call: float = 300.0
    freeze: bool = False
    terms: Terms = field(default_factory=Terms)


class VoiceServer:
    """Answers calls with menus, with the waiting room if `queues` is given, and carries out wishes if `wishes` is.

    Open it with `open`, and close it.
    """

    def __init__(
        self,
        settings: VoiceSettings,
        actions: VoiceActions,
        queues: tuple[QueueSettings, QueueActions] | None = None,
        wishes: tuple[WishSettings, WishActions] | None = None,
    ) -> None:
        self._settings = settings
        self._actions = actions
        self._library = PromptLibrary(settings.prompts, settings.language)
        self._pacer = Pacer()
        self._calls: set[asyncio.Task[None]] = set()
        self._ended = 0
        self._closing = False
        self._agent: UserAgent
        self.queues = QueueService(*queues, self._library) if queues is not None else None
        """The waiting room."""
        self.wishes = WishService(*wishes) if wishes is not None else None
        """What pages wish of phones."""
        if self.queues is not None:
            self.queues.on_ended = self._collect

    @classmethod
    async def open(
        cls,
        settings: VoiceSettings,
        actions: VoiceActions,
        queues: tuple[QueueSettings, QueueActions] | None = None,
        wishes: tuple[WishSettings, WishActions] | None = None,
    ) -> VoiceServer:
        """Start listening, and take up the callers of queues and the wishes that were left over.

        Raises PortTaken, Unavailable.
        """
        server = cls(settings, actions, queues, wishes)
        left = await queues[1].left_over() if queues is not None else []
        before = await wishes[1].taken_before() if wishes is not None else []
        prompts = await asyncio.to_thread(server._library.preload)
        media = Media(settings.ports, server._pacer, settings.media_address)
        server._agent = await UserAgent.open(
            settings.host, settings.port, media, server._incoming, allowed=settings.sources
        )
        if server.queues is not None:
            server.queues.open(server._agent, media)
            Restoring(server.queues).take_up(left)
        if server.wishes is not None:
            server.wishes.open(server._agent, media, server.queues, list(before))
        if settings.freeze:
            gc.collect()
            gc.freeze()
            gc.disable()
        host, port = server.address
        log.info("voice listens", host=host, port=port, prompts=prompts)
        return server

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._agent.endpoint.address

    @property
    def calls(self) -> int:
        """How many calls there are now."""
        return len(self._calls)

    @property
    def open_transactions(self) -> int:
        """SIP transactions that are not finished."""
        return self._agent.endpoint.open_transactions

    async def close(self) -> None:
        """Hang up all calls and stop listening. Who calls meanwhile is served by the process that comes next."""
        self._agent.endpoint.take_no_more_calls()
        self._closing = True
        if self.wishes is not None:
            await self.wishes.close()
        if self.queues is not None:
            await self.queues.close()
        await self._agent.close()
        for task in self._calls:
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await self._pacer.close()
        if self._settings.freeze:
            gc.enable()

    def _incoming(self, call: IncomingCall) -> None:
        waiting = self.queues.heard if self.queues is not None else 0
        if self._closing:
            call.reject(503, "Service Unavailable", _RETRY)
            return
        if len(self._calls) + waiting >= self._settings.most_calls:
            log.warning("too many calls", call_id=call.call_id, most=self._settings.most_calls)
            call.reject(503, "Service Unavailable", _RETRY)
            return
        context = context_of(call.request)
        call.trusted = frozenset({context.source}) if context.source else frozenset()
        if context.code == QUEUE and self.queues is not None:
            hops = call.request.header("x-freeseat-hops")
            self.queues.accept(call, context, int(hops) if hops.isascii() and hops.isdigit() and len(hops) < 3 else 0)
            return
        menu = self._menu(context)
        if menu is None:
            log.warning("no such menu", call_id=call.call_id, code=context.code)
            call.reject(404, "Not Found")
            return
        task = asyncio.create_task(self._run(call, context, menu))
        self._calls.add(task)
        task.add_done_callback(self._finished)

    def _menu(self, context: CallContext) -> Menu | None:
        if context.code == "announce":
            return announcement(context.digits if self._library.known(context.digits) else "not_possible")
        return MENUS.get(context.code)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("call failed", exc_info=task.exception())
        self._collect()

    def _collect(self) -> None:
        """Clean up where no pause can be heard, or after many calls."""
        self._ended += 1
        heard = self.queues.heard if self.queues is not None else 0
        if self._settings.freeze and ((not self._calls and not heard) or self._ended >= _ENDED_BEFORE_COLLECTION):
            self._ended = 0
            gc.collect()  # short, because what was there at the start is frozen

    async def _run(self, call: IncomingCall, context: CallContext, menu: Menu) -> None:
        reason = "too_long"
        try:
            async with asyncio.timeout(self._settings.longest_call):
                await call.answer()
                if call.ended.done():
                    reason = call.ended.result().reason
                else:
                    run = MenuRun(call, context, self._actions, self._library, self._settings.terms)
                    reason = (await run.run(menu)).reason
        except TimeoutError:
            reason = "too_long"
        finally:
            call.hang_up(reason)
            log.info(
                "call ended",
                call_id=context.call_id,
                phone=context.phone,
                menu=menu.name,
                outcome=reason,
                packets=call.stream.received if call.stream else 0,
            )


def context_of(request: Request) -> CallContext:
    """The context in a request's `X-Freeseat-*` headers; a source that is no IP address is left out."""

    def header(name: str) -> str:
        return request.header(f"x-freeseat-{name}").strip()

    try:
        source = str(ipaddress.ip_address(header("source").strip("[]")))
    except ValueError:
        source = ""
    return CallContext(
        phone=header("phone"),
        user=header("user"),
        code=header("code"),
        digits=header("digits"),
        source=source,
        language=header("language"),
        call_id=request.call_id,
    )


async def serve_voice(
    settings: VoiceSettings,
    actions: VoiceActions,
    queues: tuple[QueueSettings, QueueActions] | None = None,
    wishes: tuple[WishSettings, WishActions] | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until cancelled; then hang up all calls but those of queues. `on_ready` is called once it listens.

    Raises PortTaken, or Unavailable where queues' callers cannot be looked up.
    """
    server = await VoiceServer.open(settings, actions, queues, wishes)
    try:
        on_ready()
        await asyncio.get_running_loop().create_future()
    finally:
        await server.close()
