"""The processes of one node, from its settings: Kamailio, the control plane, voice, web."""

import hashlib
import sys
import time
from collections.abc import Callable
from contextlib import closing
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import structlog

from freeseat.bootstrap.addresses import local_addresses
from freeseat.bootstrap.ready import is_marked_ready, takes_calls, unmark_ready
from freeseat.bootstrap.supervisor import ChildSpec
from freeseat.edge.switch import watchers_file
from freeseat.edge.switch.bindings_file import BindingsFile
from freeseat.edge.switch.journal import JournalReader, Position
from freeseat.edge.switch.kamailio import PACKAGE, Kamailio, KamailioSettings, render, self_signed
from freeseat.settings import Settings

log = structlog.get_logger()

CONTROL, KAMAILIO, VOICE, WEB = "control", "kamailio", "voice", "web"
_KAMAILIO_LEVEL = {"debug": 2, "info": 1, "warning": 0, "error": -1}
"""Kamailio's levels; its own debug level (3) writes pages per message and is never chosen."""


def node_processes(settings: Settings) -> list[ChildSpec]:
    """What `freeseat serve` keeps running, in order of starting.

    Writes Kamailio's configuration. The children read the same settings: the caller exports `FREESEAT_CONFIG`.
    Raises OSError where the runtime directory cannot be written.
    """
    runtime = settings.runtime_dir
    python = (sys.executable, "-m", "freeseat")
    rendered = _render(settings)
    listen = addresses(settings)[0]
    return [
        ChildSpec(
            CONTROL,
            (*python, CONTROL),
            prepare=_forgets_ready(runtime, CONTROL),
            ready=lambda: is_marked_ready(runtime, CONTROL),
            stop_seconds=10.0,
        ),
        ChildSpec(
            KAMAILIO,
            rendered.argv,
            prepare=lambda: _prepare_kamailio(settings),
            ready=lambda: takes_calls(str(listen), settings.sip.port),
            adopt=True,
            stamp=_stamp(runtime),
        ),
        ChildSpec(
            VOICE,
            (*python, VOICE),
            prepare=_forgets_ready(runtime, VOICE),
            ready=lambda: is_marked_ready(runtime, VOICE),
            stop_seconds=5.0,
        ),
        *([_web(settings)] if settings.web.port else []),
    ]


def _web(settings: Settings) -> ChildSpec:
    return ChildSpec(
        WEB,
        (sys.executable, "-m", "freeseat", WEB),
        prepare=_forgets_ready(settings.runtime_dir, WEB),
        ready=lambda: is_marked_ready(settings.runtime_dir, WEB),
        stop_seconds=5.0,
    )


def web_certificate(settings: Settings) -> tuple[Path, Path]:
    """Certificate chain and key for browsers: as set, else those for phones, else self-signed ones, made now."""
    web, sip = settings.web, settings.sip
    if web.certificate and web.key:
        return web.certificate, web.key
    if sip.tls_certificate and sip.tls_key:
        return sip.tls_certificate, sip.tls_key
    certificate, key = _own_certificate(settings)
    if not (certificate.exists() and key.exists()):
        settings.data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        names = tuple(f"{_bracketed(address)}:{web.port}" for address in addresses(settings))
        self_signed(sip.realm, names, certificate, key)
    return certificate, key


def kamailio_settings(settings: Settings) -> KamailioSettings:
    """What the SIP plane is told, from the node's settings."""
    sip, voice = settings.sip, settings.voice
    hosts = [_bracketed(address) for address in addresses(settings)]
    plain = tuple(f"{host}:{sip.port}" for host in hosts)
    certificate, key = _certificate(settings)
    return KamailioSettings(
        runtime_dir=settings.runtime_dir,
        realm=sip.realm,
        voice=f"{_bracketed(voice.host)}:{voice.port}",
        evapi=f"127.0.0.1:{sip.asks_port}",
        udp=plain,
        tcp=plain,
        tls=tuple(f"{host}:{sip.tls_port}" for host in hosts) if sip.tls_port else (),
        advertise=_bracketed(sip.advertise) if sip.advertise else "",
        tls_certificate=certificate,
        tls_key=key,
        digest_algorithms=sip.algorithms,
        children=sip.children,
        tcp_children=sip.tcp_children,
        shared_memory_mib=sip.shared_memory,
        min_expires=sip.min_expires,
        default_expires=sip.default_expires,
        max_expires=sip.max_expires,
        person_expires=sip.max_expires_user,
        natping_seconds=sip.natping,
        flood_density=sip.flood_density,
        flood_exempt=tuple(str(network) for network in sip.flood_exempt),
        blocked_agents=sip.blocked_agents,
        emergency_header=sip.emergency_header,
        log_level=_KAMAILIO_LEVEL[settings.log.level],
    )


def _render(settings: Settings) -> Kamailio:
    """Write Kamailio's configuration; make a self-signed certificate first where none is set.

    It is kept in the data directory: phones that have accepted it must find the same after a reboot.
    """
    told = kamailio_settings(settings)
    if told.tls and told.tls_certificate is None:
        settings.data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        self_signed(told.realm, told.tls, *_own_certificate(settings))
        told = kamailio_settings(settings)
    return render(told)


def _certificate(settings: Settings) -> tuple[Path, Path] | tuple[None, None]:
    if settings.sip.tls_certificate and settings.sip.tls_key:
        return settings.sip.tls_certificate, settings.sip.tls_key
    own = _own_certificate(settings)
    return own if all(file.exists() for file in own) else (None, None)


def _own_certificate(settings: Settings) -> tuple[Path, Path]:
    return settings.data_dir / "tls.crt", settings.data_dir / "tls.key"


def addresses(settings: Settings) -> list[IPv4Address | IPv6Address]:
    """Where phones reach this node: as set, or every address of the machine."""
    return list(settings.sip.listen) or local_addresses()


def address_for_phones(settings: Settings) -> IPv4Address | IPv6Address:
    """The address to tell people who set up a phone: the advertised one, else the first that others can reach."""
    if settings.sip.advertise:
        return settings.sip.advertise
    all_of_them = addresses(settings)
    return next((address for address in all_of_them if not address.is_loopback), all_of_them[0])


def _prepare_kamailio(settings: Settings) -> None:
    """Before each start: the configuration as it would be now, and bindings that are not over yet.

    Renewals of bindings are not written down while Kamailio runs, so their ends are moved to the latest possible time
    (docs/switch-contract.md, "Bindings across a kill").
    """
    _render(settings)
    with closing(BindingsFile(settings.runtime_dir / "bindings.sqlite")) as bindings:
        _catch_up(bindings, settings.runtime_dir)
        count = bindings.renew(time.time())
    watchers = watchers_file.advance(settings.runtime_dir / watchers_file.NAME)
    log.info("bindings renewed", count=count, watchers=watchers)


def _catch_up(bindings: BindingsFile, runtime_dir: Path) -> None:
    """Take the whole journal into the file: the control plane may have died before it could. Twice does no harm."""
    reader, position = JournalReader(runtime_dir), Position()
    while (batch := reader.read(position, time.time())).position != position:
        bindings.apply(batch.lines)
        position = batch.position


def _forgets_ready(runtime_dir: Path, name: str) -> Callable[[], None]:
    return lambda: unmark_ready(runtime_dir, name)


def _stamp(runtime_dir: Path) -> str:
    """A word for the configuration and program that Kamailio runs, to see whether one left over is up to date."""
    files = [runtime_dir / "kamailio.cfg", runtime_dir / "settings.json", *sorted((PACKAGE / "kamailio").glob("*.*"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _bracketed(address: IPv4Address | IPv6Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)
