"""One UDP port that speaks SIP: transactions, retransmissions and parsing are sippy's, dialogs are ours.

All public methods belong to the event loop that opened the endpoint; what touches sippy is carried into its thread.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import structlog

from freeseat.edge.voice.messages import Address, Headers, Outgoing, Request, Response
from freeseat.edge.voice.sippy_thread import SippyThread, sippy_thread
from freeseat.edge.voice.stack import USER_AGENT, append, built, classes, common, routes

log = structlog.get_logger("freeseat.voice.sip")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class PortTaken(OSError):
    """The SIP port asked for is in use."""


@dataclass(slots=True)
class _Transaction:
    """What is known in sippy's thread about a request that came in."""

    request: Any
    on_no_ack: Callable[[], None] | None = None


@dataclass(slots=True)
class Handlers:
    """What the owner of an endpoint gets told, in his event loop."""

    on_request: Callable[[Request], None]
    on_cancel: Callable[[Request], None] = field(default=lambda _request: None)
    on_stray: Callable[[Response], None] = field(default=lambda _response: None)
    """A 2xx to an INVITE that nobody waits for: of another branch, or of a request from before a restart."""


class ClientTransaction:
    """A request of ours under way; its responses go to the callback given to `Endpoint.send`."""

    def __init__(self, endpoint: Endpoint, out: Outgoing, *, ack_later: bool = False) -> None:
        self._endpoint = endpoint
        self.out, self.ack_later = out, ack_later
        self.inner: Any = None
        self.cancelled = False

    def cancel(self, headers: Headers = ()) -> None:
        """Send a CANCEL, as soon as a provisional response allows it (RFC 3261, 9.1)."""
        self._endpoint.cancel(self, headers)

    def acknowledge(self, body: str) -> None:
        """Send the ACK of a 2xx that was left to us, with a session description (RFC 3261, 13.2.2.4)."""
        self._endpoint.acknowledge(self, body)


