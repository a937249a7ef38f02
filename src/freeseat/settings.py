"""Process-level settings: one TOML file plus ``FREESEAT_*`` variables, read once, frozen.

Only what a process needs before it can open the database lives here: where things are, which addresses and ports it
uses, how it logs. Numbers, feature codes, emergency destinations, policies and everything else that an administrator
changes while the system runs live in the database.

A variable wins over the file: ``FREESEAT_NODE``, ``FREESEAT_SIP__PORT`` (two underscores lead into a section).
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from freeseat.domain.errors import FreeseatError

DEFAULT_FILE = Path("/etc/freeseat/freeseat.toml")
PREFIX = "FREESEAT_"
CONFIG_VARIABLE = "FREESEAT_CONFIG"
MASK = "********"
_URL_PASSWORD = re.compile(r"(?<=://)([^:/@]*):[^@/]*@")


class SettingsError(FreeseatError):
    """The settings cannot be used; the text has one line per fault: where, which field, which value, what is right."""

    code = "settings"


def _items(value: object) -> object:
    """Let a list be written as one string with commas, as environment variables need it."""
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


def _address(value: object) -> object:
    try:
        return ip_address(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("must be an IPv4 or IPv6 address") from None


def _network(value: object) -> object:
    try:
        return ip_network(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("must be a network such as 10.1.0.0/16 or 2001:db8::/32, without host bits") from None


def _node_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name):
        raise ValueError("must be 1 to 31 small letters, digits and hyphens")
    return name


def _realm(realm: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", realm):
        raise ValueError("must be letters, digits, dots and hyphens, such as a domain name")
    return realm


def _agent_word(word: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._/ -]+", word):
        raise ValueError("must be letters, digits, blanks, dots, slashes and hyphens")
    return word


def _database_url(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    kind, path = parts.scheme.partition("+")[0], parts.path
    if not (kind == "postgresql" and path.strip("/")) and not (kind == "sqlite" and path.startswith("//")):
        raise ValueError(
            "must be like sqlite:////var/lib/freeseat/freeseat.sqlite or postgresql://user:password@host/name"
        )
    return url


Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
PortOrNone: TypeAlias = Annotated[int, Field(ge=0, le=65535)]
Address: TypeAlias = Annotated[IPv4Address | IPv6Address, BeforeValidator(_address)]
Network: TypeAlias = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
AgentWord: TypeAlias = Annotated[str, AfterValidator(_agent_word)]
NodeName: TypeAlias = Annotated[str, AfterValidator(_node_name)]
Realm: TypeAlias = Annotated[str, AfterValidator(_realm)]
AbsolutePath: TypeAlias = Annotated[Path, AfterValidator(_absolute)]
Seconds: TypeAlias = Annotated[int, Field(ge=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class DatabaseSettings(_Section):
    """Where the truth is kept."""

    url: Annotated[SecretStr, AfterValidator(_database_url)] | None = Field(
        default=None, description="database address; not set: SQLite file freeseat.sqlite in the data directory"
    )


class SipSettings(_Section):
    """The SIP plane (Kamailio): addresses, sizes, registration limits."""

    realm: Realm = Field(default="freeseat", description="digest realm; phones need not know it")
    listen: Annotated[tuple[Address, ...], NoDecode, BeforeValidator(_items)] = Field(
        default=(), description="IPv4 and IPv6 addresses for phones; empty: all of this machine"
    )
    port: Port = Field(default=5060, description="UDP and TCP port for phones")
    tls_port: PortOrNone = Field(default=5061, description="TLS port for phones; 0: no TLS")
    tls_certificate: AbsolutePath | None = Field(
        default=None,
        description="PEM file with the certificate chain; not set: a self-signed one in the data directory",
    )
    tls_key: AbsolutePath | None = Field(default=None, description="PEM file with the private key of the certificate")
    advertise: Address | None = Field(
        default=None, description="address told to phones when this machine is behind NAT"
    )
    children: int = Field(default=4, ge=1, le=64, description="Kamailio worker processes per UDP address")
    tcp_children: int = Field(default=4, ge=1, le=64, description="Kamailio worker processes for TCP and TLS")
    shared_memory: int = Field(default=512, ge=16, le=65536, description="most shared memory of Kamailio, MiB")
    asks_port: Port = Field(default=8448, description="loopback TCP port between Kamailio and the control plane")
    flood_density: int = Field(
        default=2000, ge=0, description="most requests from one address in two seconds; 0: no limit"
    )
    flood_exempt: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_items)] = Field(
        default=(IPv4Network("127.0.0.0/8"),), description="networks for which flood_density does not hold"
    )
    blocked_agents: Annotated[tuple[AgentWord, ...], NoDecode, BeforeValidator(_items)] = Field(
        default=("friendly-scanner", "sipvicious", "sipcli", "sip-scan"),
        description="words in User-Agent that mark a scanner, which is not answered",
    )
    natping: Seconds = Field(default=30, description="seconds between packets that keep the NAT of a phone open")
    emergency_header: str = Field(
        default="X-Emergency-Location",
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$",
        description="header that carries the location id of the phone in emergency calls (R4.7)",
    )
    min_expires: Seconds = Field(default=60, description="shortest registration granted, seconds")
    default_expires: Seconds = Field(
        default=500, description="registration granted to a phone that asks for none, seconds"
    )
    max_expires: Seconds = Field(default=3600, description="longest registration granted to a phone, seconds")
    max_expires_user: Annotated[int, Field(ge=1, le=600)] = Field(
        default=500,
        description="longest registration granted to a person registering as himself, seconds (R2.2: at most 600)",
    )
    algorithms: Annotated[tuple[Literal["SHA-256", "MD5"], ...], NoDecode, BeforeValidator(_items)] = Field(
        default=("MD5",),
        min_length=1,
        description="digest algorithms offered, in this order (RFC 8760), such as SHA-256, MD5; many phones give up "
        "when they are offered one that they do not know, therefore MD5 alone unless set",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.min_expires <= self.default_expires <= self.max_expires:
            raise ValueError("min_expires, default_expires and max_expires must not decrease in this order")
        if self.max_expires_user < self.min_expires:
            raise ValueError("max_expires_user must not be smaller than min_expires")
        if self.port == self.tls_port:
            raise ValueError("port and tls_port must differ")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key must be given together")
        return self


class VoiceSettings(_Section):
    """Voice menus: our SIP user agent behind Kamailio and its RTP."""

    host: Address = Field(
        default=IPv4Address("127.0.0.1"), description="address on which Kamailio reaches the voice menus"
    )
    port: Port = Field(default=5080, description="UDP port for SIP from Kamailio")
    media: Address | None = Field(
        default=None,
        description="address told to phones for RTP; not set: the one from which this machine reaches the phone",
    )
    rtp_first: Annotated[int, Field(ge=1024, le=65534)] = Field(
        default=16384, description="first UDP port for RTP, even"
    )
    rtp_last: Annotated[int, Field(ge=1025, le=65535)] = Field(default=18383, description="last UDP port for RTP")
    prompts: AbsolutePath | None = Field(
        default=None,
        description="directory of prompts, one directory per language; not set: prompts in the data directory",
    )
    languages: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_items)] = Field(
        default=("en",), min_length=1, description="languages of prompts; the first is the default"
    )
    queue_in_name: bool = Field(
        default=True, description="show a queue's name before the caller's name on the phones of its members"
    )
    alert_info: str = Field(
        default="<http://127.0.0.1/>;info=alert-autoanswer;delay=0",
        pattern=r"^[\x20-\x7e]+$",
        max_length=200,
        description="Alert-Info header by which phones pick up by themselves where a page has them dial",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.rtp_first % 2:
            raise ValueError("rtp_first must be even (RFC 3550 section 11)")
        if self.rtp_last <= self.rtp_first:
            raise ValueError("rtp_last must be greater than rtp_first")
        return self


class WebSettings(_Section):
    """Portal, agent client, wallboards and REST API."""

    listen: Address = Field(default=IPv4Address("0.0.0.0"), description="address for browsers and programs")  # noqa: S104
    port: PortOrNone = Field(default=8443, description="TCP port for browsers and programs; 0: no web")
    tls: bool = Field(
        default=True,
        description="HTTPS; without it pages are served to a proxy of yours, which must speak HTTPS to browsers",
    )
    certificate: AbsolutePath | None = Field(
        default=None, description="PEM file with the certificate chain; not set: the one for phones"
    )
    key: AbsolutePath | None = Field(default=None, description="PEM file with the private key of the certificate")
    proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_items)] = Field(
        default=(), description="networks of proxies whose X-Forwarded-For is believed"
    )
    address: str = Field(
        default="",
        pattern=r"^(https?://[^/\s]+)?$",
        description="how browsers reach this node, for links, such as https://phones.example.org; not set: found out",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key must be given together")
        return self


class OidcSettings(_Section):
    """Signing in to the portal by an OpenID provider (R10.1)."""

    issuer: str = Field(
        default="",
        pattern=r"^(https?://[^\s]+)?$",
        description="the provider's address, such as https://login.example.org/realms/office; empty: none",
    )
    client_id: str = Field(default="", description="as registered there, with the address <web>/oidc/back to return to")
    client_secret: SecretStr = Field(default=SecretStr(""), description="as registered there")
    title: str = Field(default="OpenID", description="what the button on the sign-in page says")
    link_by_email: bool = Field(
        default=True, description="link an account with who has its e-mail address there, verified"
    )
    add_as: Literal["", "read_only", "agent", "supervisor", "administrator"] = Field(
        default="", description="role of the account that anybody else gets who is known there; empty: none"
    )
    certificates: AbsolutePath | None = Field(
        default=None, description="PEM file of authorities to trust for it, beside the usual ones"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.issuer and not self.client_id:
            raise ValueError("issuer needs a client_id")
        return self


class LogSettings(_Section):
    """What is logged, how and where."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least important level logged"
    )
    format: Literal["json", "console"] = Field(default="json", description="JSON lines, or coloured lines for people")
    dir: AbsolutePath | None = Field(
        default=None,
        description="directory of log files, one per process; not set: standard error, or log in the data "
        "directory when started in the background",
    )


