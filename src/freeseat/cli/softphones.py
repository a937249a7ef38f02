"""How to register two softphones and log somebody in: the text that ends the set-up of a sample office."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhoneAccount:
    """A phone as a softphone needs it: number and SIP secret."""

    number: str
    secret: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the sample office: number, name, PIN (empty where it is no longer known)."""

    number: str
    name: str
    pin: str


def instructions(
    phones: Sequence[PhoneAccount],
    people: Sequence[Person],
    host: str,
    port: int,
    login_code: str = "*45",
    logout_code: str = "*46",
) -> str:
    """Exact lines for baresip and linphone.

    Takes at least two phones and two people, the address and UDP port of this node as softphones reach it, and the
    feature codes of *log in* and *log out*.
    """
    first, second = phones[:2]
    visitor, caller = people[:2]
    server = f"[{host}]" if ":" in host else host
    accounts = [(phone.number, phone.number, phone.secret, f"{server}:{port}") for phone in phones]
    persons = [(one.number, one.name, one.pin or "(as set)") for one in people]
    return "\n".join(
        [
            "Register two softphones (UDP):",
            "",
            _table(("phone", "user name", "password", "domain"), accounts),
            "",
            "with baresip (package baresip-core), each phone in a terminal of its own, here or elsewhere:",
            "",
            *(line for phone in (first, second) for line in _baresip(phone, server, port)),
            "without a sound card write this first, for either:",
            "",
            f"    mkdir -p {_directory(first)} && printf '%s\\n' {_BARESIP_WITHOUT_SOUND} \\",
            f"      | tee {_directory(first)}/config",
            "",
            "or with linphone (package linphone-cli), each phone on a machine of its own: start linphonec and type",
            "",
            *(f"    {linphone_line(phone, server, port)}" for phone in (first, second)),
            "",
            "(on this very machine, before that: mkdir -p ~/.local/share/linphone; printf '[sip]\\nsip_port=5070\\n'",
            "> ~/.linphonerc. In the graphical Linphone use a SIP account, with the table's values and UDP.)",
            "",
            "People:",
            "",
            _table(("extension", "name", "PIN"), persons),
            "",
            f"Log {visitor.name} in at phone {first.number}: dial {login_code} there"
            f" (baresip: /dial {login_code}, linphonec: call {login_code}), then key",
            f"{visitor.number}# and {visitor.pin or 'the PIN'}# and 2, and listen. Now {visitor.number} rings phone"
            f" {first.number}, and calls from it show {visitor.number}.",
            f"Log {caller.name} in at phone {second.number} likewise, with {caller.number}; then dial {visitor.number}"
            f" there and take the call at {first.number}",
            f"(baresip: /accept, linphonec: answer). {logout_code} logs out; freeseat where shows who sits where.",
        ]
    )


_BARESIP_WITHOUT_SOUND = (
    "'module_path /usr/lib/baresip/modules' \\\n"
    "      'module stdio.so' 'module g711.so' 'module aubridge.so' 'module_app account.so' 'module_app menu.so' \\\n"
    "      'audio_source aubridge,none' 'audio_player aubridge,none'"
)


def _baresip(phone: PhoneAccount, server: str, port: int) -> list[str]:
    directory = _directory(phone)
    return [
        f"    mkdir -p {directory} && echo '{baresip_line(phone, server, port)}' \\",
        f"      > {directory}/accounts && baresip -f {directory}",
        "",
    ]


def _directory(phone: PhoneAccount) -> str:
    return f"~/phone-{phone.number}"


def baresip_line(phone: PhoneAccount, server: str, port: int) -> str:
    """The line for ~/.baresip/accounts."""
    who, where = f"{phone.number}@{server}:{port}", "transport=udp"
    return f"<sip:{who};{where}>;auth_user={phone.number};auth_pass={phone.secret};regint=300"


def linphone_line(phone: PhoneAccount, server: str, port: int) -> str:
    """The command to linphonec."""
    return f"register sip:{phone.number}@{server}:{port} sip:{server}:{port};transport=udp {phone.secret}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join(
        "    " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
