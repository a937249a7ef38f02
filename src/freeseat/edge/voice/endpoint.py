"""One UDP port that speaks SIP: transactions, retransmissions and parsing are sippy's, dialogs are ours.

All public methods belong to the event loop that opened the endpoint; what touches sippy is carried into its thread.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import itertools
import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import structlog

from freeseat.edge.voice.messages import Address, Headers, Outgoing, Request, Response
from freeseat.edge.voice.sippy_thread import SippyThread, sippy_thread

log = structlog.get_logger("freeseat.voice.sip")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
USER_AGENT = "Freeseat"
_LONGEST_MESSAGE = 16384


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


class ClientTransaction:
    """A request of ours under way; its responses go to the callback given to `Endpoint.send`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.inner: Any = None

    def cancel(self) -> None:
        """Send a CANCEL, as soon as a provisional response allows it (RFC 3261, 9.1)."""
        self._endpoint.cancel(self)


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

    def send(self, outgoing: Outgoing, on_response: Callable[[Response], None]) -> ClientTransaction:
        """Send a request; every response comes to `on_response`, a timeout as 408. ACK is sent by itself."""
        transaction = ClientTransaction(self)
        self._thread.call(self._send, outgoing, transaction, on_response)
        return transaction

    def cancel(self, transaction: ClientTransaction) -> None:
        """Cancel an INVITE of ours."""
        self._thread.call(self._cancel, transaction)

    async def close(self) -> None:
        """Stop listening and forget all transactions."""
        if not self._closed:
            self._closed = True
            await self._thread.run(self._shut)

    # --- in sippy's thread -----------------------------------------------------------------------------------------

    def _listen(self, host: str, port: int) -> Address:
        _probe(host, port)
        manager, logger = _classes(self._thread)
        config = {"_sip_address": host, "_sip_port": port, "_sip_logger": logger}
        self._stack = manager(config, self._incoming, self._admits)
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

    def _incoming(self, message: Any, _inner: Any) -> tuple[None, Any, Any]:
        key = next(self._keys)
        request = Request(*_common(message), method=message.getMethod(), uri=str(message.getRURI()), key=key)
        transaction = _Transaction(message)
        self._transactions[key] = transaction
        self._tell(self._handlers.on_request, request)

        def cancelled(_rtime: object, _request: object) -> None:
            self._transactions.pop(key, None)
            self._tell(self._handlers.on_cancel, request)

        def not_acknowledged() -> None:
            self._transactions.pop(key, None)
            if transaction.on_no_ack is not None:
                self._tell(transaction.on_no_ack)

        return None, cancelled, not_acknowledged

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
        _append(self._thread, response, more, body, "application/sdp")
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
        try:
            handle.inner = self._stack.newTransaction(
                self._built(out), resp_cb=lambda message: self._responded(out, message, on_response)
            )
        except Exception as failure:
            # a header of the other side that we must repeat cannot be parsed: nobody will answer, so we do
            log.warning("request not sent", method=out.method, call_id=out.call_id, error=type(failure).__name__)
            self._tell(on_response, Response((), "", "", out.target, code=400, reason="Not Sent"))

    def _responded(self, out: Outgoing, message: Any, on_response: Callable[[Response], None]) -> None:
        code, reason = message.getSCode()
        if message.source is None:
            message.source = (out.target, "udp")  # the 408 that stands for a timeout comes from nowhere
        self._tell(on_response, Response(*_common(message), code=code, reason=reason))

    def _built(self, out: Outgoing) -> Any:
        modules = self._thread.modules
        header = modules["SipHeader"].SipHeader
        contact = header(f"Contact: {out.contact}").getBody() if out.contact else None
        request = modules["SipRequest"].SipRequest(
            method=out.method,
            ruri=modules["SipURL"].SipURL(out.uri),
            sipver="SIP/2.0",
            to=header(f"To: {out.receiver}").getBody(),
            fr0m=header(f"From: {out.sender}").getBody(),
            cseq=out.cseq,
            callid=modules["SipCallId"].SipCallId(out.call_id),
            contact=contact,
            routes=tuple(header(f"Route: {value}").getBody() for value in out.route),
            target=(out.target, "udp"),
            user_agent=USER_AGENT,
        )
        _append(self._thread, request, out.headers, out.body, out.content_type)
        return request

    def _cancel(self, handle: ClientTransaction) -> None:
        if self._stack is not None and handle.inner is not None and handle.inner.tid in self._stack.tclient:
            self._stack.cancelTransaction(handle.inner)


