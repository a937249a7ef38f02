"""Fragments: parts of a page that are kept up to date, each rendered once for all who look at the same.

A fragment is a view of the state, not of events: whoever connects gets it as it is now, and so nothing can be missed
while a connection was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from freeseat.application.ports import Transaction
from freeseat.domain.errors import NotFound
from freeseat.domain.events import Event, Kind
from freeseat.edge.web.viewer import Viewer

CALLS = "calls"
"""The interest of who shows any call; `call_at` is for those of one AoR."""

_LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """What a fragment shows: the template's values, what may change it, and when time alone will (None: never).

    Interests are keys as `keys_of` gives them for an event, or `CALLS` and `call_at(aor)`.
    """

    context: Mapping[str, object]
    interests: frozenset[str]
    again_at: datetime | None = None


Params = Mapping[str, str]
View = Callable[[Transaction, Params, Viewer, datetime], Seen]
"""Answers what a fragment shows to a viewer. Raises NotAllowed if he may not see it, InvalidValue for bad params."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A kind of fragment: its name in addresses, the template that renders it, and its view."""

    name: str
    template: str
    view: View
    shared_key: Callable[[Viewer], str] = lambda viewer: viewer.credential.shared_key
    """Viewers for whom this is the same in one language are shown one rendering. Raises NotSignedIn for a stranger.

    Where it says less than the credential's own key, whoever opens the stream has checked what the viewer may ask for.
    """


@dataclass(frozen=True, slots=True)
class Asked:
    """A fragment as a page asks for it. The text form is `name?a=1&b=2`, params by name."""

    name: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, name: str, **params: object) -> Asked:
        """From keywords; None and '' are left out."""
        return cls(name, tuple(sorted((key, str(value)) for key, value in params.items() if value not in (None, ""))))

    @classmethod
    def parse(cls, text: str) -> Asked:
        """From the text form. Raises NotFound for what cannot be one."""
        name, _, query = text.partition("?")
        if not name or len(text) > _LONGEST_NAME:
            raise NotFound("fragment", name[:40])
        return cls(name, tuple(sorted(dict(parse_qsl(query)).items())))

    def __str__(self) -> str:
        return f"{self.name}?{urlencode(self.params)}" if self.params else self.name


@dataclass(slots=True)
class Fragments:
    """All kinds of fragments there are, by name."""

    by_name: dict[str, Fragment] = field(default_factory=dict)

    def add(self, fragment: Fragment) -> None:
        """Make a kind known; a name can be given once."""
        if fragment.name in self.by_name:
            raise ValueError(f"there are two fragments {fragment.name}")
        self.by_name[fragment.name] = fragment

    def of(self, asked: Asked) -> Fragment:
        """The kind that was asked for. Raises NotFound."""
        found = self.by_name.get(asked.name)
        if found is None:
            raise NotFound("fragment", asked.name[:40])
        return found


def keys_of(event: Event) -> Iterable[str]:
    """What an event is about, as interests name it: its kind, user, phone and queue, a registration's address."""
    yield f"kind:{event.kind}"
    if event.user:
        yield f"user:{event.user}"
    if event.phone:
        yield f"phone:{event.phone}"
    if event.kind in (Kind.REGISTERED, Kind.UNREGISTERED):
        yield f"source:{event.actor.source}"
    queue = event.data.get("queue")
    if isinstance(queue, str):
        yield f"queue:{queue}"


def call_at(aor: str) -> str:
    """The interest in calls at one AoR, or to one number while they ring."""
    return f"call:{aor}"