class Endpoint:
    """A SIP endpoint on one UDP address. Open it with `Endpoint.open`."""

    def __init__(self, handlers: Handlers, allowed: Collection[Network]) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread: SippyThread = sippy_thread()
        self._handlers = handlers
        self._allowed = tuple(allowed)
        self._transactions: dict[int, _Transaction] = {}
        self._keys = itertools.count(1)
        self._stack: Any = None
        self._closed = False
        self._full = False
        self.dropped = 0
        """Datagrams dropped because of their source address."""
        self.address: Address = ("", 0)
        """The host (IPv6 in brackets) and port this endpoint listens on."""

    @classmethod
    async def open(cls, host: str, port: int, handlers: Handlers, allowed: Collection[Network] = ()) -> Endpoint:
        """Listen on an IP address and port (0: any free one); `allowed` limits the sources, empty allows all.

        Raises PortTaken.
        """
        endpoint = cls(handlers, allowed)
        shown = f"[{host}]" if ":" in host else host
        try:
            endpoint.address = await endpoint._thread.run(endpoint._listen, shown, port)
        except OSError as failure:
            raise PortTaken(f"SIP port {host}:{port}: {failure.strerror}") from failure
        return endpoint

    @property
    def open_transactions(self) -> int:
        """Requests that came in and are not finished."""
        return len(self._transactions)

    def respond(
        self,
        request: Request,
        code: int,
        reason: str,
        *,
        tag: str = "",
        contact: str = "",
        headers: Headers = (),
        body: str = "",
        on_ack: Callable[[str], None] | None = None,
        on_no_ack: Callable[[], None] | None = None,
    ) -> None:
        """Answer a request. For a 2xx to INVITE, `on_ack` gets the body of the ACK, `on_no_ack` that none came."""
        self._thread.call(self._respond, request.key, code, reason, tag, contact, headers, body, on_ack, on_no_ack)

    def send(
        self, outgoing: Outgoing, on_response: Callable[[Response], None], *, ack_later: bool = False
    ) -> ClientTransaction:
        """Send a request; every response comes to `on_response`, a timeout as 408.

        ACK is sent by itself, or with `ack_later` for a 2xx when `ClientTransaction.acknowledge` is called.
        """
        transaction = ClientTransaction(self, outgoing, ack_later=ack_later)
        self._thread.call(self._send, outgoing, transaction, on_response)
        return transaction

    def send_alone(self, outgoing: Outgoing) -> None:
        """Send a request once and wait for nothing: an ACK, or the CANCEL of a request from before a restart."""
        self._thread.call(self._send_alone, outgoing)

    def cancel(self, transaction: ClientTransaction, headers: Headers = ()) -> None:
        """Cancel an INVITE of ours."""
        self._thread.call(self._cancel, transaction, headers)

    def acknowledge(self, transaction: ClientTransaction, body: str) -> None:
        """Send the ACK that was left to us."""
        self._thread.call(self._acknowledge, transaction, body)

    def take_no_more_calls(self) -> None:
        """Pass over INVITEs of new calls, without even a 100: they are sent again, to who listens here next."""
        self._full = True

    async def close(self) -> None:
        """Stop listening and forget all transactions."""
        if not self._closed:
            self._closed = True
            await self._thread.run(self._shut)

    # --- in sippy's thread -----------------------------------------------------------------------------------------

    def _listen(self, host: str, port: int) -> Address:
        manager, logger = classes(self._thread)
        config = {"_sip_address": host, "_sip_port": port, "_sip_logger": logger}
        self._stack = manager(config, self._incoming, self._admits, self._stray)
        server = next(iter(self._stack.l4r.cache_l2s.values()))
        bound, number = server.getSIPaddr()[0]
        return bound, number

    def _shut(self) -> None:
        self._transactions.clear()
        stack, self._stack = self._stack, None
        for transaction in (*stack.tclient.values(), *stack.tserver.values()):
            for timer in ("teA", "teB", "teC", "teD", "teE", "teF", "teG"):
                pending = getattr(transaction, timer, None)
                if pending is not None:
                    pending.cancel()
        stack.shutdown()

    def _admits(self, host: str) -> bool:
        if not self._allowed:
            return True
        source = ipaddress.ip_address(host.strip("[]").partition("%")[0])
        if any(source in network for network in self._allowed):
            return True
        self.dropped += 1
        return False

    def _tell(self, what: Callable[..., None], *args: object) -> None:
        """Carry a call into the event loop."""
        if not (self._closed or self._loop.is_closed()):
            self._loop.call_soon_threadsafe(what, *args)

    def _incoming(self, message: Any, _inner: Any) -> tuple[Any, Any, Any] | None:
        """Take a request; an INVITE gets 100 at once, whatever its owner does first (RFC 3261, 17.2.1)."""
        key = next(self._keys)
        request = Request(*common(message), method=message.getMethod(), uri=str(message.getRURI()), key=key)
        if self._full and request.method == "INVITE" and not request.receiver.tag:
            return None
        transaction = _Transaction(message)
        self._transactions[key] = transaction
        self._tell(self._handlers.on_request, request)
        trying = self._trying(message, request) if request.method == "INVITE" else None

        def cancelled(_rtime: object, _request: object) -> None:
            self._transactions.pop(key, None)
            self._tell(self._handlers.on_cancel, request)

        def not_acknowledged() -> None:
            self._transactions.pop(key, None)
            if transaction.on_no_ack is not None:
                self._tell(transaction.on_no_ack)

        return trying, cancelled, not_acknowledged

    def _trying(self, message: Any, request: Request) -> Any:
        response = message.genResponse(100, "Trying", server=USER_AGENT)
        timestamps = tuple(("Timestamp", value) for value in request.every("timestamp"))
        append(self._thread, response, timestamps, "", "")
        return response

    def _respond(
        self,
        key: int,
        code: int,
        reason: str,
        tag: str,
        contact: str,
        headers: Headers,
        body: str,
        on_ack: Callable[[str], None] | None,
        on_no_ack: Callable[[], None] | None,
    ) -> None:
        transaction = self._transactions.get(key)
        if transaction is None or self._stack is None:
            return  # cancelled meanwhile: the 487 has gone out
        response = transaction.request.genResponse(code, reason, server=USER_AGENT)
        if tag and code > 100:
            response.getHFBody("to").setTag(tag)
        more = ((("Contact", contact),) if contact else ()) + headers
        append(self._thread, response, more, body, "application/sdp")
        transaction.on_no_ack = on_no_ack

        def acknowledged(ack: Any) -> None:
            self._transactions.pop(key, None)
            if on_ack is not None:
                self._tell(on_ack, str(ack.getBody() or ""))

        if code >= 200 and transaction.request.getMethod() != "INVITE":
            self._transactions.pop(key, None)
        try:
            self._stack.sendResponse(response, ack_cb=acknowledged)
        except (KeyError, ValueError):
            # sippy has cancelled the request between our look and this
            self._transactions.pop(key, None)
            if on_no_ack is not None:
                self._tell(on_no_ack)

    def _send(self, out: Outgoing, handle: ClientTransaction, on_response: Callable[[Response], None]) -> None:
        if self._stack is None:
            return
        inner = self._thread.modules["SipTransactionManager"].SipTransaction()
        # within a dialog sippy would send the ACK past its route set: those ACKs are ours to send
        inner.uack = out.method == "INVITE" and (handle.ack_later or bool(out.route))
        handle.inner = inner
        try:
            self._stack.newTransaction(
                built(self._thread, out), resp_cb=lambda message: self._responded(handle, message, on_response), t=inner
            )
        except Exception as failure:
            # a header of the other side that we must repeat cannot be parsed: nobody will answer, so we do
            log.warning("request not sent", method=out.method, call_id=out.call_id, error=type(failure).__name__)
            self._tell(on_response, Response((), "", "", out.target, code=400, reason="Not Sent"))

    def _send_alone(self, out: Outgoing) -> None:
        if self._stack is not None:
            server = self._stack.l4r.getServer(out.target)
            self._stack.transmitMsg(server, built(self._thread, out), out.target, None)

    def _responded(self, handle: ClientTransaction, message: Any, on_response: Callable[[Response], None]) -> None:
        code, reason = message.getSCode()
        if handle.inner.uack and code >= 200 and not (handle.ack_later and code < 300):
            self._thread.call(self._acknowledge, handle, "")
        if message.source is None:
            message.source = (handle.out.target, "udp")  # the 408 that stands for a timeout comes from nowhere
        self._tell(on_response, Response(*common(message), code=code, reason=reason))

    def _stray(self, message: Any) -> None:
        code, reason = message.getSCode()
        self._tell(self._handlers.on_stray, Response(*common(message), code=code, reason=reason))

    def _cancel(self, handle: ClientTransaction, headers: Headers) -> None:
        inner = handle.inner
        if self._stack is None or inner is None or inner.tid not in self._stack.tclient or handle.cancelled:
            return
        handle.cancelled = True
        append(self._thread, inner.cancel, headers, "", "")
        self._stack.cancelTransaction(inner)

    def _acknowledge(self, handle: ClientTransaction, body: str) -> None:
        inner, out = handle.inner, handle.out
        if self._stack is None or getattr(inner, "teG", None) is None:
            return  # timed out, or acknowledged already
        if out.route:
            inner.ack.delHFs("route")
            header = self._thread.modules["SipHeader"].SipHeader
            inner.ack.appendHeaders([header(name="route", body=route) for route in routes(self._thread, out)])
            inner.ack_rAddr = (out.target, "udp")
        append(self._thread, inner.ack, (), body, out.content_type)
        self._stack.sendACK(inner)
