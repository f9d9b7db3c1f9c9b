"""No page is wider than its window, and the header is one row, at every width and in languages with long words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.story.browser import visiting
from tests.story.harness import RunningSpace

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("space", ["embedded"], indirect=True, scope="session"),
]

INTERFACE_LANGUAGES = ("ar", "de", "en", "es", "fr", "he", "hi", "ja")
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
    *("/conduct", "/transparency", "/moderation", "/report?of=/people/member"),
    *("/news/submit", "/talk/new", "/events/new", "/groups/new", "/sign-in/reset"),
)
# Every label of the header 1.4 times as long, as translators into the longest languages would make it.
LONGER = """() => {
    for (const text of document.querySelectorAll('.sections span, .submit-news span, .sign-in span')) {
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
    const header = document.querySelector('.top-inner').getBoundingClientRect().height;
    return [
        document.scrollingElement.scrollWidth - width,
        outside.map((one) => one.className || one.textContent),
        header > 64 ? [`a header of ${header} px`] : [],
    ];
}"""
# Pixels between the names of neighbouring days in the month's head.
LEAST_GAP = """() => {
    const boxes = [...document.querySelectorAll('.month th')].map((head) => {
        const text = document.createRange();
        text.selectNodeContents([...head.children].find((name) => name.getClientRects().length));
        return text.getBoundingClientRect();
    }).sort((one, other) => one.left - other.left);
    return Math.min(...boxes.slice(1).map((box, place) => box.left - boxes[place].right));
}"""
# Words of the frame that are broken in two lines or end in an ellipsis.
BROKEN = """() => {
    const words = [...document.querySelectorAll('.brand span, .sections a span, .submit-news span, .sign-in span')];
    return words.filter((word) => {
        const text = document.createRange();
        text.selectNodeContents(word);
        const lines = new Set([...text.getClientRects()].map((line) => Math.round(line.top))).size;
        return word.clientWidth > 1
            && (word.scrollWidth > word.clientWidth || (lines > 1 && !/\\s/.test(word.textContent.trim())));
    }).map((word) => word.textContent);
}"""


def faults(page: Page) -> Iterator[tuple[int, object]]:
    """The widths at which the page or its header is too wide, and by how much or what."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found = page.evaluate(TOO_WIDE)
        if found[0] > 0 or found[1] or found[2]:
            yield width, found


@pytest.mark.parametrize("lang", ["de", "ar"])
def test_no_page_is_wider_than_its_window(space: RunningSpace, browser: Browser, lang: str) -> None:
    with visiting(browser, space) as reader:
        reader.sign_in("moderator")  # who may open every page of these
        wrong = {}
        for path in PATHS:
            page = reader.go(f"{path}{'&' if '?' in path else '?'}uselang={lang}")
            if found := list(faults(page)):
                wrong[path] = found
    assert wrong == {}


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_header_is_one_row_of_whole_words(space: RunningSpace, browser: Browser, signed_in: bool) -> None:
    with visiting(browser, space) as reader:
        if signed_in:
            reader.sign_in("member")
        wrong = {}
        for lang in INTERFACE_LANGUAGES:
            page = reader.go(f"/about?uselang={lang}")
            for width in range(320, 1441, 20):
                page.set_viewport_size({"width": width, "height": 800})
                too_wide, outside, two_rows = page.evaluate(TOO_WIDE)
                found = [*outside, *two_rows, *page.evaluate(BROKEN)]
                if too_wide > 0 or found:
                    wrong[lang, width] = found
    assert wrong == {}


def test_the_days_of_a_month_do_not_touch(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space) as reader:
        near = {}
        for lang in INTERFACE_LANGUAGES:
            page = reader.go(f"/events?view=month&uselang={lang}")
            for width in range(320, 481, 8):
                page.set_viewport_size({"width": width, "height": 800})
                if (gap := page.evaluate(LEAST_GAP)) < 3:
                    near[lang, width] = gap
    assert near == {}


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
