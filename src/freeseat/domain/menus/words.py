"""The words a voice menu speaks and hears: prompts, inputs, effects, and the actions it asks for (R2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from freeseat.domain.queues import QueueVerb

KEYS = frozenset("0123456789*#")
"""The keys menus know; A to D are on no desk phone."""

MOST_KEYS = 64
"""More keys than this typed ahead are dropped: no menu has that many."""


@dataclass(frozen=True, slots=True, repr=False)
class Typed:
    """Keys a person typed, which may be a PIN: neither str() nor repr() shows them, so that no log can carry one."""

    keys: str = ""

    def reveal(self) -> str:
        """What was typed."""
        return self.keys

    def plus(self, key: str) -> Typed:
        """The same with one more key, up to the most that is kept."""
        return self if len(self.keys) >= MOST_KEYS else Typed(self.keys + key)

    def after_first(self) -> Typed:
        """The same without its first key."""
        return Typed(self.keys[1:])

    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        return "Typed(***)"


# --- prompts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """A recording of the catalogue, by its key, such as `enter_extension`."""

    key: str


@dataclass(frozen=True, slots=True)
class Digits:
    """A number spoken digit by digit."""

    number: str


@dataclass(frozen=True, slots=True)
class Name:
    """A user's recorded name, by user number; silent where no recording exists."""

    user: str


Prompt = Say | Digits | Name


# --- actions asked, and their answer -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verify:
    """May this extension, with this PIN, log in at this phone? Counts as the one attempt of the login (R2.15)."""

    extension: str
    pin: Typed


@dataclass(frozen=True, slots=True)
class LogIn:
    """Log the verified extension in at this phone."""

    extension: str
    pin: Typed


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who is logged in at this phone?"""


@dataclass(frozen=True, slots=True)
class LogOut:
    """Log out the occupant of this phone, who proves himself by his PIN."""

    pin: Typed


@dataclass(frozen=True, slots=True)
class RemoteLogOut:
    """Log out that extension wherever it is (R2.10)."""

    extension: str


@dataclass(frozen=True, slots=True)
class Locate:
    """Where is that extension logged in (R2.11)?"""

    extension: str


@dataclass(frozen=True, slots=True)
class ChangePin:
    """Change the occupant's PIN (R1.8)."""

    old: Typed
    new: Typed


@dataclass(frozen=True, slots=True)
class TakePart:
    """The caller logs in to a queue or out of it, or with no number at all his queues (R5.1)."""

    verb: QueueVerb
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Identify:
    """May this person, who calls from outside, log in at an outside telephone, or leave one (R2.6)?"""

    extension: str
    pin: Typed


@dataclass(frozen=True, slots=True)
class BeReachedAt:
    """Log the identified person in at an outside number, or out; `choice` is a number, FROM_HERE or NOWHERE."""

    extension: str
    pin: Typed
    choice: str


FROM_HERE, NOWHERE = "1", "0"
"""Keyed instead of an outside number: the number of this very call, or none any more."""

Action = Verify | LogIn | Occupant | LogOut | RemoteLogOut | Locate | ChangePin | TakePart | Identify | BeReachedAt


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action came to.

    `reason` is the stable word of a refusal, empty when `ok`. `user` is the number of the person concerned, `phone`
    the number of the phone where he is (empty: nowhere). `own_phone` says that he is registered as himself,
    `outside` that `phone` is the number of an outside telephone.
    `pending` says that a logout waits for his call to end (R2.13). `language` is his, such as `de`, or empty. `queues`
    are numbers of queues he takes part in now, or, with `at_queue` false, no more.
    """

    ok: bool
    reason: str = ""
    user: str = ""
    name: str = ""
    phone: str = ""
    language: str = ""
    own_phone: bool = False
    outside: bool = False
    pending: bool = False
    queues: tuple[str, ...] = ()
    at_queue: bool = False


# --- inputs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A key was pressed. Its repr hides which one."""

    digit: str

    def __repr__(self) -> str:
        return "Key(*)"


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing was pressed within the time the last Collect gave."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The action last asked is done."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Gone:
    """The caller hung up."""


Input = Key | Pause | Answered | Gone


# --- effects -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    """Play these one after the other; a following Collect lets a key cut them short."""

    prompts: tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class Collect:
    """Wait for one key, at most `timeout` seconds after the last prompt has ended, then give Key or Pause.

    `max_digits` is how many the field still takes, `terminator` the key that ends it.
    """

    max_digits: int
    terminator: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Run the action and give Answered; keys pressed meanwhile are given as usual (typed ahead)."""

    action: Action


@dataclass(frozen=True, slots=True)
class Speak:
    """From now on use this language for prompts (R3.7)."""

    language: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Wait for the prompts to end and hang up; `reason` is `normal`, `gave_up` or the stable word of a refusal."""

    reason: str


Effect = Play | Collect | Ask | Speak | HangUp
