"""The office as a plain model: lists and dictionaries, written anew from the specification, not from the code."""

from __future__ import annotations

from dataclasses import dataclass, field

from freeseat.domain.reasons import Reason

WINDOW, LOCK, FAILURES = 300.0, 900.0, 3


@dataclass(slots=True)
class Sitting:
    """Somebody sits somewhere. `phone` is '' where he registered as himself at an unknown device."""

    user: str
    phone: str
    method: str
    exclusive: bool
    call_id: str = ""
    pending: bool = False

    @property
    def place(self) -> str:
        """The AoR that rings."""
        return self.phone or self.user


@dataclass(slots=True)
class Model:
    """What R2 says about users (by their policy elsewhere), phones and the default owners of some."""

    elsewhere: dict[str, str]
    phones: list[str]
    default_owner: dict[str, str]
    now: float = 0.0
    sitting: list[Sitting] = field(default_factory=list)
    disabled: set[str] = field(default_factory=set)
    on_call: dict[str, str] = field(default_factory=dict)
    over: set[tuple[str, str]] = field(default_factory=set)
    failed: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    locked: dict[tuple[str, str], float] = field(default_factory=dict)

    def at(self, phone: str) -> Sitting | None:
        """Who sits at a phone."""
        return next((each for each in self.sitting if each.phone == phone), None)

    def of(self, user: str) -> list[Sitting]:
        """Where a user sits."""
        return [each for each in self.sitting if each.user == user]

    def prove(self, user: str, source: str, right: bool) -> Reason | None:
        """R2.15."""
        pair = (user, source)
        if self.now < self.locked.get(pair, self.now):
            return Reason.LOCKED
        if right:
            self.failed.pop(pair, None)
            return None
        times = [*self.failed.get(pair, []), self.now]
        self.failed[pair] = times
        if sum(self.now - each < WINDOW for each in times) >= FAILURES:
            self.locked[pair] = self.now + LOCK
            del self.failed[pair]
        return Reason.WRONG_CREDENTIALS

    def login(self, user: str, phone: str, method: str, call_id: str = "") -> Reason | None:
        """R2.7, R2.8, after the proof; None = it stands."""
        if call_id and (user, call_id) in self.over:
            return Reason.REGISTRATION_ENDED
        if user in self.disabled:
            return Reason.USER_DISABLED
        if phone in self.disabled:
            return Reason.PHONE_DISABLED
        mine = self.of(user)
        here = next((s for s in mine if (s.phone == phone if phone else not s.phone and s.call_id == call_id)), None)
        others = [each for each in mine if each is not here]
        policy = self.elsewhere[user]
        if others and policy == "deny":
            return Reason.ELSEWHERE
        left = others if policy == "move" else []
        exclusive = policy != "several"
        stays = here is not None and (here.method, here.exclusive) == (method, exclusive)
        if here is not None and stays:
            here.pending = False
        elif here is not None:
            left = [*left, here]
        taken = self.at(phone) if phone and here is None else None
        for each in [*left, *([taken] if taken else [])]:
            self._end(each)
        if not stays:
            self.sitting.append(Sitting(user, phone, method, exclusive, call_id))
        self._hand_back(left)
        return None

    def leave(self, leaving: list[Sitting], *, wait: bool = False, himself: bool = False, empty: bool = False) -> None:
        """These end: later if they `wait` for a call (R2.13); a registration ended by `himself` may come back."""
        waiting = [each for each in leaving if wait and each.place in self.on_call.values()]
        for each in waiting:
            each.pending = True
        ending = [each for each in leaving if each not in waiting]
        for each in ending:
            self._end(each, himself=himself)
        if not empty:
            self._hand_back(ending)

    def hang_up(self, call: str) -> None:
        """R2.13."""
        del self.on_call[call]
        self.leave([each for each in self.sitting if each.pending and each.place not in self.on_call.values()])

    def _end(self, one: Sitting, *, himself: bool = False) -> None:
        self.sitting = [each for each in self.sitting if each is not one]
        if one.call_id and not himself:
            self.over.add((one.user, one.call_id))

    def _hand_back(self, left: list[Sitting]) -> None:
        """R1.2."""
        for each in left:
            owner = self.default_owner.get(each.phone, each.user)
            if owner != each.user and owner not in self.disabled and not self.at(each.phone) and not self.of(owner):
                self.login(owner, each.phone, "return")
