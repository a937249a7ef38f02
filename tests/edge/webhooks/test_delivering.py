"""Webhooks as other systems see them: over HTTP and HTTPS on loopback (R10.5)."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from freeseat.application.webhooks.delivering import Due
from freeseat.application.webhooks.directory import add_webhook, webhook_seen
from freeseat.domain.events import Kind
from freeseat.domain.webhooks import Webhook, signature
from freeseat.edge.webhooks.follower import WebhookFollower
from freeseat.edge.webhooks.sending import Sender, Sent, new_client, resolve
from tests.application.office import ADMIN, Office
from tests.edge.webhooks.receiver import Receiver, Told, receiving

SECRET = "a secret of at least sixteen"
LOOPBACK = ("127.0.0.0/8",)


class Ear:
    """A listener that looks often, without anybody to tell it."""

    async def wait(self, seconds: float) -> bool:
        await asyncio.sleep(min(seconds, 0.05))
        return False


def due(url: str, networks: Sequence[str] = LOOPBACK) -> Due:
    return Due(1, "crm", url, SECRET, 7, Kind.LOGGED_IN, b'{"id":"evt_7"}', tuple(networks))


async def to_loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def unknown(_host: str, _port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def send(what: Due, tls: ssl.SSLContext | None = None, to: Sequence[str] | None = None) -> Sent:
    """One delivery; every name leads to loopback, or `to`."""

    async def resolving(_host: str, _port: int) -> Sequence[str]:
        return to if to is not None else ["127.0.0.1"]

    async with new_client(tls) as client:
        return await Sender(client, "0.1", resolving).send(what, 1_700_000_000)


@asynccontextmanager
async def following(office: Office, clock: Callable[[], datetime], owner: str = "one") -> AsyncIterator[None]:
    """The follower at work on the office's hooks."""
    async with new_client() as client:
        follower = WebhookFollower(office.database, Ear(), Sender(client, "0.1", to_loopback), owner, clock)
        task = asyncio.create_task(follower.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def hook(office: Office, name: str, receiver: Receiver) -> None:
    url = f"http://{name}.test:{receiver.port}/told?by=freeseat"
    row = Webhook(0, name, url, kinds=(Kind.LOGGED_IN,))
    office.write(lambda tx: add_webhook(tx, row, SECRET, ADMIN, office.now))


async def taken(office: Office, name: str, count: int) -> None:
    """Until the log of a hook has so many deliveries that were taken."""
    async with asyncio.timeout(10):
        while sum(each.taken for each in office.read(lambda tx: webhook_seen(tx, name)).log) < count:
            await asyncio.sleep(0.02)


def test_a_delivery_is_a_signed_post() -> None:
    async def tell() -> tuple[Sent, Told]:
        async with receiving(Receiver()) as receiver:
            sent = await send(due(f"http://crm.test:{receiver.port}/told?by=freeseat"))
            return sent, receiver.told[0]

    sent, told = asyncio.run(tell())
    assert (sent.status, sent.error) == (204, "")
    assert told.line == "POST /told?by=freeseat HTTP/1.1"
    assert told.body == b'{"id":"evt_7"}'
    assert told.headers["host"].startswith("crm.test:")
    assert told.headers["content-type"] == "application/json"
    assert told.headers["freeseat-event"] == "logged_in"
    assert told.headers["freeseat-delivery"] == "evt_7"
    assert told.headers["freeseat-signature"] == signature(SECRET, 1_700_000_000, told.body)
    assert SECRET not in repr(told)


@pytest.mark.parametrize(
    ("addresses", "networks"),
    [
        (["127.0.0.1"], ()),
        (["169.254.169.254"], LOOPBACK),
        (["127.0.0.1", "169.254.169.254"], LOOPBACK),
        ([], LOOPBACK),
    ],
)
def test_nothing_is_sent_where_hooks_may_not_go(addresses: list[str], networks: tuple[str, ...]) -> None:
    """One refused address among those of a name is enough: the name could mean either."""

    async def tell() -> tuple[Sent, int]:
        async with receiving(Receiver()) as receiver:
            sent = await send(due(f"http://crm.test:{receiver.port}/", networks), to=addresses)
            return sent, len(receiver.told)

    sent, told = asyncio.run(tell())
    assert (sent.status, told) == (0, 0)
    assert "not allowed" in sent.error


def test_redirects_are_not_followed() -> None:
    async def tell() -> tuple[Sent, int]:
        async with receiving(Receiver()) as inside:
            away = f"302 Found\r\nLocation: http://127.0.0.1:{inside.port}/secrets"
            async with receiving(Receiver(lambda _: away)) as receiver:
                return await send(due(f"http://crm.test:{receiver.port}/")), len(inside.told)

    sent, inside = asyncio.run(tell())
    assert (sent.status, sent.error, inside) == (302, "redirects are not followed", 0)


def test_what_goes_wrong_is_said_in_words() -> None:
    async def tell() -> list[Sent]:
        async with receiving(Receiver(lambda _: "500 Out Of Order")) as receiver:
            broken = await send(due(f"http://crm.test:{receiver.port}/"))
        refused = await send(due(f"http://crm.test:{receiver.port}/"))
        async with new_client() as client:
            nowhere = await Sender(client, "0.1", unknown).send(due("https://crm.test/"), 0)
        return [broken, refused, nowhere]

    broken, refused, nowhere = asyncio.run(tell())
    assert (broken.status, broken.error) == (500, "Out Of Order")
    assert refused.status == 0
    assert refused.error.startswith("ConnectError")
    assert nowhere.error.startswith("the name cannot be resolved")


def test_addresses_are_resolved_by_the_system() -> None:
    assert asyncio.run(resolve("127.0.0.1", 80)) == ["127.0.0.1"]
    assert asyncio.run(resolve("::1", 443)) == ["::1"]


def test_one_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freeseat.edge.webhooks.sending.TIMEOUT_SECONDS", 0.2)

    async def tell() -> Sent:
        async with receiving(Receiver(lambda _: "")) as receiver:
            return await send(due(f"http://crm.test:{receiver.port}/"))

    sent = asyncio.run(tell())
    assert (sent.status, sent.error) == (0, "no answer within 0.2 s")


def test_https_proves_the_name_that_was_asked_for(tmp_path: Path) -> None:
    """Although only the address is connected to: the certificate must be for the name in the URL."""
    key_file, certificate = certified(tmp_path, "crm.test")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key_file)
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def tell(name: str, tls: ssl.SSLContext | None) -> Sent:
        async with receiving(Receiver(), server) as receiver:
            return await send(due(f"https://{name}:{receiver.port}/"), tls)

    assert asyncio.run(tell("crm.test", trusting)).status == 204
    wrong = asyncio.run(tell("other.test", trusting))
    assert wrong.status == 0
    assert "CERTIFICATE_VERIFY_FAILED" in wrong.error
    assert "CERTIFICATE_VERIFY_FAILED" in asyncio.run(tell("crm.test", None)).error


