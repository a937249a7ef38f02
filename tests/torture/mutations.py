"""Random damage to SIP messages, the same for the same dice.

A mutation is a function of dice and message; `mutated` applies a few of them. Some know nothing of SIP, some know its
lines, numbers, credentials and session descriptions, so that damage also gets past the first checks.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Mutation = Callable[[random.Random, bytes], bytes]

NASTY = (
    b"", b" ", b",", b";", b"*", b"\"", b"<", b">", b"<>", b"%", b"%00", b"%s%n%x", b"\\", b"|", b"||||||||||||||||",
    b"\x00", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xf0\x9f\x93\x9e", b"\r", b"\n", b"\t",
    b"$(rm -f x)", b"' OR 1=1 --", b"$ru", b"{\"a\":1}", b"\\ud800", b"A" * 300, b"A" * 5_000, b"1" * 400, b"=" * 90,
    b"sip:", b"sip:@", b"sip:2019@", b"sips:2019@127.0.0.1", b"tel:+49302019", b"sip:2019@[::1", b"sip:a@b@c",
    b"sip:2019:4711@office.test;a=b?x=y", b"<sip:2019@127.0.0.1;lr;fs=00>", b"*45", b"*452019", b"2019", b"3001",
)  # fmt: skip
"""Values that parsers stumble over, and the numbers of the office."""

NUMBERS = (
    b"-1", b"0", b"1", b"00000000000000000001", b"255", b"65535", b"65536", b"2147483647", b"2147483648", b"4294967295",
    b"4294967296", b"9223372036854775807", b"9223372036854775808", b"1" * 41, b"0x10", b"1e9", b"1.5", b"\xd9\xa3", b"",
)  # fmt: skip
METHODS = (
    b"REGISTER", b"INVITE", b"ACK", b"CANCEL", b"BYE", b"OPTIONS", b"SUBSCRIBE", b"NOTIFY", b"INFO", b"MESSAGE",
    b"UPDATE", b"PRACK", b"REFER", b"PUBLISH", b"invite", b"NEWMETHOD", b"!#$",
)  # fmt: skip
HEADERS = (
    b"Route: <sip:127.0.0.1;lr;fs=0123456789abcdef>", b"Route: <sip:[::1;lr>", b"Record-Route: <sip:x", b"Expires: -1",
    b"Expires: 99999999999999999999", b"Contact: *", b"m: <sip:2019@127.0.0.1:1>;expires=0", b"Max-Forwards: 256",
    b"Via: SIP/2.0/UDP 127.0.0.1:9;maddr=127.0.0.1;ttl=999;branch=z9hG4bK", b"v: SIP/2.0/SCTP [::]:0;rport=x",
    b"X-Freeseat-Phone: 3009", b"X-Freeseat-User: 2010", b"X-Freeseat-Code: login", b"P-Asserted-Identity: <sip:112@x>",
    b"Require: 100rel, nothing", b"Proxy-Require: nothing", b"Supported: path, outbound, timer", b"Path: <sip:x;lr>",
    b"Session-Expires: 1;refresher=nobody", b"Min-SE: x", b"Content-Type: multipart/mixed;boundary=", b"Event: dialog",
    b"Authorization: Digest", b"Proxy-Authorization: Digest username=", b"Authorization: Basic MzAwMTpzMzAwMQ==",
    b"Content-Encoding: gzip", b"Reason: SIP;cause=200;text=\"\"", b"User-Agent: \xff", b"Replaces: a;to-tag=b", b": x",
)  # fmt: skip

_NUMBER = re.compile(rb"\d+")
_PARAMETER = re.compile(rb'[\w.-]+="?[^",;\r\n]*"?')
_CREDENTIALS = re.compile(rb"(?im)^(?:Proxy-)?Authorization:[^\r\n]*")


def mutated(dice: random.Random, message: bytes, others: Sequence[bytes]) -> bytes:
    """`message` after one to four mutations; one of `others` may be spliced in."""
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 4))):
        if dice.random() < 0.04:
            message = _spliced(dice, message, dice.choice(others))
        else:
            message = dice.choice(MUTATIONS)(dice, message)
    return message


# -- bytes


def _flip(dice: random.Random, message: bytes) -> bytes:
    changed = bytearray(message)
    for _ in range(dice.randrange(1, 9) if changed else 0):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _delete(dice: random.Random, message: bytes) -> bytes:
    start, end = _span(dice, message, 40)
    return message[:start] + message[end:]


def _duplicate(dice: random.Random, message: bytes) -> bytes:
    start, end = _span(dice, message, 200)
    return message[:end] + message[start:end] * dice.choice((1, 1, 2, 30)) + message[end:]


def _insert(dice: random.Random, message: bytes) -> bytes:
    start, end = _span(dice, message, dice.choice((0, 0, 4)))
    return message[:start] + dice.choice(NASTY) + message[end:]


def _truncate(dice: random.Random, message: bytes) -> bytes:
    return message[: dice.randrange(len(message) + 1)]


def _spliced(dice: random.Random, message: bytes, other: bytes) -> bytes:
    return message[: dice.randrange(len(message) + 1)] + other[dice.randrange(len(other) + 1) :]


def _numbers(dice: random.Random, message: bytes) -> bytes:
    """A number of the message lies: lengths, sequence numbers, ports, expiries, times."""
    found = list(_NUMBER.finditer(message))
    if not found:
        return message
    one = dice.choice(found)
    return message[: one.start()] + dice.choice(NUMBERS) + message[one.end() :]


# -- lines


def _line_ends(dice: random.Random, message: bytes) -> bytes:
    """Line ends of another kind, everywhere or at one place."""
    end = dice.choice((b"\n", b"\r", b"\n\r", b"\r\r\n", b"\r\n ", b"\r\n\t\r\n", b"\r\n\r\n", b"\x00\r\n"))
    return message.replace(b"\r\n", end, dice.choice((-1, 1, 2, 5)))


def _drop_line(dice: random.Random, message: bytes) -> bytes:
    lines, at = _lines(dice, message)
    return b"\r\n".join(lines[:at] + lines[at + 1 :])


def _repeat_line(dice: random.Random, message: bytes) -> bytes:
    lines, at = _lines(dice, message)
    times = dice.choice((1, 1, 2, 20, 70))
    return b"\r\n".join(lines[:at] + [lines[at]] * times + lines[at:])


def _reorder(dice: random.Random, message: bytes) -> bytes:
    head, gap, body = message.partition(b"\r\n\r\n")
    first, *rest = head.split(b"\r\n")
    dice.shuffle(rest)
    return b"\r\n".join([first, *rest]) + gap + body


def _value(dice: random.Random, message: bytes) -> bytes:
    """A header's value is replaced, lengthened or made a list."""
    lines, at = _lines(dice, message)
    name, colon, value = lines[at].partition(b":")
    nasty = dice.choice(NASTY)
    lines[at] = name + colon + dice.choice((nasty, value + nasty, nasty + value, b",".join([value] * 30), value * 40))
    return b"\r\n".join(lines)


