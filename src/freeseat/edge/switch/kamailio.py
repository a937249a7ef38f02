"""Settings for Kamailio: rendered into a runtime directory, and the command that starts it with them."""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import freeseat
from freeseat.edge.switch import bindings_file, watchers_file

PACKAGE = Path(freeseat.__file__).parent
CERTIFICATE_DAYS = 3650
_ALGORITHMS = {"MD5", "SHA-256"}
_JOURNAL_USECONDS = 50_000
"""How long lines about calls wait for others, to be written with them."""
_TRUNK_TIMER_SECONDS = 1
"""How often Kamailio looks whether a registration at a trunk is due."""


@dataclass(frozen=True)
class KamailioSettings:
    """What the SIP plane is told. Times are seconds unless the name says otherwise.

    `udp`, `tcp` and `tls` hold `host:port` addresses, IPv6 hosts in brackets. `digest_algorithms` are offered in that
    order. `flood_density` is how many requests one source may send in two seconds (0: no limit); sources in
    `flood_exempt` (addresses or CIDR ranges) have none. `tcp_connections` is how many there are at most, fewer where
    shared memory is small. `journal_ringing` adds a journal line for each phone that rings. `voice` and `evapi` are
    `host:port` on loopback.
    """

    runtime_dir: Path
    realm: str
    voice: str
    evapi: str
    udp: tuple[str, ...] = ()
    tcp: tuple[str, ...] = ()
    tls: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    advertise: str = ""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    digest_algorithms: tuple[str, ...] = ("MD5", "SHA-256")
    nonce_seconds: int = 300
    children: int = 2
    tcp_children: int = 2
    tcp_connections: int = 8192
    shared_memory_mib: int = 512
    private_memory_mib: int = 16
    min_expires: int = 60
    max_expires: int = 3600
    default_expires: int = 500
    person_expires: int = 600
    watch_expires: int = 3600
    max_contacts: int = 10
    expiry_interval: int = 5
    natping_seconds: int = 30
    natping_options: bool = False
    flood_density: int = 2000
    flood_exempt: tuple[str, ...] = ()
    blocked_agents: tuple[str, ...] = ()
    max_message_bytes: int = 16384
    wrong_pin_limit: int = 3
    wrong_secret_limit: int = 20
    wrong_seconds: int = 300
    ask_seconds: float = 2.0
    alive_seconds: float = 3.0
    asks_outstanding: int = 2000
    ring_seconds: int = 30
    transaction_seconds: int = 5
    outside_ring_seconds: int = 180
    trunk_silence_seconds: int = 3
    trunk_pause_seconds: int = 30
    trunk_retry_seconds: int = 30
    diversion_limit: int = 5
    emergency_header: str = "X-Emergency-Location"
    journal_ringing: bool = False
    log_level: int = 1
    expected_numbers: int = 16384
    expected_bindings: int = 16384

    def __post_init__(self) -> None:
        if not (self.udp or self.tcp or self.tls):
            raise ValueError("Kamailio needs at least one address to listen at")
        if not self.digest_algorithms or not set(self.digest_algorithms) <= _ALGORITHMS:
            raise ValueError(f"digest algorithms are some of {sorted(_ALGORITHMS)}, not {self.digest_algorithms}")


@dataclass(frozen=True)
class Kamailio:
    """A rendered runtime directory. `secret` opens the control connection; it is never logged."""

    runtime_dir: Path
    argv: tuple[str, ...]
    secret: str = field(repr=False)


def render(settings: KamailioSettings) -> Kamailio:
    """Write everything Kamailio needs into the runtime directory and give the command that starts it there.

    Secrets are made once per runtime directory, so that dialogs outlive a restart. Raises OSError where the
    directory cannot be written.
    """
    runtime = settings.runtime_dir
    runtime.mkdir(parents=True, exist_ok=True, mode=0o750)
    secret = {name: _secret(runtime / f"{name}.secret") for name in ("control", "nonce", "mark", "lamps", "voice")}
    if settings.tls:
        _write_tls(settings)
    bindings_file.create(runtime / "bindings.sqlite")
    watchers_file.create(runtime / watchers_file.NAME)
    _write(runtime / "settings.json", json.dumps(_route_settings(settings, secret), indent=1))
    _write(runtime / "start.py", _START.format(source=str(PACKAGE.parent), settings=str(runtime / "settings.json")))
    _write(runtime / "kamailio.cfg", _configuration(settings, secret))
    argv: tuple[str, ...] = ("kamailio", "-f", str(runtime / "kamailio.cfg"), "-DD", "-E", "-x", "fm", "-X", "fm")
    argv += ("-m", str(settings.shared_memory_mib), "-M", str(settings.private_memory_mib))
    argv += ("-Y", str(runtime), "-w", str(runtime))
    return Kamailio(runtime, argv, secret["control"])


