"""One delivery over HTTP: the name is resolved once, judged, and only that address is connected to (no rebinding)."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from freeseat.application.webhooks.delivering import Due
from freeseat.domain.webhooks import may_be_told, signature

TIMEOUT_SECONDS = 10.0
"""For all of an attempt: name, connection, answer."""
_PORTS = {"https": 443, "http": 80}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Sent:
    """How an attempt went: HTTP status, 0 without an answer; what was wrong, in words; seconds it took."""

    status: int
    error: str
    seconds: float


async def resolve(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a host, in the system's order. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Sender:
    """Sends deliveries. No redirects, no cookies, no proxies of the environment; answers are not read."""

    def __init__(self, client: httpx2.AsyncClient, version: str, resolving: Resolve = resolve) -> None:
        self._client, self._agent, self._resolve = client, f"Freeseat/{version}", resolving

    async def send(self, due: Due, at: int) -> Sent:
        """Tell what is due at unix time `at`. Never raises for what the other side or the network does."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status, error = await self._send(due, at)
        except TimeoutError:
            status, error = 0, f"no answer within {TIMEOUT_SECONDS:g} s"
        except httpx2.HTTPError as problem:
            status, error = 0, _words(problem)
        except OSError as problem:
            status, error = 0, f"the name cannot be resolved: {problem.strerror or problem}"
        return Sent(status, error, time.monotonic() - began)

    async def _send(self, due: Due, at: int) -> tuple[int, str]:
        parts = urlsplit(due.url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        addresses = await self._resolve(host, port)
        refused = [each for each in addresses if not may_be_told(parts.scheme, each, due.networks)]
        if refused or not addresses:
            return 0, f"{parts.scheme} to {', '.join(refused) or host} is not allowed (policy webhook_networks)"
        request = self._client.build_request(
            "POST",
            httpx2.URL(due.url).copy_with(host=addresses[0]),
            content=due.body,
            headers={
                "Host": parts.netloc,
                "Content-Type": "application/json",
                "User-Agent": self._agent,
                "Freeseat-Event": due.kind.value,
                "Freeseat-Delivery": f"evt_{due.position}",
                "Freeseat-Signature": signature(due.secret, at, due.body),
            },
            extensions={"sni_hostname": host},
        )
        answer = await self._client.send(request, stream=True, follow_redirects=False)
        await answer.aclose()
        if answer.is_success:
            return answer.status_code, ""
        error = "redirects are not followed" if answer.has_redirect_location else answer.reason_phrase
        return answer.status_code, error


def new_client(tls: ssl.SSLContext | None = None) -> httpx2.AsyncClient:
    """The client that deliveries go through; close it when done. `tls` says whom to trust (None: as the system does).

    Connections are not kept: another name at the same address must prove itself anew.
    """
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(TIMEOUT_SECONDS),
        trust_env=False,
        follow_redirects=False,
        verify=tls if tls is not None else ssl.create_default_context(),
        limits=httpx2.Limits(max_connections=50, max_keepalive_connections=0),
    )


def _words(problem: httpx2.HTTPError) -> str:
    said = str(problem)
    return f"{type(problem).__name__}: {said}" if said else type(problem).__name__
