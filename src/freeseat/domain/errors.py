"""The one tree of errors. Every class has a stable code; edges map codes to HTTP, SIP and speech, nobody else does."""

from __future__ import annotations

from typing import ClassVar


class FreeseatError(Exception):
    """Base of all errors that a person or a program may meet; `str()` is a sentence fit to be shown."""

    code: ClassVar[str] = "error"


class InvalidValue(FreeseatError):
    """A value that is not acceptable.

    Takes the field's name, the value as given, and what would be right, in words.
    """

    code = "invalid_value"

    def __init__(self, field: str, value: object, expected: str) -> None:
        self.field, self.value, self.expected = field, value, expected
        super().__init__(f"{field}: {value!r} is not acceptable; {expected}")


class Clash(FreeseatError):
    """A dialable string, name or device that somebody else has already (R1.5); names both owners."""

    code = "clash"

    def __init__(self, field: str, value: str, wanted_by: str, taken_by: str) -> None:
        self.field, self.value, self.wanted_by, self.taken_by = field, value, wanted_by, taken_by
        super().__init__(f"{field}: {value!r} is wanted by {wanted_by} but taken by {taken_by}")


class NotFound(FreeseatError):
    """Something that was named does not exist."""

    code = "not_found"

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key
        super().__init__(f"there is no {kind} {key}")


class InUse(FreeseatError):
    """Something cannot be removed because others point at it."""

    code = "in_use"

    def __init__(self, kind: str, key: str, used_by: str) -> None:
        self.kind, self.key, self.used_by = kind, key, used_by
        super().__init__(f"{kind} {key} is used by {used_by}")


class IllegalTransition(FreeseatError):
    """A state machine was given an input that its state does not know: a programming error, never a user's."""

    code = "illegal_transition"

    def __init__(self, state: str, trigger: str) -> None:
        self.state, self.trigger = state, trigger
        super().__init__(f"{trigger} is not possible in state {state}")


class NotAllowed(FreeseatError):
    """Somebody known may not do this (R10.1). Takes who, the permission, and the queue or site in question."""

    code = "not_allowed"

    def __init__(self, who: str, permission: str, *, queue: str | None = None, site: str | None = None) -> None:
        self.who, self.permission, self.queue, self.site = who, permission, queue, site
        where = f" for queue {queue}" if queue is not None else f" for site {site!r}" if site is not None else ""
        super().__init__(f"{who} may not do this: it needs {permission}{where}")


class LastAdministrator(FreeseatError):
    """The only administrator who can sign in would be no more."""

    code = "last_administrator"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"account {name} is the last administrator who can sign in; add another one first")


class Unavailable(FreeseatError):
    """The database or the switch cannot be reached now; trying again later may work."""

    code = "unavailable"
