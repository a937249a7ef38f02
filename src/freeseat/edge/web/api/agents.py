"""What agents have on their pages: wishes of their phones, settings, waiting messages (R6.2, R6.3, R3.6)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field, StrictInt

from freeseat.application.directory.spheres import user_within
from freeseat.application.mailboxes import MOST, messages_of, set_messages
from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.application.queues.attendance import queues_of
from freeseat.application.workplaces.directory import save_settings, settings_of
from freeseat.application.workplaces.wishes import wish_on_behalf
from freeseat.domain.call_wishes import CallWish, WishKind
from freeseat.domain.directory import User as Person
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.mailbox import Mailbox
from freeseat.domain.permissions import Permission
from freeseat.domain.workplaces import DeskSettings, OwnDesk, SettingsScope, Workplace
from freeseat.edge.web.api.bodies import Body, Use, answer_of, derived
from freeseat.edge.web.api.resource import Caller, Id, Name, Number, Parts, Resource
from freeseat.edge.web.api.workplaces import workplace_within
from freeseat.edge.web.context import now
from freeseat.edge.web.problems import of_refusal

agents = Resource(
    "agents", "What agents have on their pages: wishes of their phones, settings, waiting messages (R6.2, R6.3, R3.6)."
)
Window = Annotated[str, Query(max_length=15, description="The queue of a window of its own, by number; empty: none.")]


class NewWish(Body):
    """What the phone of somebody is to do."""

    kind: WishKind
    number: str = Field("", max_length=80, description="What to dial, for `dial`.", examples=["2020"])
    call_id: str = Field("", max_length=255, description="SIP Call-ID of the call meant; empty: the only one.")
    phone: str = Field("", max_length=64, description="At which of his places; empty: the one he took last.")


@derived(CallWish, Use.ANSWER, without=("leg", "number", "phone"))
class WishAnswer(Body):
    """A wish, and how it goes; `reason` says in a word why it failed, or how far it has come."""

    phone: str = Field(description="The AoR of the phone.")
    number: str = Field(description="What is dialled; empty for other wishes.")


@derived(DeskSettings, Use.NEW)
class NewSettings(Body):
    """The settings of an agent's page, as a whole."""


@derived(DeskSettings, Use.ANSWER)
class SettingsAnswer(Body):
    """The settings of an agent's page."""


class NewMessages(Body):
    """How many messages wait."""

    new: StrictInt = Field(ge=0, le=MOST, description="Not heard yet.")
    old: StrictInt = Field(0, ge=0, le=MOST, description="Heard already.")


class MessagesAnswer(Body):
    """How many messages wait for a user."""

    user: str
    new: int
    old: int


@agents.post("/users/{number}/wishes", Permission.DESKS_WRITE, status_code=202, response_model=WishAnswer)
async def wish_for_user(caller: Caller, web: Parts, number: Number, body: NewWish) -> WishAnswer | Response:
    """Have the phone of somebody dial, answer or hang up on his behalf.

    The answer comes at once; `get_wish` tells how it went. What may be dialled is judged when the phone dials.
    """

    def do(tx: Transaction) -> CallWish | Refusal:
        person = user_within(tx, number, caller.sphere)
        meant = {"place": body.phone, "number": body.number, "call_id": body.call_id}
        return wish_on_behalf(tx, person, body.kind, caller.actor, now(), **meant)

    done = await web.write(do)
    return of_refusal(done, on_behalf=True) if isinstance(done, Refusal) else answer_of(WishAnswer, done)


@agents.get("/wishes/{id}", Permission.DESKS_READ)
async def get_wish(caller: Caller, web: Parts, id: Id) -> WishAnswer:
    """Tell how a wish goes; it is forgotten an hour after its end."""

    def question(tx: Transaction) -> WishAnswer:
        wish = tx.wishes.get(id=id)
        if wish is None:
            raise NotFound("wish", str(id))
        user_within(tx, wish.user, caller.sphere)
        return answer_of(WishAnswer, wish)

    return await web.read(question)


