"""CSV import and export (R1.7): a dry run that tells every bad line, all or nothing, files that come back unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.application.bulk import BulkKind, Fault, Import, Imported, decoded, export_csv, import_csv
from freeseat.application.bulk.lines import MOST_LINES, read_csv
from freeseat.application.csv_text import guarded, unguarded, written
from freeseat.application.ports import Transaction
from freeseat.application.queues.directory import add_queue
from freeseat.domain.directory import IdlePolicy
from freeseat.domain.errors import InvalidValue
from freeseat.domain.events import Kind
from freeseat.domain.queues import Queue, Strategy
from tests.application.office import ADMIN, PIN, Office

USERS, PHONES, QUEUES = BulkKind.USERS, BulkKind.PHONES, BulkKind.QUEUES


def done(office: Office, kind: BulkKind, text: str, *, change: bool = False, dry_run: bool = False) -> Imported:
    wish = Import(kind, text, change, dry_run)
    return import_csv(office.database, wish, ADMIN, office.now, lambda: "made-secret")


def faults(office: Office, kind: BulkKind, text: str, *, change: bool = False) -> list[tuple[int, str, str]]:
    """Line, field and value of every fault; a file with a fault changes nothing."""
    before = office.position()
    found = done(office, kind, text, change=change)
    assert not found.applied
    assert office.position() == before
    assert all(fault.expected for fault in found.faults)
    return [(fault.line, fault.field, fault.value) for fault in found.faults]


def test_users_are_added(office: Office) -> None:
    text = "number,name,pin,hot_desk_access,external_numbers\n2101,Carla,4711,yes,'+491701 0170\n2102,Dora,,,\n"
    assert done(office, USERS, text) == Imported(2, 0, 0, (), applied=True)
    carla = office.read(lambda tx: tx.users.get(number="2101"))
    assert carla is not None
    assert (carla.name, carla.hot_desk_access, carla.external_numbers) == ("Carla", True, ("+491701", "0170"))
    office.login("2101", "3001", "4711")
    assert [event.user for event in office.events(Kind.USER_ADDED)][-2:] == ["2101", "2102"]


def test_a_dry_run_changes_nothing(office: Office) -> None:
    before = office.position()
    assert done(office, USERS, "number,name\n2101,Carla\n", dry_run=True) == Imported(1, 0, 0)
    assert office.position() == before


def test_every_bad_line_is_reported(office: Office) -> None:
    """By number, with field, value and what would be right; clashes among lines and with the database, too."""
    text = "\n".join(
        [
            "number;name;class;pin;ring_seconds;enabled",
            "2101;Carla;standard;4711;30;yes",
            "2101;Twice;;;;",
            "2019;Bill;;;;",
            "21x;Dora;;;;",
            "3005;In the range of phones;;;;",
            "2103;;;;;",
            "2104;Eve;none such;;soon;maybe",
            "2105;Fay;;12;;",
            "900;Code;;;;",
            "",
            "2106;Gil;;;;;;too many",
        ]
    )
    assert faults(office, USERS, text) == [
        (3, "number", "2101"),
        (4, "number", "2019"),
        (5, "number", "21x"),
        (6, "number", "3005"),
        (7, "name", ""),
        (8, "class", "none such"),
        (8, "enabled", "maybe"),
        (8, "ring_seconds", "soon"),
        (9, "pin", "2 digits"),
        (10, "number", "900"),
        (12, "", ""),
    ]


def test_a_fault_is_a_sentence() -> None:
    assert str(Fault(3, "pin", "***", "use digits only")) == "line 3: pin '***': use digits only"


def test_existing_ones_are_changed_where_that_is_wanted(office: Office) -> None:
    office.login("2019", "3001")
    text = "number,name,department,pin\n2019,Bill,Sales,9264\n2020,User 2020,,8305\n2101,New,,\n"
    assert faults(office, USERS, text) == [(2, "number", "2019"), (3, "number", "2020")]
    assert done(office, USERS, text, change=True) == Imported(1, 1, 1, (), applied=True)
    bill = office.read(lambda tx: tx.users.get(number="2019"))
    assert bill is not None
    assert (bill.name, bill.department, bill.hot_desk_access) == ("Bill", "Sales", True)
    office.login("2019", "3001", "9264")
    assert done(office, USERS, "number,hot_desk_access\n2019,no\n", change=True).applied
    assert office.where("2019") == []


def test_what_somebody_changed_meanwhile_undoes_everything(office: Office) -> None:
    """Lines are checked beside the writers; the change itself finds out."""
    queues = iter([Queue(0, "2199", "811", "Q")])

    def progress(_done: int, _total: int) -> None:
        for queue in queues:
            office.write(lambda tx, q=queue: add_queue(tx, q, ADMIN, office.now))  # type: ignore[misc]

    text = "number,name\n" + "".join(f"{number},New\n" for number in range(2100, 2200))
    found = import_csv(office.database, Import(USERS, text), ADMIN, office.now, lambda: "", progress)
    assert [(fault.line, fault.value) for fault in found.faults] == [(101, "2199")]
    assert not found.applied
    assert office.read(lambda tx: tx.users.get(number="2100")) is None


def test_progress_counts_to_the_end(office: Office) -> None:
    told: list[tuple[int, int]] = []
    text = "number,name\n" + "".join(f"{number},New\n" for number in range(2100, 2220))
    import_csv(office.database, Import(USERS, text), ADMIN, office.now, str, lambda *each: told.append(each))
    assert told == [(50, 240), (100, 240), (170, 240), (220, 240), (240, 240)]


def test_phones_are_added_and_changed(office: Office) -> None:
    done(office, USERS, "number,name\n2101,Carla\n")
    text = "number,mac,site,owner,secret,idle_policy\n3101,00:15:65:AA:BB:CC,rome,,,internal\n4001,,,2101,my-secret,\n"
    assert done(office, PHONES, text).applied
    shared, own = office.read(lambda tx: [tx.phones.get(number=number) for number in ("3101", "4001")])
    assert shared is not None
    assert own is not None
    assert (shared.mac, shared.site, shared.idle_policy) == ("001565aabbcc", "rome", IdlePolicy.INTERNAL)
    assert not own.shared
    secrets = office.read(lambda tx: [tx.vault.open(phone.secret) for phone in (shared, own)])
    assert secrets == ["made-secret", "my-secret"]
    assert done(office, PHONES, text, change=True) == Imported(0, 0, 2, (), applied=True)
    assert done(office, PHONES, "number,site\n3101,berlin\n", change=True).changed == 1


def test_bad_phones_are_reported(office: Office) -> None:
    office.change_phone("3001", mac="001565000001")
    lines = [
        "number,mac,owner,default_owner,shared,secret",
        "3101,001565000001,,,",
        "3102,001565000002,,,",
        "3103,00-15-65-00-00-02,,,",
        "3104,xyz,,,",
        "5000,,,,",
        "5001,,2019,,",
        "5002,,9999,,no",
        "3105,,,8888,",
        "3106,,,,,short",
    ]
    assert faults(office, PHONES, "\n".join(lines)) == [
        (2, "mac", "001565000001"),
        (4, "mac", "001565000002"),
        (5, "mac", "xyz"),
        (6, "number", "5000"),
        (7, "owner", "2019"),
        (8, "owner", "9999"),
        (9, "default_owner", "8888"),
        (10, "secret", "***"),
    ]


def test_queues_with_members(office: Office) -> None:
    text = "number,code,name,strategy,max_length,members\n800,811,Sales,ring_all,none,2019 2020/2\n"
    assert done(office, QUEUES, text).applied
    queue = office.read(lambda tx: tx.queues.get(number="800"))
    assert queue is not None
    assert (queue.strategy, queue.max_length) == (Strategy.RING_ALL, None)
    assert done(office, QUEUES, text, change=True).unchanged == 1
    assert done(office, QUEUES, "number,members\n800,2020/2\n", change=True).changed == 1
    (member,) = office.read(lambda tx: tx.members.list())
    assert member.priority == 2


def test_bad_queues_are_reported(office: Office) -> None:
    lines = ["number,code,name,members,strategy", "800,811,A,,", "801,8110,B,,", "802,822,C,2019/x,", "803,,D,,loud"]
    assert faults(office, QUEUES, "\n".join([*lines, "804,844,E,7777,"])) == [
        (3, "code", "8110"),
        (4, "members", "2019/x"),
        (5, "strategy", "loud"),
        (6, "members", "7777"),
    ]


@pytest.mark.parametrize("kind", list(BulkKind))
def test_an_export_imports_again_unchanged(office: Office, kind: BulkKind) -> None:
    office.change_user("2019", name="=HYPERLINK(1)", department="'-x", external_numbers=("+4917", "0170"))
    office.change_phone("3001", mac="001565aabbcc", default_owner_id=office.read(_bill))
    done(office, QUEUES, "number,code,name,members\n800,811,Sales,2019 2020/2\n801,821,@home,\n")
    text = office.read(lambda tx: export_csv(tx, kind))
    assert text.isascii()
    before = office.position()
    again = done(office, kind, text, change=True)
    assert again.applied
    assert (again.added, again.changed, again.faults) == (0, 0, ())
    assert again.unchanged == len(text.splitlines()) - 1 > 0
    assert office.position() == before


def test_an_export_has_no_secrets_and_no_formulas(office: Office) -> None:
    office.change_user("2019", name="=cmd()")
    users, phones = (office.read(lambda tx, k=kind: export_csv(tx, k)) for kind in (USERS, PHONES))  # type: ignore[misc]
    assert PIN not in users
    assert "s3cret" not in phones
    assert "'=cmd()" in users
    assert ",=cmd()" not in users


@given(st.text())
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(cell)) == cell


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1))
def test_whatever_is_written_is_read(rows: list[tuple[str, str]]) -> None:
    kept = [row for row in rows if any(cell.strip() for cell in row) and not {"\x00", "\r"} & {*"".join(row)}]
    table = read_csv(written(("a", "b"), kept), ("a", "b"), ())
    assert table.faults == ()
    assert [(line.cells["a"], line.cells["b"]) for line in table.lines] == kept


def test_files_that_are_no_table() -> None:
    def found(text: str) -> list[tuple[int, str]]:
        return [(fault.line, fault.field) for fault in read_csv(text, ("number", "name"), ("number",)).faults]

    assert found("") == [(1, "number")]
    assert found("name,colour,name") == [(1, "colour"), (1, "name"), (1, "number")]
    assert found('number\n"open') == [(2, "")]
    assert found("number\n" + "x" * 5000) == [(2, "")]
    assert found("number\n" + "1\n" * (MOST_LINES + 1)) == [(0, "")]
    assert read_csv("\ufeffNumber \tname\n1\tA", ("number", "name"), ()).lines[0].cells == {"number": "1", "name": "A"}


def test_octets_as_text() -> None:
    assert decoded("ä".encode()) == decoded("\ufeffä".encode()) == decoded("ä".encode("utf-16")) == "ä"
    with pytest.raises(InvalidValue):
        decoded("ä".encode("latin-1"))


def _bill(tx: Transaction) -> int:
    bill = tx.users.get(number="2019")
    assert bill is not None
    return bill.id
