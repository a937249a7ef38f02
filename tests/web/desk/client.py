"""The agent client as a browser has it, without the browser: its page, its forms, its stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from typing import Any

import httpx2

from freeseat.application.workplaces.directory import (
    Link,
    add_workplace,
    change_workplace,
    give_link,
    revoke_link,
    workplace_of,
)
from freeseat.domain.tokens import DESK_LINK
from freeseat.domain.workplaces import Workplace
from tests.application.centre import Centre
from tests.application.office import ADMIN
from tests.web.serving import Browser, Served
from tests.web.test_live import Stream

_STREAM = re.compile(r'data-stream="([^"]+)"')
_SLOT = re.compile(r'data-live="([^"]+)"')


class AgentClient(Browser):
    """A browser with the link of a workplace; `base` is the address of its page."""

    base = ""

    def page(self, query: str = "") -> str:
        return self.see(self.base + query)

    def act(self, action: str, **fields: str) -> str:
        """Send a form of the page as its script does; what is told then, '' if nothing."""
        answer = self.post(
            f"{self.base}/{action}", data=fields, headers={"X-CSRF-Token": self.csrf, "HX-Request": "true"}
        )
        assert answer.status_code == 200, answer.text
        return unescape(re.sub("<[^>]*>", "", answer.text)).strip()

    @contextmanager
    def streamed(self, *fragments: str, page: str = "") -> Iterator[Stream]:
        """The stream of a page; of the one loaded with this text, with what it shows, unless fragments are named."""
        text = page or self.page()
        address = unescape(_STREAM.findall(text)[0])
        wanted = fragments or tuple(unescape(each) for each in _SLOT.findall(text))
        asked = "&".join(str(httpx2.QueryParams({"f": each})) for each in wanted)
        glue = "&" if "?" in address else "?"
        with self.stream("GET", f"{address}{glue}{asked}") as answer:
            assert answer.status_code == 200
            yield Stream(answer.iter_lines())


class DeskCentre(Centre):
    """The call centre whose desks have pages."""

    def __init__(self, served: Served) -> None:
        super().__init__(served.office)
        self.served = served
        self.tokens: dict[str, str] = {}
        self.desk("desk 1", phone_number="3001")

    def desk(self, name: str, **fields: Any) -> Workplace:
        made = self.write(lambda tx: add_workplace(tx, replace(Workplace(0, name), **fields), ADMIN, self.now))
        self.tokens[name] = f"{name} ".replace(" ", "-").ljust(43, "x")
        self.write(lambda tx: give_link(tx, name, Link.PAGE, self.tokens[name], ADMIN, self.now))
        return made

    def alter(self, name: str, **changes: Any) -> None:
        self.write(lambda tx: change_workplace(tx, name, changes, ADMIN, self.now))

    def revoke(self, name: str) -> None:
        self.write(lambda tx: revoke_link(tx, name, Link.PAGE, ADMIN, self.now))

    def workplace(self, name: str) -> Workplace:
        return self.read(lambda tx: workplace_of(tx, name))

    def opened(self, name: str, browser: AgentClient | None = None) -> AgentClient:
        """A browser in which the link was opened once."""
        client = browser or AgentClient(self.served.url)
        answer = client.get(DESK_LINK + self.tokens[name])
        assert answer.status_code == 303, answer.text
        client.base = answer.headers["location"]
        client.page()
        return client