@agents.get("/users/{number}/page-settings", Permission.DIRECTORY_READ)
async def get_user_page_settings(caller: Caller, web: Parts, number: Number) -> SettingsAnswer:
    """Show the settings that follow a user from page to page."""

    def question(tx: Transaction) -> SettingsAnswer:
        person = user_within(tx, number, caller.sphere)
        return answer_of(SettingsAnswer, settings_of(tx, _page_of(person), person))

    return await web.read(question)


@agents.put("/users/{number}/page-settings", Permission.DIRECTORY_WRITE)
async def set_user_page_settings(caller: Caller, web: Parts, number: Number, body: NewSettings) -> SettingsAnswer:
    """Set the settings that follow a user; the queues are some of his, in the order in which they are shown."""

    def change(tx: Transaction) -> SettingsAnswer:
        person = user_within(tx, number, caller.sphere)
        settings = DeskSettings(**body.filled())
        others = set(settings.queues) - {queue.number for queue in queues_of(tx, person)}
        if others:
            raise InvalidValue("queues", min(others), "name queues of which the user is a member")
        return answer_of(SettingsAnswer, save_settings(tx, _page_of(person), person, settings, caller.actor, now()))

    return await web.write(change)


@agents.get("/workplaces/{name}/settings", Permission.SETTINGS_READ)
async def get_workplace_settings(caller: Caller, web: Parts, name: Name, queue: Window = "") -> SettingsAnswer:
    """Show the settings that stay at a workplace whose `settings_scope` is `local`."""

    def question(tx: Transaction) -> SettingsAnswer:
        return answer_of(SettingsAnswer, settings_of(tx, _local(workplace_within(tx, name, caller)), None, queue))

    return await web.read(question)


@agents.put("/workplaces/{name}/settings", Permission.SETTINGS_WRITE)
async def set_workplace_settings(
    caller: Caller, web: Parts, name: Name, body: NewSettings, queue: Window = ""
) -> SettingsAnswer:
    """Set the settings that stay at a workplace whose `settings_scope` is `local`."""

    def change(tx: Transaction) -> SettingsAnswer:
        workplace, settings = _local(workplace_within(tx, name, caller)), DeskSettings(**body.filled())
        for number in (*settings.queues, *([queue] if queue else [])):
            if tx.queues.get(number=number) is None:
                raise InvalidValue("queues", number, "name queues that exist, by number")
        done = save_settings(tx, workplace, None, settings, caller.actor, now(), queue)
        return answer_of(SettingsAnswer, done)

    return await web.write(change)


@agents.get("/users/{number}/messages", Permission.DESKS_READ)
async def get_user_messages(caller: Caller, web: Parts, number: Number) -> MessagesAnswer:
    """Tell how many messages wait for a user."""

    def question(tx: Transaction) -> Mailbox:
        user_within(tx, number, caller.sphere)
        return messages_of(tx, number)

    return _messages(number, await web.read(question))


@agents.put("/users/{number}/messages", Permission.DESKS_WRITE)
async def set_user_messages(caller: Caller, web: Parts, number: Number, body: NewMessages) -> MessagesAnswer:
    """Tell how many messages wait for a user in a mailbox elsewhere; the lamps where he is follow (R3.6)."""

    def change(tx: Transaction) -> Mailbox:
        user_within(tx, number, caller.sphere)
        return set_messages(tx, number, body.new, body.old, caller.actor, now())

    return _messages(number, await web.write(change))


def _page_of(person: Person) -> OwnDesk:
    return OwnDesk(person.id, person.name)


def _local(workplace: Workplace) -> Workplace:
    """Raises InvalidValue for a workplace without settings of its own."""
    if workplace.settings_scope is not SettingsScope.LOCAL:
        scope = workplace.settings_scope.value
        raise InvalidValue("settings_scope", scope, "set those of the user, whom they follow")
    return workplace


def _messages(number: str, box: Mailbox) -> MessagesAnswer:
    return MessagesAnswer(user=number, new=box.new, old=box.old)
