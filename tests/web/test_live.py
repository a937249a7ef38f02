"""Live pages (issue 4): every change shows, nothing is missed over a lost connection, each is rendered once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from freeseat.domain.permissions import Role
from tests.web.serving import Browser, Served


class Stream:
    """The events of a stream, one by one."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def event(self) -> tuple[str, str]:
        """The next event: its type and its data."""
        name, data = "", []
        for line in self._lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data.append(line.removeprefix("data: "))
            elif not line and name:
                return name, "\n".join(data)
        raise AssertionError("the stream ended")


@contextmanager
def streamed(browser: Browser, *fragments: str) -> Iterator[Stream]:
    with browser.stream("GET", "/live", params=[("f", each) for each in fragments]) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer.iter_lines())


def test_a_stream_begins_with_the_state_as_it_is(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    with streamed(admin, "overview") as stream:
        name, text = stream.event()
    assert name == "overview"
    assert "User 2019" in text


def test_a_login_shows_at_once_and_a_logout_too(served: Served, admin: Browser) -> None:
    with streamed(admin, "overview") as stream:
        assert "User 2019" not in stream.event()[1]
        served.office.login("2019", "3001")
        assert "User 2019" in stream.event()[1]
        served.office.force("2019")
        assert "left" in stream.event()[1]


def test_what_happened_while_a_connection_was_lost_is_there_when_it_is_back(served: Served, admin: Browser) -> None:
    with streamed(admin, "overview") as stream:
        stream.event()
    served.office.login("2019", "3001")
    with streamed(admin, "overview") as stream:
        assert "User 2019" in stream.event()[1]


def test_a_supervisor_sees_only_his_own(served: Served) -> None:
    served.office.login("2019", "3001")
    with served.account("susi", Role.SUPERVISOR, sites=("north",)) as susi, streamed(susi, "overview") as stream:
        assert "User 2019" not in stream.event()[1]


@pytest.mark.parametrize("fragments", [["nothing"], ["overview"] * 41, ["?"]])
def test_what_is_not_there_is_refused(admin: Browser, fragments: list[str]) -> None:
    answer = admin.get("/live", params=[("f", each) for each in fragments], headers={"Accept": "*/*"})
    assert answer.status_code in (404, 422)