def test_the_feed_is_followed_in_order(office: Office) -> None:
    office.policy(webhook_networks=LOOPBACK)

    async def follow() -> list[Told]:
        async with receiving(Receiver()) as receiver:
            hook(office, "crm", receiver)
            async with following(office, lambda: office.now):
                for user, phone in (("2019", "3001"), ("2020", "3002"), ("2019", "3003")):
                    await asyncio.to_thread(office.login, user, phone)
                told = await receiver.until(3)
                await taken(office, "crm", 3)
                return told

    told = [json.loads(each.body) for each in asyncio.run(follow())]
    assert [(each["user"], each["phone"]) for each in told] == [("2019", "3001"), ("2020", "3002"), ("2019", "3003")]


def test_a_failing_hook_is_tried_again_and_delays_no_other(office: Office) -> None:
    office.policy(webhook_networks=LOOPBACK)
    clock = [datetime(2026, 3, 2, 9, 0, tzinfo=UTC)]

    async def follow() -> tuple[list[Told], list[Told]]:
        bad, good, hanging = Receiver(), Receiver(), Receiver(lambda _: "")
        bad.answer = lambda _: "503 Later" if len(bad.told) < 3 else "200 OK"
        async with receiving(bad), receiving(good), receiving(hanging):
            for name, receiver in (("bad", bad), ("good", good), ("hanging", hanging)):
                hook(office, name, receiver)
            async with following(office, lambda: clock[0]):
                await asyncio.to_thread(office.login, "2019", "3001")
                await asyncio.to_thread(office.login, "2020", "3002")
                await hanging.until(1)
                await taken(office, "good", 2)
                for _ in range(2):
                    count = len(bad.told)
                    async with asyncio.timeout(10):
                        while len(bad.told) == count:
                            clock[0] += timedelta(seconds=2)
                            await asyncio.sleep(0.05)
                await bad.until(4)
                await taken(office, "bad", 2)
                return bad.told, good.told

    bad, good = asyncio.run(follow())
    assert len(good) == 2
    assert [json.loads(each.body)["user"] for each in bad] == ["2019", "2019", "2019", "2020"]


def test_a_follower_that_was_killed_is_followed_by_another(office: Office) -> None:
    """What was under way is told again by the next one, after the lease."""
    office.policy(webhook_networks=LOOPBACK)
    clock = [datetime(2026, 3, 2, 9, 0, tzinfo=UTC)]

    async def follow() -> list[Told]:
        receiver = Receiver(lambda _: "")
        async with receiving(receiver):
            hook(office, "crm", receiver)
            async with following(office, lambda: clock[0], "one"):
                await asyncio.to_thread(office.login, "2019", "3001")
                await receiver.until(1)
            receiver.answer = lambda _: "204 No Content"
            clock[0] += timedelta(seconds=61)
            async with following(office, lambda: clock[0], "two"):
                await taken(office, "crm", 1)
                return receiver.told

    told = asyncio.run(follow())
    assert len({each.headers["freeseat-delivery"] for each in told}) == 1


def certified(directory: Path, name: str) -> tuple[Path, Path]:
    """A key, and a certificate for a name that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = directory / "key.pem", directory / "certificate.pem"
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file
