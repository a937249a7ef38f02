"""Workplaces are added, changed and deleted; their links and settings (R6.1, R6.3)."""

from __future__ import annotations

import pytest

from freeseat.application.workplaces.directory import (
    Link,
    delete_workplace,
    give_link,
    revoke_link,
    settings_of,
    workplace_by_token,
    workplace_of,
)
from freeseat.domain.errors import Clash, InvalidValue, NotFound
from freeseat.domain.events import Kind
from freeseat.domain.workplaces import DeskSettings, Layout, SettingsScope, Theme
from tests.application.office import ADMIN
from tests.application.workplaces.desk import TOKEN, Desk


def test_a_link_opens_its_own_page_and_nothing_else(desk: Desk) -> None:
    def opened(token: str, link: Link) -> str:
        found = desk.read(lambda tx: workplace_by_token(tx, token, link))
        return found.name if found else ""

    assert opened("", Link.PAGE) == ""
    desk.write(lambda tx: give_link(tx, "desk", Link.PAGE, TOKEN, ADMIN, desk.now))
    desk.write(lambda tx: give_link(tx, "desk", Link.LOGIN, "q" * 43, ADMIN, desk.now))
    assert opened(TOKEN, Link.PAGE) == "desk"
    assert opened(TOKEN, Link.LOGIN) == ""
    assert opened("q" * 43, Link.LOGIN) == "desk"
    assert opened("q" * 43, Link.PAGE) == ""
    desk.alter(enabled=False)
    assert opened(TOKEN, Link.PAGE) == ""
    desk.alter(enabled=True)
    desk.write(lambda tx: give_link(tx, "desk", Link.PAGE, "u" * 43, ADMIN, desk.now))
    assert opened(TOKEN, Link.PAGE) == ""
    desk.write(lambda tx: revoke_link(tx, "desk", Link.PAGE, ADMIN, desk.now))
    assert opened("u" * 43, Link.PAGE) == ""
    with pytest.raises(InvalidValue, match="random"):
        desk.write(lambda tx: give_link(tx, "desk", Link.PAGE, "short", ADMIN, desk.now))
    everything = repr(desk.events())
    assert TOKEN not in everything
    assert "digest" not in repr([event.data for event in desk.events(Kind.WORKPLACE_CHANGED)])


def test_a_workplace_is_checked(desk: Desk) -> None:
    for fields, right in (
        ({"phone_number": ""}, "name the phone"),
        ({"phone_number": "x"}, "digits"),
        ({"mac": "12"}, "12 hexadecimal"),
        ({"address": "phone"}, "IP address"),
        ({"queues": ("800", "800")}, "once"),
        ({"name": ""}, "empty"),
        ({"digest": "x"}, "use one of"),
    ):
        with pytest.raises(InvalidValue, match=right):
            desk.alter(**fields)
    with pytest.raises(Clash):
        desk.add("desk", phone_number="3002")
    assert desk.alter(address="::ffff:192.0.2.7").address == "192.0.2.7"
    assert desk.alter(mac="00-04-F2-AA-BB-CC").mac == "0004f2aabbcc"


def test_deleting_a_workplace_takes_all_of_it_away(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.alter(settings_scope=SettingsScope.LOCAL)
    desk.save(sound=False)
    desk.opens()
    desk.write(lambda tx: delete_workplace(tx, "desk", ADMIN, desk.now))
    assert desk.read(lambda tx: (tx.desk_settings.list(), tx.open_pages.list())) == ([], [])
    with pytest.raises(NotFound):
        desk.desk()


def test_what_shows_a_queue_follows_its_number(desk: Desk) -> None:
    desk.alter(queues=("800",))
    desk.login("2019", "3001")
    desk.save(queues=("800",))
    desk.change("800", number="880")
    assert desk.read(lambda tx: workplace_of(tx, "desk")).queues == ("880",)
    assert desk.read(lambda tx: tx.desk_settings.list())[0].settings.queues == ("880",)


def test_a_workplace_follows_its_phones_number(desk: Desk) -> None:
    desk.change_phone("3001", number="3009")
    assert desk.phone_at() == "3009"


def test_settings_follow_the_user_or_stay_at_the_workplace(desk: Desk) -> None:
    desk.add("other", phone_number="3002")

    def found(name: str, user: str, queue: str = "") -> DeskSettings:
        return desk.read(lambda tx: settings_of(tx, workplace_of(tx, name), tx.users.get(number=user), queue))

    desk.save(theme=Theme.DARK, layout=Layout.LIST)
    assert found("other", "2019").theme is Theme.DARK
    assert found("other", "2020") == DeskSettings()
    desk.alter("other", settings_scope=SettingsScope.LOCAL)
    assert found("other", "2019") == DeskSettings()
    desk.save(name="other", sound=False)
    desk.save(name="other", queue="800", theme=Theme.LIGHT)
    assert found("other", "2020").sound is False
    assert found("other", "2020", "800").theme is Theme.LIGHT
    assert found("other", "2020", "801").sound is False
    assert found("desk", "2019").theme is Theme.DARK
    with pytest.raises(InvalidValue):
        desk.save(language="deutsch")
