"""Sentences of the core, which speaks English, marked for translation: refusals and faults, with gaps for values.

`read` finds a sentence's text among them and what stands in its gaps; what is not here stays English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


_REFUSALS = (
    _("unknown extension or wrong PIN"),
    _("locked after too many wrong PINs from this source"),
    _("registering as oneself needs a PIN"),
    _("the source address is in no trusted network"),
    _("the user has no hot desk access"),
    _("the user is disabled"),
    _("the user has an assigned phone and cannot log in at shared phones"),
    _("the PIN has expired and must be changed"),
    _("there is no such phone"),
    _("the phone is disabled"),
    _("the phone is assigned to somebody and not shared"),
    _("the phone's class of service does not accept hot desk logins"),
    _("the user is logged in elsewhere and may not be in two places"),
    _("this registration's login has ended; log in anew"),
    _("nobody is logged in there"),
    _("the caller's class of service does not enable remote logout"),
    _("the user's class of service does not accept remote logout"),
    _("the class of service does not permit this"),
    _("the caller is not a member of this queue"),
    _("calls to the user cannot be sent to this outside number"),
)
_VALUES = (
    _("use 1 to 64 letters a-z, digits, and . _ @ + - behind the first"),
    _("use a time to come, within ten years"),
    _("use 12 hexadecimal digits"),
    _("name the phone by its IP address, MAC or number"),
    _("name each queue once"),
    _("name at least one column, each once"),
    _("name at least one emergency number"),
    _("name at least one of {names}"),
    _("name at most {most}"),
    _("use a two-letter language code such as en or de, or nothing"),
    _("use a two-letter language code such as en or de"),
    _("write an IP address like {example}"),
    _("write it like {example}"),
    _("use 1 to 15 digits"),
    _("use digits only"),
    _("use digits, perhaps after a +"),
    _("use digits, * and #, at most 32 of them"),
    _("use at most 15 digits, perhaps after a +"),
    _("use letters, digits, - and _"),
    _("use letters, digits and {signs}"),
    _("use 0 to {most}, or nothing for never"),
    _("use 1 to {most}, or nothing for no bound"),
    _("use 1 (offered first) to {most}"),
    _("use 1 (tried first) to {most}"),
    _("use {least} to {most} seconds"),
    _("use 1 to {most} seconds (168 hours)"),
    _("use {least} to {most} printable characters without blanks"),
    _("use {least} to {most} printable characters"),
    _("use at most {most} printable characters"),
    _("use {least} to {most} digits"),
    _("use {count} digits"),
    _("use 1 to {most} pixels a side"),
    _("use {least} to {most}"),
    _("use at least {least}"),
    _("use at most {most}"),
    _("use a zone's name such as Europe/Berlin or UTC"),
    _("use a name like Europe/Berlin or UTC"),
    _("use five fields: minute hour day month weekday, like '0 20 * * 1-5' ({error})"),
    _("use a PNG, JPEG or WebP picture"),
    _("choose a picture"),
    _("choose one of the options"),
    _("fill this in"),
    _("it must not be empty"),
    _("it must not be blank"),
    _("use yes or no"),
    _("use a whole number"),
    _("use a whole number or {word}"),
    _("use a whole number of at least 1"),
    _("use one of {names}"),
    _("use bounds within 0 and {most}"),
    _("write a length of time like 30 s, 15 min, 8 h or 2 d"),
    _("write a day as YYYY-MM-DD"),
    _("choose a day from {first} on"),
    _("use announce:<prompt>, number:<number> or reject"),
    _("use a SIP URI like {example}"),
    _("write a URL like https://example.org/freeseat, without user and fragment"),
    _("write a network like {example}"),
    _("write an IPv4 network as such, like {example}"),
    _("write addresses or networks like {example}"),
    _("name the trunk's own addresses, not everybody's"),
    _("a trunk that registers needs a username"),
    _("name two groups, like sales:traders"),
    _("name two groups on each line, like: sales traders"),
)
_DIRECTORY = (
    _("write two numbers of equal length, like 3000-3999"),
    _("use a number in the shared phones' range {range}"),
    _("use a number outside {range}, which is the shared phones' range"),
    _("every number in it is taken: add a range"),
    _("a blank PIN is not allowed by the policy"),
    _("use a PIN that is not the extension, a repetition or a run"),
    _("use a PIN that differs from the old one"),
    _("type the same PIN twice"),
    _("type the same password twice"),
    _("use one that is no name, no usual word and no repetition"),
    _("this is not your present password, or there were too many attempts"),
    _("programs have tokens, not accounts"),
    _("name the {scope} whose people are logged out"),
    _("a user with an assigned phone cannot be a hot desk user; release it first"),
    _("a shared phone is nobody's; make it assigned first"),
    _("only a shared phone has a default owner"),
    _("only a hot desk user can be a phone's default owner"),
    _("an assigned phone needs an owner"),
    _("a hot desk user cannot have an assigned phone"),
    _("phone {phone} returns to this user; change that first"),
    _("name a user who exists"),
    _("name a person who exists, by number"),
    _("name queues that exist, by number"),
    _("name a class of service that exists"),
    _("name a user, a queue or {word}"),
    _("name one that exists"),
    _("it is taken by {owner}"),
)
_FILES = (
    _("save it as CSV UTF-8"),
    _("this is not CSV: {error}"),
    _("import at most {most} lines at once"),
    _("there is no such column; use {names}"),
    _("there is no such {kind}"),
    _("name each column once"),
    _("this column is needed"),
    _("there are {columns} columns but {cells} cells"),
    _("a cell has more than {most} letters"),
    _("it exists already; import with changes allowed, or take the line out"),
    _("line {line} has it already"),
    _("write a user's number, or number/priority like 2020/2"),
)
_ERRORS = (
    _("{field}: {value} is not acceptable; {expected}"),
    _("{field}: {value} is wanted by {wanted_by} but taken by {taken_by}"),
    _("{thing} is used by {used_by}"),
    _("there is no {thing}"),
    _("account {name} is the last administrator who can sign in; add another one first"),
    _("somebody else changed this meanwhile; load the page again and look"),
    _("this page is too old or not ours; load it again"),
    _("this form is not ours; load the page again"),
    _("this is a page of the portal"),
    _("{who} may not do this: it needs {permission}"),
    _("too many requests; try again in {seconds} s"),
    _("something went wrong on our side; it was logged"),
    _("the sign-in provider cannot be reached: {error}"),
    _("the sign-in provider refused: {error}"),
    _("the sign-in provider's word does not hold: {error}"),
    _("this sign-in was not begun here, or too long ago; try again"),
    _("you are known there, but have no account here; ask an administrator"),
    _("choose from the lists"),
    _("the database cannot be used: {error}"),
    _("the name cannot be resolved: {error}"),
    _("redirects are not followed"),
    _("no answer within {seconds} s"),
    _("{scheme} to {addresses} is not allowed (policy webhook_networks)"),
    _("phone {number}, which is assigned to this user"),
    _("{users} users and {phones} phones"),
    _("{count} callers"),
    _("{owner}'s codes"),
    _("{owner} itself"),
    _("{owner} of this file"),
    _("user {number}"),
    _("phone {number}"),
    _("queue {number}"),
    _("trunk {name}"),
    _("workplace {name}"),
    _("webhook {name}"),
    _("account {name}"),
    _("class of service {name}"),
    _("feature code {name}"),
    _("inbound number {number}"),
    _("trusted network {network}"),
    _("user"),
    _("phone"),
    _("queue"),
    _("site"),
    _("another one"),
)
SENTENCES: tuple[str, ...] = (*_REFUSALS, *_VALUES, *_DIRECTORY, *_FILES, *_ERRORS)
"""The first that fits counts."""

_GAP = re.compile(r"\\{(\w+)\\}")


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(_GAP.sub(r"(?P<\1>.+)", re.escape(text)))


_PATTERNS = tuple((text, _pattern(text)) for text in SENTENCES)


def read(sentence: str) -> tuple[str, Mapping[str, str]] | None:
    """The text that a sentence of the core was made from, and what stands in its gaps; None for any other sentence."""
    for text, pattern in _PATTERNS:
        found = pattern.fullmatch(sentence)
        if found is not None:
            return text, found.groupdict()
    return None
