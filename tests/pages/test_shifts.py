"""Nothing on a page moves when its scripts arrive late, as they do on a slow line."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, sync_playwright

from tests.pages.harness import KINDS, MOST_SHIFT
from tests.story.browser import launch
from tests.story.harness import RunningSpace

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WITHOUT_SCRIPTS = {"/contact-moderators"}
PHONE = {"width": 412, "height": 823}
RECORD = """
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            const moved = entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 200) ?? node?.nodeName);
            shifts.push([entry.value, moved]);
        }
    }).observe({ type: 'layout-shift', buffered: true });
"""
PAINTED = """
    new Promise((painted) => new PerformanceObserver(() => painted()).observe({ type: 'paint', buffered: true }))
"""
# The second frame begins after the first has been drawn, and with it whatever moved.
DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_moves_when_scripts_come_late(
    browser: Browser, space: RunningSpace, paths: dict[str, str], kind: str
) -> None:
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(RECORD)
    held: list[Route] = []
    page.route("**/*.js", lambda route: held.append(route))
    page.goto(space.url + paths[kind], wait_until="commit")
    page.evaluate(PAINTED)
    page.unroute("**/*.js")  # sends off those that were held
    page.wait_for_load_state("load")
    page.evaluate(DRAWN)
    shifts = page.evaluate("shifts")
    context.close()
    assert bool(held) == (kind not in WITHOUT_SCRIPTS)
    assert sum(value for value, _ in shifts) <= MOST_SHIFT, shifts
