"""Who may what (R10.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.permissions import EVERYTHING, Permission, Role, Sphere, permissions_of, sphere_of

NAMES = st.frozensets(st.sampled_from(["811", "812", "813", "berlin", "paris"]), max_size=4)
SPHERES = st.builds(Sphere, st.none() | NAMES, st.none() | NAMES)


def test_an_administrator_may_everything_and_an_agent_nothing() -> None:
    assert permissions_of(Role.ADMINISTRATOR) == EVERYTHING
    assert permissions_of(Role.AGENT) == frozenset()
    assert sphere_of(Role.ADMINISTRATOR, ["811"], []).unbounded
    assert not sphere_of(Role.AGENT, ["811"], ["berlin"]).covers_queue("811")


def test_who_only_reads_writes_nothing() -> None:
    assert {each.value.split(":")[1] for each in permissions_of(Role.READ_ONLY)} == {"read"}


def test_a_supervisor_neither_changes_the_directory_nor_settings_nor_accounts() -> None:
    forbidden = {
        Permission.DIRECTORY_WRITE,
        Permission.SETTINGS_WRITE,
        Permission.ACCOUNTS_WRITE,
        Permission.AUDIT_READ,
    }
    assert not forbidden & permissions_of(Role.SUPERVISOR)
    assert Permission.QUEUES_WRITE in permissions_of(Role.SUPERVISOR)


@given(NAMES, NAMES, st.sampled_from(["811", "812", "berlin"]))
def test_a_supervisor_has_just_his_own_queues_and_sites(
    queues: frozenset[str], sites: frozenset[str], one: str
) -> None:
    own = sphere_of(Role.SUPERVISOR, queues, sites)
    assert own.covers_queue(one) == (one in queues)
    assert own.covers_site(one) == (one in sites)
    assert not own.unbounded


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.API_CLIENT])
def test_bounds_of_readers_and_programs(role: Role) -> None:
    assert sphere_of(role, [], []).unbounded
    bounded = sphere_of(role, ["811"], [])
    assert bounded.covers_queue("811")
    assert not bounded.covers_queue("812")
    assert not bounded.covers_site("berlin"), "who is bounded to a queue sees no sites"


@given(SPHERES, SPHERES)
def test_a_sphere_covers_another_if_it_covers_all_that_lies_in_it(outer: Sphere, inner: Sphere) -> None:
    names = ["811", "812", "813", "berlin", "paris", "anything else"]
    queues = all(outer.covers_queue(each) for each in names if inner.covers_queue(each))
    sites = all(outer.covers_site(each) for each in names if inner.covers_site(each))
    assert outer.covers(inner) == (queues and sites)


@given(SPHERES)
def test_every_sphere_lies_within_itself_and_everything(sphere: Sphere) -> None:
    assert sphere.covers(sphere)
    assert Sphere().covers(sphere)
    assert sphere.covers(Sphere()) == sphere.unbounded
