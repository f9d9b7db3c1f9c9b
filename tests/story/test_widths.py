"""No page is wider than its window, and the header stays in it, at every width and in languages with long words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.story.browser import visiting
from tests.story.harness import RunningSpace

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.parametrize("space", ["embedded"], indirect=True, scope="session"),
]

WIDTHS = sorted({*range(320, 1441, 64), 335, 360, 390, 767, 768, 959, 960, 961, 1023, 1278, 1279, 1280})
PATHS = (
    *(
        "/",
        "/news",
        "/talk",
        "/events",
        "/events?view=month",
        "/events/map",
        "/groups",
        "/people",
        "/search?q=space",
    ),
    *("/tags", "/about", "/feeds", "/languages", "/notifications", "/settings", "/drafts", "/news/board"),
    *("/news/submit", "/talk/new", "/events/new", "/groups/new"),
)
# Every label of the header 1.4 times as long, as translators into the longest languages would make it.
LONGER = """() => {
    for (const text of document.querySelectorAll('.sections span, .submit-news span, .sign-in')) {
        const words = text.textContent.trim();
        text.textContent = words + words.slice(0, Math.ceil(words.length * 0.4));
    }
}"""
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    const outside = [...document.querySelectorAll('.top .top-tools > *, .top .brand, .sections a')].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.width > 0 && (box.left < -1 || box.right > width + 1);
    });
    return [document.scrollingElement.scrollWidth - width, outside.map((one) => one.className || one.textContent)];
}"""


def faults(page: Page) -> Iterator[tuple[int, object]]:
    """The widths at which the page or its header is too wide, and by how much or what."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found = page.evaluate(TOO_WIDE)
        if found[0] > 0 or found[1]:
            yield width, found


@pytest.mark.parametrize("lang", ["de", "ar"])
def test_no_page_is_wider_than_its_window(space: RunningSpace, browser: Browser, lang: str) -> None:
    with visiting(browser, space) as reader:
        reader.sign_in("member")
        wrong = {}
        for path in PATHS:
            page = reader.go(f"{path}{'&' if '?' in path else '?'}uselang={lang}")
            if found := list(faults(page)):
                wrong[path] = found
    assert wrong == {}


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_header_holds_longer_words_than_any_translation_has(
    space: RunningSpace, browser: Browser, signed_in: bool
) -> None:
    with visiting(browser, space) as reader:
        if signed_in:
            reader.sign_in("member")
        page = reader.go("/about?uselang=de")
        page.evaluate(LONGER)
        assert list(faults(page)) == []


def test_what_the_demo_shows_is_not_wider_than_its_window(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space) as reader:
        reader.sign_in("member")
        for path, link in (
            ("/news", ".card h2 a, .card h3 a"),
            ("/talk", ".row-title a"),
            ("/events", ".row-title a"),
        ):
            target = reader.go(path).locator(f"main {link}").first.get_attribute("href") or ""
            page = reader.go(f"{target}{'&' if '?' in target else '?'}uselang=de")
            assert list(faults(page)) == [], target