def voice_secret(runtime_dir: Path) -> str:
    """The secret by which voice proves its calls; made if Kamailio has not been rendered there yet."""
    return _secret(runtime_dir / "voice.secret")


def control_secret(runtime_dir: Path) -> str:
    """The secret that opens the control connection; made if Kamailio has not been rendered there yet."""
    return _secret(runtime_dir / "control.secret")


def lamps_secret(runtime_dir: Path) -> str:
    """The secret that makes a PUBLISH the control plane's; made if Kamailio has not been rendered there yet."""
    return _secret(runtime_dir / "lamps.secret")


_START = '''"""Generated: Kamailio starts Freeseat's routes with this file."""
import sys

sys.path.append({source!r})
sys.dont_write_bytecode = True
from freeseat.kamailio.routes import start


def mod_init():
    return start({settings!r})
'''


def _route_settings(settings: KamailioSettings, secret: dict[str, str]) -> dict[str, object]:
    own: tuple[str, ...] = (
        "realm",
        "voice",
        "nonce_seconds",
        "person_expires",
        "wrong_pin_limit",
        "wrong_secret_limit",
        "ring_seconds",
    )
    own += ("asks_outstanding", "ask_seconds", "alive_seconds", "diversion_limit", "emergency_header", "advertise")
    own += ("outside_ring_seconds", "trunk_silence_seconds")
    return {name: getattr(settings, name) for name in own} | {
        "journal_dir": str(settings.runtime_dir),
        "control_secret": secret["control"],
        "nonce_secret": secret["nonce"],
        "voice_secret": secret["voice"],
        "own_uri": _self(settings),
        "listen": [
            f"{transport}:{address}" for transport, addresses in _by_transport(settings) for address in addresses
        ],
    }


def _configuration(settings: KamailioSettings, secret: dict[str, str]) -> str:
    runtime = settings.runtime_dir
    values: dict[str, object] = {
        "BINDINGS": runtime / "bindings.sqlite",
        "BINDING_HASH": _order(settings.expected_bindings),
        "CHILDREN": settings.children,
        "CTL": f"unix:{runtime}/ctl",
        "DEBUG": settings.log_level,
        "DEFAULT_EXPIRES": settings.default_expires,
        "EMERGENCY_HEADER": settings.emergency_header,
        "EVAPI": settings.evapi,
        "EXPIRY_INTERVAL": settings.expiry_interval,
        "FLOOD_DENSITY": max(settings.flood_density, 1),
        "JOURNAL_USECONDS": _JOURNAL_USECONDS,
        "LAMPS_SECRET": secret["lamps"],
        "MARK_SECRET": secret["mark"],
        "MAX_CONTACTS": settings.max_contacts,
        "MAX_EXPIRES": settings.max_expires,
        "MAX_MESSAGE": settings.max_message_bytes,
        "MIN_EXPIRES": settings.min_expires,
        "NATPING_SECONDS": settings.natping_seconds,
        "NONCE_SECONDS": settings.nonce_seconds,
        "NONCE_SECRET": secret["nonce"],
        "OPEN_FILES": _tcp_connections(settings) + 1024,
        "PERSON_EXPIRES": settings.person_expires,
        "PYTHON": runtime / "start.py",
        "REALM": settings.realm,
        "RING_MS": settings.ring_seconds * 1000,
        "SELF": _self(settings),
        "TABLE_HASH": _order(settings.expected_numbers),
        "TCP_CHILDREN": settings.tcp_children,
        "TCP_BUFFER": _tcp_buffer(settings),
        "TCP_CONNECTIONS": _tcp_connections(settings),
        "TCP_LIFETIME": settings.max_expires + 10,
        "TLS_CONFIG": runtime / "tls.cfg",
        "TRUNK_PAUSE": settings.trunk_pause_seconds,
        "TRUNK_RETRY": settings.trunk_retry_seconds,
        "TRUNK_TIMER": _TRUNK_TIMER_SECONDS,
        "VOICE_HOST": settings.voice.rpartition(":")[0],
        "VOICE_PORT": settings.voice.rpartition(":")[2],
        "TRANSACTION_MS": settings.transaction_seconds * 1000,
        "WATCHERS": runtime / watchers_file.NAME,
        "WATCHERS_SECONDS": watchers_file.WRITTEN_SECONDS,
        "WATCH_EXPIRES": settings.watch_expires,
        "WATCH_MIN_EXPIRES": settings.min_expires,
        "WRONG_SECONDS": settings.wrong_seconds,
    }
    lines = ["#!KAMAILIO", "# Generated from Freeseat's settings: changes are lost at the next start."]
    # longest names first: Kamailio replaces them one after the other, wherever they occur
    lines += [f'#!substdef "@FS_{name}@{values[name]}@g"' for name in sorted(values, key=len, reverse=True)]
    lines += [f"#!define {name}" for name in _switches(settings)]
    lines += [f"listen={line}" for line in _listen(settings)]
    lines += [f'alias="{alias}"' for alias in settings.aliases]
    if not (settings.tcp or settings.tls):
        lines.append("disable_tcp=yes")
    if settings.tls:
        lines.append("enable_tls=yes")
    lines += [
        f'include_file "{PACKAGE}/kamailio/{name}.cfg"' for name in ("modules", "presence", "outside", "kamailio")
    ]
    lines.append(_flood(settings))
    return "\n".join(lines) + "\n"


