"""sippy's transaction layer with a gate before its parser, and messages as it makes them. For sippy's thread only."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import re
import socket
from collections.abc import Callable
from typing import Any

import structlog

from freeseat.edge.voice.messages import Address, Headers, Outgoing
from freeseat.edge.voice.sippy_thread import SippyThread

log = structlog.get_logger("freeseat.voice.sip")

USER_AGENT = "Freeseat"
_LONGEST_MESSAGE = 16384
_RECEIVE_BUFFER = 4 * 1024 * 1024
"""What has come and not been read yet, in bytes; the system grants less where `net.core.rmem_max` is less."""
_INVITED = re.compile(r"^CSeq[ \t]*:[ \t]*\d+[ \t]+INVITE[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


def common(message: Any) -> tuple[Headers, str, str, Address]:
    """Headers, body, content type and source of a message of sippy's."""
    body = message.getBody()
    headers = tuple((header.name, str(header.body)) for header in message.headers)
    content_type = str(body.mtype) if body is not None else ""
    return headers, str(body) if body is not None else "", content_type, message.source[0]


def append(thread: SippyThread, message: Any, headers: Headers, body: str, content_type: str) -> None:
    """Give a message of sippy's more headers, and a body unless it is empty."""
    header = thread.modules["SipHeader"].SipHeader
    for name, value in headers:
        message.appendHeader(header(name=name, bodys=value))
    if body:
        kind = thread.modules["SipContentType"].SipContentType(content_type)
        message.setBody(thread.modules["MsgBody"].MsgBody(body, kind))


def built(thread: SippyThread, out: Outgoing) -> Any:
    """The request as sippy's. Raises what its parsers raise at a header that cannot be read."""
    modules = thread.modules
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
        routes=routes(thread, out),
        target=(out.target, "udp"),
        user_agent=USER_AGENT,
    )
    if out.branch:
        request.getHFBody("via").params["branch"] = out.branch
    append(thread, request, out.headers, out.body, out.content_type)
    return request


def routes(thread: SippyThread, out: Outgoing) -> tuple[Any, ...]:
    """The Route headers' bodies of a request."""
    header = thread.modules["SipHeader"].SipHeader
    return tuple(header(f"Route: {value}").getBody() for value in out.route)


class _NoLog:
    """sippy writes every message to its log; messages may hold a PIN, so this one keeps nothing."""

    def write(self, *_args: object, **_kwargs: object) -> None:
        """Keep nothing."""


@functools.cache
def classes(thread: SippyThread) -> tuple[type[Any], _NoLog]:
    """sippy's transaction manager with a gate before the parser; made once, in sippy's thread."""
    module: Any = thread.modules["SipTransactionManager"]
    udp: Any = thread.modules["Udp_server"]

    class Options(udp.Udp_server_opts):  # type: ignore[misc]
        nworkers = 1  # more workers reorder datagrams
        flags = 0  # no SO_REUSEADDR: a port in use is an error

    class Server(udp.Udp_server):  # type: ignore[misc]
        def __init__(self, config: dict[str, Any], options: Any) -> None:
            """As sippy's, which leaves its socket open where the port is taken. Raises OSError."""
            try:
                super().__init__(config, options)
            except OSError:
                if self.skt is not None:
                    self.skt.close()
                raise
            self.skt.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)

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

        def __init__(
            self,
            config: dict[str, Any],
            on_request: Any,
            admits: Callable[[str], bool],
            on_stray: Callable[[Any], None],
        ) -> None:
            self._admits, self._on_stray = admits, on_stray
            super().__init__(config, on_request)

        def handleIncoming(self, data: bytes, source: Any, server: Any, rtime: Any) -> None:  # noqa: N802 - sippy's name
            if not self._admits(source.address[0]) or len(data) > _LONGEST_MESSAGE:
                return
            text = _readable(data)
            if text:
                if text.startswith("SIP/2.0 2"):
                    self._look_for_stray(text, source)
                super().handleIncoming(text, source, server, rtime)

        def _look_for_stray(self, text: str, source: Any) -> None:
            """Tell of a 2xx to an INVITE without a transaction, once; sippy itself passes over it."""
            known = hashlib.md5(text.encode(), usedforsecurity=False).digest()
            if known in self.l1rcache or known in self.l2rcache or not _INVITED.search(text):
                return
            response = thread.modules["SipResponse"].SipResponse(text)
            if response.getTId(True, True) not in self.tclient:
                response.setSource(source)
                self._on_stray(response)

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
