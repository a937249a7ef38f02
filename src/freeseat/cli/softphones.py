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
    phones: Sequence[PhoneAccount], people: Sequence[Person], host: str, port: int, login_code: str = "*45"
) -> str:
    """Exact lines for baresip and linphone.

    Takes at least two phones and two people, the address and UDP port of this node as softphones reach it, and the
    feature code of *log in*.
    """
    first, second = phones[:2]
    visitor, caller = people[:2]
    server = f"[{host}]" if ":" in host else host
    return "\n".join(
        [
            "Register two softphones (UDP):",
            "",
            _table(("phone", "user name", "password", "domain"),
                   [(phone.number, phone.number, phone.secret, f"{server}:{port}") for phone in phones]),
            "",
            "baresip: put one line into ~/.baresip/accounts on each of two machines (or in two directories, started",
            "with baresip -f DIRECTORY) and start baresip there:",
            "",
            *(f"    {baresip_line(phone, server, port)}" for phone in (first, second)),
            "",
            "linphone: start linphonec and type, on each of two machines:",
            "",
            *(f"    {linphone_line(phone, server, port)}" for phone in (first, second)),
            "",
            "    (graphical Linphone: use a SIP account; user name, password and domain from the table, transport UDP)",
            "",
            "People:",
            "",
            _table(("extension", "name", "PIN"), [(one.number, one.name, one.pin or "(as set)") for one in people]),
            "",
            f"Log {visitor.name} in at phone {first.number}: on that softphone dial {login_code}"
            f" (baresip: /dial {login_code}; linphonec: call {login_code}),",
            f"key {visitor.number}# then {visitor.pin or 'the PIN'}# then 2, and listen. Now {visitor.number} rings"
            f" phone {first.number}, and calls from it show {visitor.number}.",
            f"Log {caller.name} ({caller.number}) in at phone {second.number} likewise,"
            f" then dial {visitor.number} there.",
            "*46 logs out; freeseat where shows who sits where.",
        ]
    )  # fmt: skip


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
