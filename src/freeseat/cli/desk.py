"""`freeseat login`, `logout`, `locate`, `where`: desk logins on somebody's behalf (R2.5, R2.11, R2.13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from freeseat.application.directory.users import user_of
from freeseat.application.ending import Ended
from freeseat.application.locate import Whereabouts, locate, who_is_where
from freeseat.application.log_in import LoggedIn, LogIn, log_in
from freeseat.application.log_out import LoggedOut, log_out, log_out_user
from freeseat.application.ports import Transaction
from freeseat.application.proving import Authority, PinProof, Refusal
from freeseat.cli.command import alone
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.cli.pins import pin_given
from freeseat.cli.values import clock, yes
from freeseat.domain.desk_login import DeskLogin, Method
from freeseat.domain.errors import InvalidValue
from freeseat.domain.trunks import OUTSIDE_PLACE


@dataclass(frozen=True, slots=True)
class _Gone:
    """A login that ended or will end: numbers, the reason, whether it waits for a call."""

    user: str
    phone: str
    place: str
    reason: str
    pending: bool


@alone(example="freeseat login --user 2019 --phone 3001")
def login(
    here: Here,
    user: Annotated[str, typer.Option("--user", metavar="NUMBER", help="Who logs in.")],
    phone: Annotated[str, typer.Option("--phone", metavar="NUMBER", help="At which shared phone.")],
    pin: Annotated[
        str | None,
        typer.Option(
            "--pin", metavar="PIN", help="Prove it by PIN; - reads it from standard input. Otherwise on his behalf."
        ),
    ] = None,
) -> None:
    """Log a user in at a shared phone, taking it over from whoever sits there."""
    proof = Authority() if pin is None else PinProof(pin_given(pin))
    wish = LogIn(user, phone, proof, Method.CLI, here.actor)

    def do(tx: Transaction) -> tuple[LoggedIn, list[_Gone]] | Refusal:
        result = log_in(tx, wish, here.now)
        return result if isinstance(result, Refusal) else (result, [_gone(tx, each) for each in result.ended])

    done, gone = here.write(do)
    data = {
        "user": user,
        "name": done.user.name,
        "phone": phone,
        "place": done.login.place,
        "method": done.login.method,
        "since": done.login.started_at,
        "ended": [_gone_data(each) for each in gone],
        "applied": here.applied,
    }
    give(here, data, f"{user} ({done.user.name}) is logged in at {phone}", *(_gone_words(each) for each in gone))


@alone(example="freeseat logout --phone 3001")
def logout(
    here: Here,
    phone: Annotated[str | None, typer.Option("--phone", metavar="NUMBER", help="Free this phone.")] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="NUMBER", help="Log this user out wherever he is.")
    ] = None,
) -> None:
    """Log out at once, on somebody's behalf; a call that is up goes on (R2.13)."""
    if (phone is None) == (user is None):
        raise InvalidValue("phone or user", phone or "", "give either --phone or --user")

    def do(tx: Transaction) -> LoggedOut | Refusal:
        if phone is not None:
            return log_out(tx, phone, Authority(), here.actor, here.now)
        return log_out_user(tx, user or "", here.actor, here.now)

    gone = [_ended(each) for each in here.write(do).ended]
    data = {"ended": [_gone_data(each) for each in gone], "applied": here.applied}
    give(here, data, *(_gone_words(each) for each in gone))


@alone(example="freeseat locate 2019")
def locate_(here: Here, user: Annotated[str, typer.Argument(metavar="NUMBER", help="Whom to look for.")]) -> None:
    """Tell where a user is logged in: phone, site, node, since when, by which method."""
    person, places = here.read(lambda tx: (user_of(tx, user), locate(tx, user) or ()))
    _give_places(here, places, f"{user} ({person.name}) is not logged in.")


@alone(example="freeseat where --site berlin")
def where(
    here: Here, site: Annotated[str | None, typer.Option(metavar="TEXT", help="Only at this site.")] = None
) -> None:
    """Tell who is where: every desk login that is open."""
    places = [each for each in here.read(who_is_where) if site is None or each.site == site]
    _give_places(here, places, "Nobody is logged in.")


def place_data(place: Whereabouts) -> dict[str, object]:
    """A place for programs."""
    return {
        "user": place.user,
        "name": place.name,
        "phone": place.phone,
        "place": place.place,
        "site": place.site,
        "location_id": place.location_id,
        "node": place.node,
        "since": place.since,
        "method": place.method,
        "state": place.state,
        "pending": place.pending,
        "registered": place.registered,
    }


def _without_phone(place: Whereabouts) -> str:
    """How somebody's place is called where there is no phone of ours: an outside number (R2.6) or his own device."""
    if place.place.startswith(OUTSIDE_PLACE):
        return place.place.removeprefix(OUTSIDE_PLACE)
    return "(own device)"


def _give_places(here: Here, places: tuple[Whereabouts, ...] | list[Whereabouts], empty: str) -> None:
    rows = [
        (
            each.user,
            each.name,
            each.phone or _without_phone(each),
            each.site,
            each.node,
            clock(each.since),
            each.method.value,
            each.state.value + (f" ({each.pending})" if each.pending else ""),
            yes(each.registered),
        )
        for each in places
    ]
    heads = ("user", "name", "phone", "site", "node", "since (UTC)", "by", "state", "registered")
    give(here, [place_data(each) for each in places], Listing(heads, rows, empty))


def _gone(tx: Transaction, login: DeskLogin) -> _Gone:
    user = tx.users.get(id=login.user_id)
    phone = tx.phones.get(id=login.phone_id) if login.phone_id is not None else None
    reason = login.end_reason or login.pending or ""
    return _Gone(
        user.number if user else "", phone.number if phone else "", login.place, reason, login.pending is not None
    )


def _ended(each: Ended) -> _Gone:
    reason = each.login.end_reason or each.login.pending or ""
    return _Gone(each.user, each.phone, each.login.place, reason, each.pending)


def _gone_data(gone: _Gone) -> dict[str, object]:
    return {
        "user": gone.user,
        "phone": gone.phone,
        "place": gone.place,
        "reason": gone.reason,
        "pending": gone.pending,
    }


def _gone_words(gone: _Gone) -> str:
    where_ = gone.phone or "his own device"
    if gone.pending:
        return f"{gone.user} will be logged out at {where_} when the call is over"
    return f"{gone.user} is logged out at {where_} ({gone.reason.replace('_', ' ')})"
