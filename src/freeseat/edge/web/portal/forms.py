"""Forms: described once, shown from an entity, read from what somebody sent, shown again with their faults.

A form is plain HTML that works without any script; its template is `portal/parts/forms.html`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, TypeVar

from fastapi import Request
from starlette.datastructures import FormData

from freeseat.application.ports import Transaction
from freeseat.domain.errors import Clash, FreeseatError, InUse, InvalidValue, LastAdministrator
from freeseat.edge.web.context import web_of
from freeseat.edge.web.portal.kinds import TEXT, Control, Kind, Option, Unreadable
from freeseat.edge.web.problems import STATUS

T = TypeVar("T")
_SEEN = "seen"
_LONGEST_TEXT = 10_000


class Overtaken(FreeseatError):
    """Somebody else changed what is being edited after the form was shown."""

    code = "clash"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form. `name` is that of the entity's field, with dots for a field of a field.

    `unit` and `placeholder` are shown in it; `wide` takes the whole line. `options` are for choices that do not
    depend on the database.
    """

    name: str
    label: str
    kind: Kind = TEXT
    help: str = ""
    required: bool = False
    wide: bool = False
    placeholder: str = ""
    options: tuple[Option, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    def of(self, entity: object) -> Any:
        """Its value in an entity."""
        for part in self.name.split("."):
            entity = getattr(entity, part)
        return entity


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under a heading, with what to know about them all; `folded` if they are seldom needed."""

    title: str
    fields: tuple[Field, ...]
    help: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """What a form asks. `aliases` are names by which errors call fields otherwise."""

    groups: tuple[Group, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields, in order."""
        return tuple(each for group in self.groups for each in group.fields)

    def without(self, *names: str) -> Form:
        """The form without some fields."""
        kept = (
            replace(group, fields=tuple(each for each in group.fields if each.name not in names))
            for group in self.groups
        )
        return replace(self, groups=tuple(group for group in kept if group.fields))

    def shown(self, entity: object, **more: Any) -> Sheet:
        """The form filled in from an entity; `more` are values that it does not have itself."""
        texts = {}
        for each in self.fields:
            value = more[each.name] if each.name in more else each.of(entity)
            texts[each.name] = _shown(each.kind, value)
        return Sheet(self, texts, seen=_mark(texts))

    async def sent(self, request: Request) -> Sheet:
        """The form as somebody sent it, with a fault at each field that cannot be read."""
        data = await request.form()
        sheet = Sheet(self, {}, seen=_text(data, _SEEN))
        for each in self.fields:
            sheet = sheet._reading(each, data)
        return sheet


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form with what stands in it: texts as shown or typed, values as read, and faults by field ('' = of no field).

    `seen` tells what stood in it when it was shown, so that nobody undoes unseen what somebody else changed meanwhile.
    """

    form: Form
    texts: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    seen: str = ""
    status: int = 200

    def offering(self, **choices: Sequence[Option]) -> Sheet:
        """With these options for fields whose options come from the database."""
        return replace(self, choices={**self.choices, **choices})

    def options(self, each: Field) -> Sequence[Option]:
        """What a field offers; a value that is not among them any more is offered too, so that nothing gets lost."""
        offered = list(self.choices.get(each.name, each.options))
        known = {option.value for option in offered}
        return offered + [Option(text, text) for text in self.texts[each.name] if text and text not in known]

    def text(self, name: str) -> str:
        """What stands in a field."""
        return next(iter(self.texts.get(name, ())), "")

    def is_faulty(self, group: Group) -> bool:
        """Whether a field of a group has a fault."""
        return any(each.name in self.faults for each in group.fields)

    def with_fault(self, error: FreeseatError) -> Sheet:
        """With an error of the core at the field that it names."""
        name, words = "", _sentence(str(error))
        if isinstance(error, InvalidValue):
            name, words = error.field, _sentence(error.expected)
        elif isinstance(error, Clash):
            name = error.field
        name = self.form.aliases.get(name, name)
        known = {each.name for each in self.form.fields}
        if name not in known:
            short = next((each for each in known if each.rpartition(".")[2] == name), "")
            words = words if short else _sentence(str(error))
            name = short
        return replace(self, faults={**self.faults, name: words}, status=STATUS.get(error.code, 422))

    def require_unchanged(self, shown: Sheet) -> None:
        """That the entity still is as it was when the form was shown. Raises Overtaken."""
        if self.seen and self.seen != shown.seen:
            raise Overtaken("somebody else changed this meanwhile; load the page again and look")

    async def carry_out(self, request: Request, use_case: Callable[[Transaction, Mapping[str, Any]], T]) -> T | Sheet:
        """Run a use case with the values; gives its result, or the sheet with the faults that keep it from being done.

        Raises what is no fault of the form: NotFound, NotAllowed, Unavailable.
        """
        if self.faults:
            return replace(self, status=422)
        try:
            return await web_of(request).write(lambda tx: use_case(tx, self.values))
        except (InvalidValue, Clash, InUse, LastAdministrator, Overtaken) as error:
            return self.with_fault(error)

    def _reading(self, each: Field, data: FormData) -> Sheet:
        typed = tuple(str(text)[:_LONGEST_TEXT].strip() for text in data.getlist(each.name) if isinstance(text, str))
        several = each.kind.control is Control.SEVERAL
        texts = {**self.texts, each.name: typed}
        try:
            if several:
                value: Any = tuple(each.kind.read(text) for text in typed if text)
            else:
                value = each.kind.read(typed[0] if typed else "")
            if each.required and value in ("", None, ()):
                raise Unreadable("fill this in")
        except Unreadable as error:
            return replace(self, texts=texts, faults={**self.faults, each.name: _sentence(str(error))})
        except InvalidValue as error:
            return replace(self, texts=texts, faults={**self.faults, each.name: _sentence(error.expected)})
        return replace(self, texts=texts, values={**self.values, each.name: value})


def _shown(kind: Kind, value: Any) -> tuple[str, ...]:
    if kind.control is Control.SEVERAL:
        return tuple(sorted(kind.show(each) for each in value))
    return (kind.show(value),)


def _mark(texts: Mapping[str, tuple[str, ...]]) -> str:
    return sha256(repr(sorted(texts.items())).encode()).hexdigest()[:16]


def _text(data: FormData, name: str) -> str:
    value = data.get(name, "")
    return value if isinstance(value, str) else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