def _probe(host: str, port: int) -> None:
    """Raise OSError if the port is in use: sippy's socket would leak."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host.strip("[]"), port))


def _common(message: Any) -> tuple[Headers, str, str, Address]:
    body = message.getBody()
    headers = tuple((header.name, str(header.body)) for header in message.headers)
    content_type = str(body.mtype) if body is not None else ""
    return headers, str(body) if body is not None else "", content_type, message.source[0]


def _append(thread: SippyThread, message: Any, headers: Headers, body: str, content_type: str) -> None:
    header = thread.modules["SipHeader"].SipHeader
    for name, value in headers:
        message.appendHeader(header(name=name, bodys=value))
    if body:
        kind = thread.modules["SipContentType"].SipContentType(content_type)
        message.setBody(thread.modules["MsgBody"].MsgBody(body, kind))


class _NoLog:
    """sippy writes every message to its log; messages may hold a PIN, so this one keeps nothing."""

    def write(self, *_args: object, **_kwargs: object) -> None:
        """Keep nothing."""


@functools.cache
def _classes(thread: SippyThread) -> tuple[type[Any], _NoLog]:
    """sippy's transaction manager with a gate before the parser; made once, in sippy's thread."""
    module: Any = thread.modules["SipTransactionManager"]
    udp: Any = thread.modules["Udp_server"]

    class Options(udp.Udp_server_opts):  # type: ignore[misc]
        nworkers = 1  # more workers reorder datagrams
        flags = 0  # no SO_REUSEADDR: a port in use is an error

    class Server(udp.Udp_server):  # type: ignore[misc]
        def send_to(self, data: Any, address: Any, delayed: bool = False) -> None:
            if _sendable(address):
                super().send_to(data, address, delayed)
            else:
                log.info("sip message not sent", reason="address")

    class OneSocket(module.local4remote):  # type: ignore[misc]
        def __init__(self, config: dict[str, Any], handle: Any, server: Any, options: Any) -> None:
            """As sippy's, without its probe for IPv6, which leaks a socket, and its dry run, which needs threads."""
            self.Udp_server_opts, self.udp_server_class = options, server
            self.global_config, self.handleIncoming = config, handle
            for cache in ("cache_r2l", "cache_r2l_old", "cache_l2s"):
                setattr(self, cache, {})
            self.fixed = True
            self.initServer((config["_sip_address"], config["_sip_port"]))

    module.local4remote = OneSocket

    class Stack(module.SipTransactionManager):  # type: ignore[misc]
        model_udp_server = (Server, Options)

        def __init__(self, config: dict[str, Any], on_request: Any, admits: Callable[[str], bool]) -> None:
            self._admits = admits
            super().__init__(config, on_request)

        def handleIncoming(self, data: bytes, source: Any, server: Any, rtime: Any) -> None:  # noqa: N802 - sippy's name
            if not self._admits(source.address[0]) or len(data) > _LONGEST_MESSAGE:
                return
            text = _readable(data)
            if text:
                super().handleIncoming(text, source, server, rtime)

        def incomingRequest(self, request: Any, checksum: bytes, keys: Any, server: Any) -> None:  # noqa: N802
            if _answerable(request):
                super().incomingRequest(request, checksum, keys, server)

    return Stack, _NoLog()


def _sendable(address: tuple[str, int]) -> bool:
    """Whether a datagram can go there; both come from headers of strangers.

    sippy's only sending thread would die of a port that cannot be, and nobody is answered while it looks up a name.
    """
    host, port = address
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return 0 < port < 65_536


def _answerable(request: Any) -> bool:
    """Whether a request has what an answer must repeat, each once and readable (RFC 3261, 8.2.6.2).

    Others cannot be answered, and sippy would keep them for minutes. Raises what sippy's parsers raise.
    """
    if any(request.countHFs(name) != 1 for name in ("from", "to", "call-id", "cseq")):
        return False
    for name in ("from", "to", "cseq", "via"):
        request.getHFBody(name)
    return bool(request.getHFBody("cseq").getCSeqMethod() == request.getMethod())


def _readable(data: bytes) -> str:
    """The text of a datagram, or nothing if it cannot be a SIP message.

    Display names in Latin-1 are accepted; characters beyond ASCII in the body become one each, so that its length in
    characters, by which sippy cuts it, is its length in bytes.
    """
    head, gap, body = data.partition(b"\r\n\r\n")
    if len(data) < 32 or b"\0" in head:
        return ""
    try:
        start = head.decode()
    except UnicodeDecodeError:
        start = head.decode("latin-1")
    line = start.split("\r\n", 1)[0]
    if not re.fullmatch(r"SIP/2\.0 [1-6]\d\d( .*)?|[A-Za-z0-9.!%*_+`'~-]{1,64} \S{1,1024} SIP/2\.0", line):
        return ""
    return start + gap.decode() + body.decode("ascii", "replace").replace("\ufffd", "?")