def _name(dice: random.Random, message: bytes) -> bytes:
    """A header's name in another form: case, space, compact, folded, unknown."""
    lines, at = _lines(dice, message)
    name, colon, value = lines[at].partition(b":")
    other = dice.choice(
        (name.upper(), name + b" \t", name + b"\r\n ", name[:1].lower(), b"X-" + name, b" " + name, b"")
    )
    lines[at] = other + colon + value
    return b"\r\n".join(lines)


def _header(dice: random.Random, message: bytes) -> bytes:
    """One more header."""
    lines, at = _lines(dice, message)
    return b"\r\n".join([*lines[: at + 1], dice.choice(HEADERS), *lines[at + 1 :]])


def _parameter(dice: random.Random, message: bytes) -> bytes:
    """A parameter (tag, branch, digest field) loses its value, gets another, or comes twice."""
    found = list(_PARAMETER.finditer(message))
    if not found:
        return message
    one = dice.choice(found)
    return message[: one.start()] + _other_parameter(dice, one.group()) + message[one.end() :]


def _other_parameter(dice: random.Random, text: bytes) -> bytes:
    name, _, value = text.partition(b"=")
    nasty = dice.choice(NASTY)
    changes = (
        name, b"", name + b"=", name + b'="', name + b"=" + nasty, name + b'="' + nasty + b'"', text + b", " + text,
        name + b"=" + value[: len(value) // 2], name + b"=" + value + nasty, text.upper(), text.replace(b'"', b""),
    )  # fmt: skip
    return dice.choice(changes)


# -- what the product looks at


def _method(dice: random.Random, message: bytes) -> bytes:
    """Another method, in the first line, in CSeq, or in both."""
    _, space, rest = message.partition(b" ")
    method = dice.choice(METHODS)
    which = dice.randrange(3)
    if which != 1:
        message = method + space + rest
    return message if which == 0 else re.sub(rb"(?im)^(CSeq:\s*\d+\s+)\S+", rb"\1" + method, message, count=1)


def _uri(dice: random.Random, message: bytes) -> bytes:
    """Another request URI."""
    method, _, rest = message.partition(b" ")
    _, _, version = rest.partition(b" ")
    user = dice.choice((b"2019", b"2020", b"3001", b"112", b"*45", b"*452019", b"*33", b"00491234", *NASTY))
    uri = dice.choice((b"sip:" + user + b"@office.test", b"sip:" + user + b"@127.0.0.1", user))
    return b" ".join((method, uri, version))


def _credentials(dice: random.Random, message: bytes) -> bytes:
    """One field of right credentials is changed, so that the rest still leads into the digest check."""
    line = _CREDENTIALS.search(message)
    if line is None:
        return _parameter(dice, message)
    changed = _parameter(dice, line.group())
    if dice.random() < 0.3:
        algorithm = dice.choice((b"MD5", b"SHA-256", b"MD5-sess", b"SHA-512-256", b"", b"\xff"))
        changed = re.sub(rb"algorithm=[^,\s]*", b"algorithm=" + algorithm, changed)
    return message[: line.start()] + changed + message[line.end() :]


def _body_length(dice: random.Random, message: bytes) -> bytes:
    """Content-Length says something else than is true: on a stream, what follows is cut elsewhere."""
    said = dice.choice((*NUMBERS, b"5", b"500", b"70000"))
    return re.sub(rb"(?im)^(Content-Length|l)\s*:[^\r\n]*", rb"\1: " + said, message, count=1)


def _body(dice: random.Random, message: bytes) -> bytes:
    """A line of the body (SDP, or the digit of an INFO) is damaged; the length is made to fit."""
    head, gap, body = message.partition(b"\r\n\r\n")
    damage = dice.choice((_flip, _delete, _duplicate, _insert, _numbers, _drop_line, _repeat_line, _line_ends))
    body = damage(dice, body)
    head = re.sub(rb"(?im)^Content-Length:[^\r\n]*", b"Content-Length: %d" % len(body), head)
    return head + gap + body


MUTATIONS: tuple[Mutation, ...] = (
    _flip, _delete, _duplicate, _insert, _truncate, _numbers, _numbers, _line_ends, _drop_line, _repeat_line, _reorder,
    _value, _value, _name, _header, _header, _parameter, _parameter, _method, _uri, _credentials, _credentials,
    _body_length, _body, _body,
)  # fmt: skip


def _span(dice: random.Random, message: bytes, longest: int) -> tuple[int, int]:
    start = dice.randrange(len(message) + 1)
    return start, min(len(message), start + dice.randrange(longest + 1))


def _lines(dice: random.Random, message: bytes) -> tuple[list[bytes], int]:
    """The lines, and one of them."""
    lines = message.split(b"\r\n")
    return lines, dice.randrange(len(lines))
