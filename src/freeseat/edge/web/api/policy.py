"""`/policy`: the rules that hold for the whole system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from freeseat.application.directory.rules import set_policy
from freeseat.application.ports import Transaction
from freeseat.domain.numbering import NumberRange
from freeseat.domain.permissions import Permission
from freeseat.domain.pin import LockoutPolicy, PinPolicy
from freeseat.domain.policy import EmergencyNumber, Policy
from freeseat.domain.signing_in import SignInRules
from freeseat.edge.web.api.bodies import Body, Use, answer_of, derived
from freeseat.edge.web.api.resource import Caller, Everywhere, Parts, Resource
from freeseat.edge.web.context import now

policy = Resource("policy", "The rules that hold for the whole system.")

_PARTS = ("pin", "lockout", "sign_in")
_OTHERS = (*_PARTS, "shared_phone_ranges", "emergency")


@derived(PinPolicy, Use.ANSWER)
class PinRules(Body):
    """What a PIN looks like (R1.8)."""


@derived(LockoutPolicy, Use.ANSWER)
class LockoutRules(Body):
    """What wrong PINs lock (R2.15)."""


@derived(SignInRules, Use.ANSWER)
class RulesToSignIn(Body):
    """How people sign in to the portal (R10.1)."""


@derived(PinPolicy, Use.CHANGES)
class PinChanges(Body):
    """What to change of it."""


@derived(LockoutPolicy, Use.CHANGES)
class LockoutChanges(Body):
    """What to change of it."""


@derived(SignInRules, Use.CHANGES)
class SignInChanges(Body):
    """What to change of it."""


class Emergency(Body):
    """An emergency number, and the SIP URI it goes to (empty: announce that none is configured)."""

    number: str = Field(examples=["112"])
    uri: str = Field("", examples=["sip:192.0.2.1"])


_RANGES = "Numbers of shared phones (R1.3)."


@derived(Policy, Use.ANSWER, without=_OTHERS)
class PolicyAnswer(Body):
    """The policy as it stands."""

    pin: PinRules
    lockout: LockoutRules
    sign_in: RulesToSignIn
    shared_phone_ranges: list[str] = Field(description=_RANGES, examples=[["3000-3999"]])
    emergency: list[Emergency]


def _nothing() -> Any:
    """What was not named stays as it is."""


@derived(Policy, Use.CHANGES, without=_OTHERS)
class PolicyChanges(Body):
    """What to change of the policy: all of it or, if a value is not acceptable, nothing."""

    pin: PinChanges = Field(default_factory=_nothing)
    lockout: LockoutChanges = Field(default_factory=_nothing)
    sign_in: SignInChanges = Field(default_factory=_nothing)
    shared_phone_ranges: list[str] = Field(default_factory=_nothing, description=_RANGES, examples=[["3000-3999"]])
    emergency: list[Emergency] = Field(default_factory=_nothing)


@policy.get("/policy", Permission.SETTINGS_READ)
async def get_policy(web: Parts) -> PolicyAnswer:
    """Show the policy."""
    return _answer(await web.read(lambda tx: tx.policy()))


@policy.patch("/policy", Everywhere(Permission.SETTINGS_WRITE))
async def change_policy(caller: Caller, web: Parts, body: PolicyChanges) -> PolicyAnswer:
    """Change the policy."""

    def change(tx: Transaction) -> Policy:
        new = changed(tx.policy(), body.given())
        set_policy(tx, new, caller.actor, now())
        return new

    return _answer(await web.write(change))


def changed(old: Policy, given: Mapping[str, Any]) -> Policy:
    """The policy with these values. Raises InvalidValue."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        match name:
            case "pin" | "lockout" | "sign_in":
                values[name] = replace(getattr(old, name), **value.given())
            case "shared_phone_ranges":
                values[name] = tuple(NumberRange.parse(each) for each in value)
            case "emergency":
                values[name] = tuple(EmergencyNumber(each.number, each.uri) for each in value)
            case _:
                values[name] = value
    return replace(old, **values)


def _answer(found: Policy) -> PolicyAnswer:
    return answer_of(
        PolicyAnswer,
        found,
        {
            "pin": answer_of(PinRules, found.pin),
            "lockout": answer_of(LockoutRules, found.lockout),
            "sign_in": answer_of(RulesToSignIn, found.sign_in),
            "shared_phone_ranges": [str(each) for each in found.shared_phone_ranges],
            "emergency": [Emergency(number=each.number, uri=each.uri) for each in found.emergency],
        },
    )
