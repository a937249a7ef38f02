"""Pictures of every page, wide and narrow, dark and light, of a lively office; see scripts/screenshots.

They are WebP, which is a third of PNG; the browser itself encodes them.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from playwright.sync_api import Page

from freeseat.domain.permissions import Role
from tests.acceptance.ear import make_prompts
from tests.acceptance.office import Office
from tests.acceptance.queues.centre import Centre
from tests.acceptance.web.browser import NARROW, WIDE, Chromium, Scheme, Windows
from tests.acceptance.web.importing import BAD_LINES, GOOD_LINES, upload
from tests.acceptance.web.sample import AGENT, SUPERVISOR, Sample, furnish
from tests.acceptance.web.site import ROOT, Site
from tests.acceptance.web.walking import kind_of, walk
from tests.clients.node import Node
from tests.clients.ports import free_port

DIRECTORY = Path("docs/pictures/all")
"""Not kept in the repository; what is in BEST is copied beside it."""
BEST = (
    "desk-1440-light", "desk-1440-dark", "desk-390-light", "desk-free-1440-light", "board-1440-dark",
    "portal-1440-light", "portal-desks-1440-light", "portal-queues-any-1440-light", "portal-floor-any-1440-light",
    "portal-console-1440-dark", "portal-users-1440-light", "portal-workplaces-any-1440-light",
    "portal-reports-queues-1440-light",
)  # fmt: skip
_SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_TALLEST = {WIDE: 1800, NARROW: 2400}
_ENCODE = """
async (png) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const webp = await canvas.convertToBlob({ type: "image/webp", quality: 0.9 });
  const octets = new Uint8Array(await webp.arrayBuffer());
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return btoa(text);
}
"""


class Camera:
    """Takes a page in every width and theme."""

    def __init__(self, directory: Path, darkroom: Page) -> None:
        self.directory = directory
        self._darkroom = darkroom
        self.taken = 0

    def take(self, page: Page, name: str) -> None:
        """All pictures of an open page; it stays open, so that what is live goes on."""
        for width, scheme in product((WIDE, NARROW), _SCHEMES):
            if width == NARROW and scheme == _SCHEMES[0]:
                page.set_viewport_size({"width": width, "height": 844})
                page.reload()  # as a telephone loads it: the menu is folded
            page.emulate_media(color_scheme=scheme)
            tall = page.evaluate("document.documentElement.scrollHeight")
            clip = {"x": 0, "y": 0, "width": width, "height": min(tall, _TALLEST[width])}
            png = page.screenshot(full_page=True, clip=clip, animations="disabled")  # type: ignore[arg-type]
            webp: str = self._darkroom.evaluate(_ENCODE, b64encode(png).decode())
            (self.directory / f"{name}-{width}-{scheme}.webp").write_bytes(b64decode(webp))
            self.taken += 1
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.emulate_media(color_scheme="light")


def name_of(path: str) -> str:
    """A file's name for a page."""
    return re.sub(r"[^a-z0-9]+", "-", kind_of(path).replace("*", "any")).strip("-")


def running(stack: ExitStack) -> Site:
    """A node with pages in a directory of its own."""
    prompts = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="prompts-")))
    make_prompts(prompts)
    port = free_port()
    node = stack.enter_context(Node(prompts=prompts, settings={"web": {"port": port, "listen": "127.0.0.1"}}))
    office = stack.enter_context(Office(node, prompts))
    return Site(office, port)


def pages(windows: Windows, sample: Sample) -> Iterator[tuple[Page, str]]:
    """Every page, open, with its name; what changes by itself comes first."""
    for path, name in ((sample.desk, "desk"), (sample.board, "board"), (sample.free_desk, "desk-free")):
        page = windows.open(path, traced=False)
        page.wait_for_selector('html[data-link="live"]')
        yield page, name
    page = windows.open("", ROOT, traced=False)
    for path in walk(page):
        yield page, name_of(path)
    for path, account, name in (
        ("/portal", SUPERVISOR, "supervisor"), ("/portal/queues", SUPERVISOR, "supervisor-queues"),
        ("/desk", AGENT, "own-desk"), ("/sign-in", "", "sign-in"), ("/portal/nothing", ROOT, "nothing-there"),
    ):  # fmt: skip
        yield windows.open(path, account, traced=False), name
    page = windows.open(sample.desk, traced=False)
    page.get_by_role("link", name="Settings").click()
    yield page, "desk-settings"
    page = windows.open("", ROOT, traced=False)
    for name, lines in (("import-bad", BAD_LINES), ("import-good", GOOD_LINES)):
        upload(page, lines)
        page.wait_for_selector("#import-state .figure")
        yield page, f"portal-{name}"


def main() -> None:
    """Take them all."""
    arguments = argparse.ArgumentParser(description="Pictures of every page of a lively sample office.")
    arguments.add_argument("directory", nargs="?", type=Path, default=DIRECTORY)
    directory: Path = arguments.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with ExitStack() as stack:
        site = running(stack)
        site.account(ROOT, Role.ADMINISTRATOR, full_name="Ada Lovelace")
        sample = furnish(site, Centre(site.office))
        chromium = stack.enter_context(Chromium())
        windows = Windows(chromium.browser, site.url, site.cookie)
        stack.callback(windows.close)
        camera = Camera(directory, chromium.browser.new_page())
        for page, name in pages(windows, sample):
            camera.take(page, name)
    if directory == DIRECTORY:
        for best in BEST:
            (directory.parent / f"{best}.webp").write_bytes((directory / f"{best}.webp").read_bytes())
    print(f"{camera.taken} pictures in {directory}, in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