def _tcp_buffer(settings: KamailioSettings) -> int:
    """Bytes for what a connection has brought: the longest message, and more, so that a longer one gets an answer."""
    return settings.max_message_bytes + 4096


def _tcp_connections(settings: KamailioSettings) -> int:
    """As many as are wanted and fit into half of the shared memory: idle ones must not take what calls need."""
    return min(settings.tcp_connections, (settings.shared_memory_mib << 19) // (_tcp_buffer(settings) + 2048))


def _switches(settings: KamailioSettings) -> list[str]:
    names = ["FS_" + algorithm.replace("-", "") for algorithm in settings.digest_algorithms]
    if settings.digest_algorithms[0] == "SHA-256":
        names.append("FS_SHA256_FIRST")
    if settings.tls:
        names.append("FS_TLS")
    if settings.journal_ringing:
        names.append("FS_JOURNAL_RINGING")
    if settings.natping_options:
        names.append("FS_NATPING_OPTIONS")
    return names


def _listen(settings: KamailioSettings) -> list[str]:
    advertise = f" advertise {settings.advertise}" if settings.advertise else ""
    return [
        f"{transport}:{address}{advertise}" for transport, addresses in _by_transport(settings) for address in addresses
    ]


def _by_transport(settings: KamailioSettings) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("udp", settings.udp), ("tcp", settings.tcp), ("tls", settings.tls)


def _self(settings: KamailioSettings) -> str:
    """A URI at which Kamailio reaches itself."""
    if settings.udp:
        return f"sip:{settings.udp[0]}"
    return f"sip:{settings.tcp[0]};transport=tcp" if settings.tcp else f"sip:{settings.tls[0]};transport=tls"


def _flood(settings: KamailioSettings) -> str:
    """route FLOOD: pike over all sources but the exempt and our own lamps, and user agents of known scanners."""
    lines = ["route[FLOOD] {", '\tif (is_method("PUBLISH") && $hdr(X-Freeseat-Lamps) == "FS_LAMPS_SECRET") {']
    lines += ["\t\treturn;", "\t}"]
    if settings.blocked_agents:
        lines += [f'\tif ($ua =~ "({"|".join(settings.blocked_agents)})") {{', "\t\texit;", "\t}"]
    if settings.flood_density:
        if settings.flood_exempt:
            exempt = ",".join(settings.flood_exempt)
            lines += [f'\tif (is_in_subnet("$si", "{exempt}")) {{', "\t\treturn;", "\t}"]
        lines += ["\tif (!pike_check_req()) {", '\t\txlog("L_WARN", "event=flood source=$si\\n");', "\t\texit;", "\t}"]
    return "\n".join([*lines, "\treturn;", "}"])


def _order(expected: int) -> int:
    """Power of two for a hash table of `expected` entries, within what Kamailio takes."""
    return min(max(expected - 1, 1).bit_length(), 20)


def _secret(path: Path) -> str:
    """The secret in `path`, made if it is not there."""
    if not path.exists():
        _write(path, secrets.token_hex(24))
    return path.read_text(encoding="ascii").strip()


def _write(path: Path, text: str) -> None:
    """Write `text` for the owner's eyes only; a reader never sees half of it."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def _write_tls(settings: KamailioSettings) -> None:
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None or key is None:
        certificate, key = settings.runtime_dir / "tls.crt", settings.runtime_dir / "tls.key"
        if not (certificate.exists() and key.exists()):
            self_signed(settings.realm, settings.tls, certificate, key)
    lines = ["[server:default]", "method = TLSv1.2+", "verify_certificate = no", "require_certificate = no"]
    lines += [f"private_key = {key}", f"certificate = {certificate}", "", "[client:default]"]
    lines += ["method = TLSv1.2+", "verify_certificate = no", "require_certificate = no"]
    _write(settings.runtime_dir / "tls.cfg", "\n".join(lines) + "\n")


def self_signed(realm: str, addresses: tuple[str, ...], certificate: Path, key: Path) -> None:
    """Make a self-signed certificate for `realm` and the hosts of `addresses` (`host:port`), valid for ten years."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, realm[:64])])
    hosts = {address.rpartition(":")[0].strip("[]") for address in addresses}
    names: list[x509.GeneralName] = [x509.DNSName(realm)]
    names += [x509.IPAddress(ipaddress.ip_address(host)) for host in sorted(hosts)]
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    _write(key, private.private_bytes(pem, pkcs8, serialization.NoEncryption()).decode("ascii"))
    _write(certificate, built.public_bytes(pem).decode("ascii"))