class Settings(_Section):
    """Everything one node needs to know before it opens its database."""

    node: NodeName = Field(default="main", description="name of this node, unique in a cluster")
    data_dir: AbsolutePath = Field(
        default=Path("/var/lib/freeseat"), description="directory of what must survive a reboot"
    )
    runtime_dir: AbsolutePath = Field(
        default=Path("/run/freeseat"), description="directory of what a running node shares"
    )
    key_file: AbsolutePath | None = Field(
        default=None,
        description="file with the key that seals PINs and SIP secrets; not set: secrets.key in the data directory",
    )
    user: str = Field(default="", description="system user to run as when started by root; empty: stay who started it")
    database: DatabaseSettings = DatabaseSettings()
    sip: SipSettings = SipSettings()
    voice: VoiceSettings = VoiceSettings()
    web: WebSettings = WebSettings()
    oidc: OidcSettings = OidcSettings()
    log: LogSettings = LogSettings()
    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def database_url(self) -> str:
        """Address of the database, with its password: never log it."""
        url = self.database.url
        return url.get_secret_value() if url else f"sqlite:///{self.data_dir / 'freeseat.sqlite'}"

    @property
    def secrets_key_file(self) -> Path:
        """File with the 32-byte key that seals PINs and SIP secrets."""
        return self.key_file or self.data_dir / "secrets.key"

    @property
    def prompts_dir(self) -> Path:
        """Directory that holds one directory of prompts per language."""
        return self.voice.prompts or self.data_dir / "prompts"

    @property
    def log_dir(self) -> Path:
        """Directory of log files where a process has no terminal or journal to write to."""
        return self.log.dir or self.data_dir / "log"

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        sip, voice = self.sip, self.voice
        for name, port in (("sip.port", sip.port), ("sip.tls_port", sip.tls_port), ("voice.port", voice.port)):
            if voice.rtp_first <= port <= voice.rtp_last:
                raise ValueError(f"{name} {port} lies in the RTP range {voice.rtp_first} to {voice.rtp_last}")
        if voice.port in (sip.port, sip.tls_port):
            raise ValueError("voice.port must differ from sip.port and sip.tls_port")
        if self.web.port and self.web.port in (sip.port, sip.tls_port, sip.asks_port):
            raise ValueError("web.port must differ from sip.port, sip.tls_port and sip.asks_port")
        if sip.asks_port in (sip.port, sip.tls_port):
            raise ValueError("sip.asks_port must differ from sip.port and sip.tls_port")
        return self


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting for people: dotted name, value with secrets masked, where it comes from, what it means."""

    name: str
    value: str
    origin: str
    meaning: str


def read_settings(file: Path | None = None) -> Settings:
    """Read the settings once.

    Takes the TOML file; without it the file that ``FREESEAT_CONFIG`` names, else `DEFAULT_FILE` if there is one.
    Raises `SettingsError` naming file or variable, field, value and what would be right.
    """
    path = file or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    if path is None and DEFAULT_FILE.exists():
        path = DEFAULT_FILE
    table = _table(path)
    unknown = [f"{name}: there is no such setting" for name in _unknown_variables(os.environ)]
    if unknown:
        raise SettingsError("\n".join(unknown))

    class Sourced(Settings, BaseSettings):
        model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__")

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            """Variables first, then the file; nothing else."""
            return EnvSettingsSource(settings_cls), InitSettingsSource(settings_cls, table)

    try:
        settings = Settings.model_validate(dict(Sourced()))
    except ValidationError as error:
        raise SettingsError("\n".join(_fault(detail, path) for detail in error.errors())) from None
    names = {name for name, _, _ in _leaves(settings)}
    for name in names:
        if _variable(name) in os.environ:
            settings._origins[name] = _variable(name)
        elif _has(table, name):
            settings._origins[name] = str(path)
    return settings


def describe(settings: Settings) -> list[SettingRow]:
    """All settings as in use, in order, secrets masked."""
    effective = {
        "key_file": str(settings.secrets_key_file),
        "database.url": _URL_PASSWORD.sub(rf"\1:{MASK}@", settings.database_url),
        "voice.prompts": str(settings.prompts_dir),
        "log.dir": str(settings.log_dir),
    }
    return [
        SettingRow(name, effective.get(name, _shown(value)), settings._origins.get(name, "default"), meaning)
        for name, value, meaning in _leaves(settings)
    ]


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _leaves(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, object, str]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, _Section):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value, field.description or ""


def _table(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: this is not TOML: {error}") from None
    except PermissionError:
        raise SettingsError(f"{path}: you may not read it; run this as root or with sudo") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: this is not TOML: it is not UTF-8") from None


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    known = {_variable(name) for name, _, _ in _leaves(Settings())} | {CONFIG_VARIABLE}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def _variable(name: str) -> str:
    return PREFIX + name.replace(".", "__").upper()


def _has(table: Mapping[str, Any], name: str) -> bool:
    head, _, rest = name.partition(".")
    if head not in table:
        return False
    return not rest or (isinstance(table[head], Mapping) and _has(table[head], rest))


def _fault(detail: ErrorDetails, path: Path | None) -> str:
    """One line: where, field, value, what is right."""
    loc = [str(part) for part in detail["loc"] if not str(part).startswith("function-")]
    name = ".".join(part for part in loc if not part.isdigit() and "[" not in part)
    where = _variable(name) if _variable(name) in os.environ else str(path or "settings")
    if detail["type"] == "extra_forbidden":
        return f"{where}: {name}: there is no such setting"
    right = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    value = detail["input"]
    if not name or isinstance(value, (BaseModel, Mapping)):
        return f"{where}: {name + ': ' if name else ''}{right}"
    return f"{where}: {name} = {MASK if name == 'database.url' else repr(value)}: {right}"
