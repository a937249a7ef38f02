"""`/classes`, `/feature-codes`, `/trusted-networks`, `/schedules`: the rules of the house (R2)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from freeseat.application.directory.rules import (
    add_class,
    add_schedule,
    add_trusted,
    change_class,
    class_of,
    delete_class,
    delete_code,
    delete_schedule,
    delete_trusted,
    set_code,
)
from freeseat.application.ports import Transaction
from freeseat.domain.directory import ClassOfService, FeatureCode, Function, Schedule, TrustedNetwork
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.edge.web.api.bodies import Body, Listed, Use, answer_of, derived, whole
from freeseat.edge.web.api.resource import Caller, Everywhere, Id, Name, Parts, Resource
from freeseat.edge.web.context import now

rules = Resource("rules", "Classes of service, feature codes, trusted networks, scheduled logouts.")


@derived(ClassOfService, Use.NEW, without=("id",))
class NewClass(Body):
    """A class of service to enter."""


@derived(ClassOfService, Use.CHANGES, without=("id",))
class ClassChanges(Body):
    """What to change of a class of service."""


@derived(ClassOfService, Use.ANSWER, without=("id",))
class ClassAnswer(Body):
    """A class of service: rights and timers that users and phones point at."""


@derived(FeatureCode, Use.NEW, only=("code",))
class NewCode(Body):
    """The code of a function."""


@derived(FeatureCode, Use.ANSWER)
class CodeAnswer(Body):
    """A dialled code that starts a function."""


@derived(TrustedNetwork, Use.NEW, without=("id",))
class NewTrusted(Body):
    """A network from which people may register as themselves (R2.2)."""


@derived(TrustedNetwork, Use.ANSWER)
class TrustedAnswer(Body):
    """A network from which people may register as themselves (R2.2)."""


@derived(Schedule, Use.NEW, without=("id", "last_run"))
class NewSchedule(Body):
    """A scheduled logout to enter (R2.12)."""


@derived(Schedule, Use.ANSWER)
class ScheduleAnswer(Body):
    """A scheduled logout (R2.12)."""


@rules.get("/classes", Permission.DIRECTORY_READ)
async def list_classes(web: Parts) -> Listed[ClassAnswer]:
    """List the classes of service, by name."""
    found = await web.read(lambda tx: tx.classes.list())
    return whole([answer_of(ClassAnswer, each) for each in sorted(found, key=lambda cos: cos.name)])


@rules.post("/classes", Everywhere(Permission.SETTINGS_WRITE), status_code=201)
async def create_class(caller: Caller, web: Parts, body: NewClass) -> ClassAnswer:
    """Enter a class of service."""
    cos = ClassOfService(0, **body.filled())
    return answer_of(ClassAnswer, await web.write(lambda tx: add_class(tx, cos, caller.actor, now())))


@rules.get("/classes/{name}", Permission.DIRECTORY_READ)
async def get_class(web: Parts, name: Name) -> ClassAnswer:
    """Show a class of service."""
    return answer_of(ClassAnswer, await web.read(lambda tx: class_of(tx, name)))


@rules.patch("/classes/{name}", Everywhere(Permission.SETTINGS_WRITE))
async def change_a_class(caller: Caller, web: Parts, name: Name, body: ClassChanges) -> ClassAnswer:
    """Change a class of service, for everybody who points at it."""
    done = await web.write(lambda tx: change_class(tx, name, body.given(), caller.actor, now()))
    return answer_of(ClassAnswer, done)


@rules.delete("/classes/{name}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_a_class(caller: Caller, web: Parts, name: Name) -> None:
    """Delete a class of service that nobody points at."""
    await web.write(lambda tx: delete_class(tx, name, caller.actor, now()))


Of = Annotated[Function, Path(description="What the code starts.")]


@rules.get("/feature-codes", Permission.SETTINGS_READ)
async def list_feature_codes(web: Parts) -> Listed[CodeAnswer]:
    """List the feature codes."""
    return whole([answer_of(CodeAnswer, each) for each in await web.read(lambda tx: tx.codes.list())])


@rules.put("/feature-codes/{function}", Everywhere(Permission.SETTINGS_WRITE))
async def set_feature_code(caller: Caller, web: Parts, function: Of, body: NewCode) -> CodeAnswer:
    """Give a function its code."""
    code = FeatureCode(function, **body.filled())
    await web.write(lambda tx: set_code(tx, code, caller.actor, now()))
    return answer_of(CodeAnswer, code)


@rules.delete("/feature-codes/{function}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_feature_code(caller: Caller, web: Parts, function: Of) -> None:
    """Take a function's code away; it can be dialled no more."""
    await web.write(lambda tx: delete_code(tx, function, caller.actor, now()))


@rules.get("/trusted-networks", Everywhere(Permission.SETTINGS_READ))
async def list_trusted_networks(web: Parts) -> Listed[TrustedAnswer]:
    """List the networks from which people may register as themselves."""
    return whole([answer_of(TrustedAnswer, each) for each in await web.read(lambda tx: tx.trusted.list())])


@rules.post("/trusted-networks", Everywhere(Permission.SETTINGS_WRITE), status_code=201)
async def create_trusted_network(caller: Caller, web: Parts, body: NewTrusted) -> TrustedAnswer:
    """Trust a network."""
    network = TrustedNetwork(0, **body.filled())
    return answer_of(TrustedAnswer, await web.write(lambda tx: add_trusted(tx, network, caller.actor, now())))


@rules.delete("/trusted-networks/{id}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_trusted_network(caller: Caller, web: Parts, id: Id) -> None:
    """Trust a network no longer: people from there are refused at their next REGISTER."""

    def delete(tx: Transaction) -> None:
        network = tx.trusted.get(id=id)
        if network is None:
            raise NotFound("trusted network", str(id))
        delete_trusted(tx, network.cidr, caller.actor, now())

    await web.write(delete)


@rules.get("/schedules", Everywhere(Permission.SETTINGS_READ))
async def list_schedules(web: Parts) -> Listed[ScheduleAnswer]:
    """List the scheduled logouts."""
    return whole([answer_of(ScheduleAnswer, each) for each in await web.read(lambda tx: tx.schedules.list())])


@rules.post("/schedules", Everywhere(Permission.SETTINGS_WRITE), status_code=201)
async def create_schedule(caller: Caller, web: Parts, body: NewSchedule) -> ScheduleAnswer:
    """Enter a scheduled logout; it is due for the first time after now."""
    schedule = Schedule(0, **body.filled())
    return answer_of(ScheduleAnswer, await web.write(lambda tx: add_schedule(tx, schedule, caller.actor, now())))


@rules.delete("/schedules/{id}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_a_schedule(caller: Caller, web: Parts, id: Id) -> None:
    """Delete a scheduled logout."""
    await web.write(lambda tx: delete_schedule(tx, id, caller.actor, now()))
