"""A node with its pages and one browser for all modules here; whatever a page complains about fails the test."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from freeseat.domain.permissions import Role
from tests.acceptance.office import Office
from tests.acceptance.queues.centre import Centre
from tests.acceptance.web.browser import Chromium, Windows
from tests.acceptance.web.site import ROOT, Site
from tests.clients.node import Node
from tests.clients.ports import free_port


@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    """One browser; each window has cookies of its own."""
    with Chromium() as running:
        yield running


@pytest.fixture(scope="package")
def open_site(prompts: Path) -> Iterator[Site]:
    """A running node with pages, and an administrator."""
    port = free_port()
    with Node(prompts=prompts, settings={"web": web_at(port)}) as node, Office(node, prompts) as office:
        site = Site(office, port)
        site.account(ROOT, Role.ADMINISTRATOR)
        yield site


def web_at(port: int) -> dict[str, object]:
    """Settings of the web process."""
    return {"port": port, "listen": "127.0.0.1"}


@pytest.fixture
def site(open_site: Site) -> Iterator[Site]:
    """Pages of an empty office, emptied again afterwards."""
    yield open_site
    open_site.clear()
    open_site.office.clear()


@pytest.fixture
def office(site: Site) -> Office:
    """The office of these pages."""
    return site.office


@pytest.fixture
def centre(office: Office, site: Site) -> Iterator[Centre]:
    """An office without queues, and again afterwards."""
    made = Centre(office)
    yield made
    site.clear()  # what names a queue goes first
    made.clear()


@pytest.fixture
def windows(chromium: Chromium, open_site: Site) -> Iterator[Windows]:
    """Windows of the browser."""
    opened = Windows(chromium.browser, open_site.url, open_site.cookie)
    yield opened
    opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test whose pages complained has failed."""
    result = yield
    windows = getattr(item, "funcargs", {}).get("windows")
    if isinstance(windows, Windows):
        windows.check()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A failed test leaves pictures and traces of its windows."""
    report = yield
    windows = getattr(item, "funcargs", {}).get("windows")
    if report.failed and report.when == "call" and isinstance(windows, Windows):
        assert item.config.cache is not None
        kept = windows.keep(Path(item.config.cache.mkdir("failed-pages")), item.name)
        report.sections.append(("what the browser showed", "\n".join(kept)))
    return report
