"""A lively office to look at: people at desks, queues with callers and agents in every state, calls, a past."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from freeseat.application.accounts.invitations import invite
from freeseat.application.accounts.principal import Principal
from freeseat.application.accounts.tokens import add_token
from freeseat.application.directory.users import user_of
from freeseat.application.plans.directory import add_plan, place_desk
from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import pause, queue_of
from freeseat.application.webhooks.directory import add_webhook
from freeseat.domain.accounts import API_TOKEN_MARK, ApiToken
from freeseat.domain.boards import BoardColumn, Thresholds
from freeseat.domain.directory import Right, Schedule
from freeseat.domain.events import Kind
from freeseat.domain.permissions import Permission, Role
from freeseat.domain.queues import Readiness, Strategy
from freeseat.domain.trunks import Trunk
from freeseat.domain.webhooks import Webhook
from tests.acceptance.office import ADMINISTRATOR
from tests.acceptance.queues.centre import Centre
from tests.acceptance.web.floor import floor_picture
from tests.acceptance.web.past import write_past
from tests.acceptance.web.site import Site

SUPPORT, SALES, ORDERS = "801", "802", "803"
SUPERVISOR, READER, AGENT = "sofia", "rahel", "bill"
_PEOPLE = {
    "2010": ("Anna Berger", "Support"), "2011": ("Bill Carter", "Support"), "2012": ("Carla Rossi", "Support"),
    "2013": ("David Kim", "Support"), "2014": ("Elif Yılmaz", "Support"), "2015": ("Frank Wagner", "Support"),
    "2016": ("Grace Okafor", "Sales"), "2017": ("Henrik Larsen", "Sales"), "2018": ("Ines Moreau", "Sales"),
    "2019": ("Jonas Weber", "Sales"), "2020": ("Katarzyna Nowak", "Orders"), "2021": ("Luís Almeida", "Orders"),
    "2022": ("Maria Papadopoulou", "Orders"), "2023": ("Noah Schmidt", "Management"),
}  # fmt: skip
_CALLERS = {
    "2051": "Workshop Kreuzberg", "2052": "Petra Lindner", "2053": "Hotel Astoria", "2054": "Dr. M. Haas",
    "2055": "Stadtwerke", "2056": "Bakery Sommer",
}  # fmt: skip
_SEATS = {
    "2010": "3001", "2011": "3002", "2012": "3003", "2013": "3004", "2014": "3005", "2016": "3011", "2017": "3012",
    "2018": "3013", "2019": "3014", "2023": "3006",
}  # fmt: skip
_BERLIN, _HAMBURG = [f"30{each:02}" for each in range(1, 11)], [f"30{each:02}" for each in range(11, 17)]
_MEMBERS = {
    SUPPORT: ("2010", "2011", "2012", "2013", "2014", "2015"),
    SALES: ("2016", "2017", "2018", "2019"),
    ORDERS: ("2020", "2021", "2022", "2019"),
}
_LOCATIONS = [(x, y) for y in (0.2, 0.76) for x in (0.12, 0.25, 0.38, 0.66, 0.84)]
_NO_PHONE = ("3010", "3016", _SEATS["2014"])
"""Places whose phones are not plugged in."""
_SOFTPHONES = (_SEATS["2010"], _SEATS["2011"])


@dataclass(frozen=True, slots=True)
class Sample:
    """What there is to look at: paths of links, and the ids of plans."""

    desk: str
    free_desk: str
    board: str
    plan: int


def furnish(site: Site, centre: Centre, *, days: int = 6, calls: int = 30) -> Sample:
    """Enter the office and let it live: it stays as it is for a minute or two, until callers lose patience."""
    _directory(site)
    _queues(centre)
    write_past(site.office, list(_SEATS.items()), _MEMBERS, list(_CALLERS), days, calls)
    plan = _floor(site)
    _rules(site)
    sample = Sample(
        desk=site.workplace("Support, window", phone_number=_SEATS["2011"], site="Berlin"),
        free_desk=site.workplace("Support, door", phone_number="3007", site="Berlin"),
        board=_board(site),
        plan=plan,
    )
    _accounts(site)
    _take_seats(centre)
    _call(centre)
    return sample


def _directory(site: Site) -> None:
    office = site.office
    office.cos(rights=frozenset({Right.FEATURES, Right.INTERNAL, Right.NATIONAL}))
    office.cos("supervisors", remote_logout_enabled=True)
    for number, (name, department) in _PEOPLE.items():
        office.user(number, name=name, department=department, email=f"{number}@example.com", language="en")
    for number in (*_BERLIN, *_HAMBURG):
        site_name = "Berlin" if number in _BERLIN else "Hamburg"
        office.phone(
            number,
            language="en",
            site=site_name,
            vendor="Yealink",
            model="T54W",
            location_id=f"{site_name}, desk {number}",
        )
    for number, name in _CALLERS.items():
        office.user(number, name=name, hot_desk_access=False, language="en")
        office.phone(f"4{number[1:]}", owner=number)


def _queues(centre: Centre) -> None:
    for number, code, name in ((SUPPORT, "811", "Support"), (SALES, "812", "Sales"), (ORDERS, "813", "Orders")):
        centre.queue(number, code, name=name, ring_seconds=150, strategy=Strategy.PRIORITY, announce_seconds=120)
        for priority, user in enumerate(_MEMBERS[number], 1):
            centre.member(user, number, priority=priority)
    centre.change(SUPPORT, wrap_up_seconds=3600)


def _floor(site: Site) -> int:
    desks = dict(zip(_BERLIN, _LOCATIONS, strict=True))

    def use_case(tx: Transaction) -> int:
        plan = add_plan(tx, "Berlin, 2nd floor", "Berlin", floor_picture(_LOCATIONS), ADMINISTRATOR, _now())
        for phone, (x, y) in desks.items():
            place_desk(tx, plan.name, phone, x, y, ADMINISTRATOR, _now())
        return plan.id

    return site.office.write(use_case)


def _rules(site: Site) -> None:
    office = site.office
    office.trust("10.20.0.0/16", description="Offices in Berlin and Hamburg", location_id="Berlin, reception")
    office.trunk(
        Trunk(0, "carrier", "sip:sip.carrier.example", username="4930901820", enabled=False), "secret-of-trunk"
    )
    office.inbound("+4930901820", SUPPORT)
    office.schedule(Schedule(0, "0 22 * * *", "Europe/Berlin", description="Everybody goes home"))
    principal = Principal.authority(ADMINISTRATOR)

    def use_case(tx: Transaction) -> None:
        hook = Webhook(
            0, "CRM", "https://crm.example/hooks/freeseat", kinds=(Kind.LOGGED_IN, Kind.LOGGED_OUT), enabled=False
        )
        add_webhook(tx, hook, secrets.token_urlsafe(32), ADMINISTRATOR, _now())
        token = ApiToken(0, "monitoring", "", "", frozenset({Permission.DESKS_READ, Permission.QUEUES_READ}))
        add_token(tx, token, API_TOKEN_MARK + secrets.token_urlsafe(32), principal, _now())
        invite(tx, Role.READ_ONLY, secrets.token_urlsafe(32), principal, _now())

    office.write(use_case)


def _board(site: Site) -> str:
    columns = (
        BoardColumn.WAITING, BoardColumn.LONGEST_WAIT, BoardColumn.READY, BoardColumn.ON_CALL, BoardColumn.ANSWERED,
        BoardColumn.ABANDONED, BoardColumn.SERVICE_LEVEL,
    )  # fmt: skip
    thresholds = Thresholds(waiting=3, longest_wait_seconds=120, service_level_percent=80)
    return site.board("Customer service", columns=columns, thresholds=thresholds, timezone="Europe/Berlin")


def _accounts(site: Site) -> None:
    site.account(SUPERVISOR, Role.SUPERVISOR, full_name="Sofia Brandt", queues=(SUPPORT,), sites=("Berlin",))
    site.account(READER, Role.READ_ONLY, full_name="Rahel Stein")
    site.account(AGENT, Role.AGENT, full_name="Bill Carter", person="2011")


def _take_seats(centre: Centre) -> None:
    office = centre.office
    for user, phone in _SEATS.items():
        office.seat(user, phone)
    for phone in (*_BERLIN, *_HAMBURG):
        if phone not in (*_NO_PHONE, *_SOFTPHONES):
            office.raw_desk(phone)
    for user in ("2010", "2011", "2012", "2013", "2014"):
        centre.take_part(user, SUPPORT)
    for user in ("2016", "2017", "2018", "2019"):
        centre.take_part(user, SALES)
    for user, queue, reason in (("2013", SUPPORT, "lunch"), ("2012", SUPPORT, "meeting"), ("2018", SALES, "training")):
        office.write(
            lambda tx, user=user, queue=queue, reason=reason: pause(  # type: ignore[misc]
                tx, user_of(tx, user), [queue_of(tx, queue)], reason, ADMINISTRATOR, _now()
            )
        )


def _call(centre: Centre) -> None:
    """Anna talks to the first caller, Bill's phone rings for the second, the others wait."""
    office = centre.office
    office.desk("3001", tone=440, answer=True)
    centre.await_readiness("2010", Readiness.READY, SUPPORT)
    first = office.desk("4051", tone=1_000)
    first.call(SUPPORT)
    centre.await_readiness("2010", Readiness.ON_CALL, SUPPORT)
    bill = office.desk("3002", tone=600)
    centre.await_readiness("2011", Readiness.READY, SUPPORT)
    for phone in ("4052", "4053", "4054", "4055"):
        office.raw_desk(phone).call(SUPPORT)
    centre.await_waiting(4)
    bill.ringing()


def _now() -> datetime:
    return datetime.now(UTC)
