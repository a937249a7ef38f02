"""Bodies of requests and answers: derived from the entities where these say already what there is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from dataclasses import Field as EntityField
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, create_model

from freeseat.application.listing import LARGEST_PAGE, PageWanted
from freeseat.application.ports import Transaction
from freeseat.domain.errors import InvalidValue
from freeseat.edge.web.api.words import WORDS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

B = TypeVar("B", bound="Body")
R = TypeVar("R")


class Body(BaseModel):
    """A body that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def given(self) -> dict[str, Any]:
        """What the request named, by field; what it left out is not there."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}

    def filled(self) -> dict[str, Any]:
        """Every field, with its default where the request did not name it."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class Use(Enum):
    """What a derived body is for."""

    NEW = "new"
    """To enter something: fields have the entity's defaults."""
    CHANGES = "changes"
    """To change something: no field is needed, and what is left out stays as it is."""
    ANSWER = "answer"
    """What is given back: every field is there."""
    FILTER = "filter"
    """The query of a list: values are texts."""


def derived(
    entity: type[DataclassInstance], use: Use, *, without: Collection[str] = (), only: Collection[str] | None = None
) -> Callable[[type[B]], type[B]]:
    """A decorator: gives a body the fields of an entity, with their words; what the class itself says comes first."""

    def derive(model: type[B]) -> type[B]:
        hints = get_type_hints(entity)
        wanted: dict[str, Any] = {
            each.name: _field(entity, each, hints[each.name], use)
            for each in fields(entity)
            if each.name not in without and each.name not in model.model_fields and (only is None or each.name in only)
        }
        made = create_model(
            model.__name__, __base__=model, __module__=model.__module__, __doc__=model.__doc__, **wanted
        )
        made.__qualname__ = model.__qualname__
        return made

    return derive


def _field(entity: type[DataclassInstance], field: EntityField[Any], hint: Any, use: Use) -> tuple[Any, Any]:
    words = WORDS.get(f"{entity.__name__}.{field.name}") or WORDS.get(field.name)
    about: dict[str, Any] = {"description": words.meaning} if words else {}
    if words and words.example is not None and use is not Use.FILTER:
        about["examples"] = [words.example]
    kind = hint if use in (Use.ANSWER, Use.FILTER) else _strict(hint)
    if use is Use.ANSWER:
        return kind, Field(..., **about)
    if use is Use.CHANGES:
        return kind, Field(default_factory=_left_out, **about)
    if field.default is not MISSING:
        return kind, Field(field.default, **about)
    if field.default_factory is not MISSING:
        return kind, Field(default_factory=field.default_factory, **about)
    return kind, Field(..., **about)


def _left_out() -> None:
    """A field that was not named: `given` passes it over."""


def _strict(hint: Any) -> Any:
    """JSON has numbers and truths of its own: "5" is no number, and 1 is not true."""
    return {int: StrictInt, bool: StrictBool, int | None: StrictInt | None, bool | None: StrictBool | None}.get(
        hint, hint
    )


_YEARS = range(1970, 2200)


def _aware(value: datetime) -> datetime:
    """In UTC where it says no zone. Raises ValueError for times that no clock of ours shows."""
    if value.year not in _YEARS:
        raise ValueError(f"use a year from {_YEARS[0]} to {_YEARS[-1]}")
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A time as RFC 3339 writes it; without an offset it is UTC."""
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]


class PageAsked(Body):
    """Which page of a list."""

    after: str | None = Field(
        None, max_length=200, description="The `next` of the page before; the first page without."
    )
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="How many items at most.")

    def page(self) -> PageWanted:
        """For the use case."""
        return PageWanted(self.after, self.limit)

    def filters(self) -> dict[str, Any]:
        """What the list is narrowed by: everything given but the page."""
        return {
            name: _filter(name, value)
            for name, value in self.given().items()
            if name not in PageAsked.model_fields and value is not None
        }


def _filter(name: str, value: object) -> object:
    if not isinstance(value, datetime):
        return value
    try:
        return _aware(value)
    except ValueError as error:
        raise InvalidValue(name, value.isoformat(), str(error)) from None


class Listed(BaseModel, Generic[R]):
    """A page of a list."""

    items: list[R] = Field(description="In the list's order.")
    next: str | None = Field(description="Ask for the next page with `after` set to this; null on the last page.")
    total: int | None = Field(description="How many there are on all pages; null where counting would cost too much.")


def whole(items: list[R]) -> Listed[R]:
    """A list that has only one page."""
    return Listed(items=items, next=None, total=len(items))


def answer_of(model: type[B], entity: DataclassInstance, more: Mapping[str, Any] | None = None) -> B:
    """An answer with the entity's fields and what is to be said beyond them."""
    given = {each.name: getattr(entity, each.name) for each in fields(entity) if each.name in model.model_fields}
    return model(**{**given, **(more or {})})


def class_id(tx: Transaction, name: str) -> int:
    """The id of a class of service that a body names. Raises InvalidValue."""
    found = tx.classes.get(name=name)
    if found is None:
        raise InvalidValue("cos", name, "name a class of service that exists")
    return found.id
