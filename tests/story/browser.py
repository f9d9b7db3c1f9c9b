"""Headless Chromium as people use it, watching for what no page may do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    expect,
)

from tests import servers
from tests.story.harness import PASSWORD, RunningSpace

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
BUSY_SECONDS = 60
PHONE, DESKTOP = (390, 844), (1280, 900)

# Without these Chromium calls home at its start, which this suite forbids.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium; skips or fails the test where it is not there."""
    expect.set_options(timeout=60_000)
    return playwright.chromium.launch(executable_path=servers.chromium(), args=ARGUMENTS)


class Visitor:
    """One person's browser. `strays` collects requests to other hosts, `errors` what the pages' scripts or the
    Content-Security-Policy complained about."""

    def __init__(self, context: BrowserContext, space: RunningSpace) -> None:
        self.space = space
        self.context = context
        self.strays: list[str] = []
        self.errors: list[str] = []
        self._busy: set[str] = set()
        self.page: Page = context.new_page()
        self.page.on("request", self._seen)
        self.page.on("response", self._answered)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._logged)

    def go(self, path: str) -> Page:
        """Open a page of the space."""
        self._patiently(self.page.goto(self.space.url + path))
        return self.page

    def sign_up(self, name: str) -> None:
        """Make an account and be signed in."""
        self.go("/sign-up")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.press("main form[action='/sign-up'] button")

    def sign_in(self, name: str) -> None:
        """Sign in as one of the demo's accounts."""
        self.go("/sign-in")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.press("main form[action='/sign-in'] button")

    def press(self, selector: str) -> None:
        """Press what leads to another page, and wait for that."""
        with self.page.expect_navigation() as navigation:
            self.page.click(selector)
        self._patiently(navigation.value)

    def complaints(self) -> list[dict[str, Any]]:
        """What axe finds wrong on this page by WCAG 2.1 AA."""
        # The policy forbids inline scripts, so axe comes in as the debugger's code does.
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = self.page.evaluate(
            """async () => {
                const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
                const result = await axe.run(document, {runOnly: {type: 'tag', values: tags}});
                const html = (one) => one.nodes.map((node) => node.html).slice(0, 3);
                return result.violations.map((one) => ({id: one.id, nodes: html(one)}));
            }"""
        )
        return found

    def _patiently(self, response: Response | None) -> None:
        """Load the page again while it says when to come again. A form sent again is carried out once."""
        end = time.monotonic() + BUSY_SECONDS
        while response is not None and response.status == 503 and time.monotonic() < end:
            time.sleep(float(response.headers["retry-after"]))
            response = self.page.reload()

    def _answered(self, response: Response) -> None:
        if response.status == 503 and "retry-after" in response.headers:
            self._busy.add(response.url)

    def _logged(self, entry: ConsoleMessage) -> None:
        if entry.type == "error":
            self.errors.append(f"{entry.text} {entry.location.get('url', '')}")

    def failures(self) -> list[str]:
        """The errors without each 503 that says when to come again: a busy machine answers so, and scripts heed it."""
        busy = tuple(self._busy)
        return [each for each in self.errors if not (busy and each.endswith(busy) and " 503 " in each)]

    def _seen(self, request: Request) -> None:
        if not request.url.startswith((self.space.url, "data:", "blob:")):
            self.strays.append(request.url)


@contextmanager
def visiting(
    browser: Browser,
    space: RunningSpace,
    size: tuple[int, int] = DESKTOP,
    locale: str = "en",
    dark: bool = False,
    scripts: bool = True,
    zone: str | None = None,
) -> Iterator[Visitor]:
    """A visitor; at the end, no request may have gone elsewhere and no script may have failed."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=locale,
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
        timezone_id=zone,
    )
    context.set_default_timeout(60_000)
    visitor = Visitor(context, space)
    try:
        yield visitor
    finally:
        context.close()
    assert not visitor.strays, visitor.strays
    assert not visitor.failures(), visitor.failures()
