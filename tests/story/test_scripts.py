"""What the pages' scripts add, in headless Chromium. The services behind them are the same on both ways to run."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.story.browser import DESKTOP, PHONE, visiting
from tests.story.harness import RunningSpace

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("space", ["embedded"], indirect=True, scope="session"),
]


def _counts(page: Page) -> list[int]:
    """How many events each mark of the map stands for."""
    numbers = [pin.locator("text:not(.pin-name)").all_text_contents() for pin in page.locator(".pin").all()]
    return [int(found[0]) if found else 1 for found in numbers]


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_coming_closer_parts_what_is_near_each_other(
    space: RunningSpace, browser: Browser, size: tuple[int, int]
) -> None:
    with visiting(browser, space, size) as reader:
        page = reader.go("/events/map")
        closer, back, whole = (page.locator(f"[data-zoom={name}]") for name in ("in", "out", "whole"))
        expect(closer).to_be_visible()
        expect(back).to_be_disabled()
        expect(whole).to_be_disabled()
        first = _counts(page)
        events = sum(first)
        assert max(first) > 1, "some events of the demo are near each other"
        while closer.is_enabled():
            closer.click()
        closest = _counts(page)
        assert len(closest) > len(first)
        assert sum(closest) == events, "no event is lost on the way"
        back.click()
        expect(closer).to_be_enabled()
        whole.click()
        assert _counts(page) == first
        expect(whole).to_be_disabled()


# The boxes of all words on the map that are shown, and of its marks, by their text.
ON_THE_MAP = """() => [...document.querySelectorAll('[data-map-names] text, .pin-name')].filter(
    (text) => text.getClientRects().length).map((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        return { text: text.textContent, left, right, top, bottom };
})"""
OUTSIDE = """(selector) => {
    const map = document.querySelector('.world').getBoundingClientRect();
    return [...document.querySelectorAll(selector)].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.left < map.left || box.right > map.right || box.top < map.top || box.bottom > map.bottom;
    }).length;
}"""


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_the_map_names_countries_and_cities_from_near(
    space: RunningSpace, browser: Browser, size: tuple[int, int]
) -> None:
    with visiting(browser, space, size) as reader:
        page = reader.go("/events/map?uselang=de")
        closer = page.locator("[data-zoom=in]")
        expect(closer).to_be_visible()
        assert page.locator("[data-map-names] text").count() == 0, "the whole world is too small for names"
        assert page.evaluate(OUTSIDE, ".world .pin circle") == 0, "each mark is whole"
        page.locator(".map-scroll").focus()
        seen: set[str] = set()
        cities = 0
        for key in ("+", "+", "ArrowUp", "ArrowUp", "ArrowRight", "+", "+", "ArrowUp"):
            page.keyboard.press(key)
            page.evaluate("() => new Promise(requestAnimationFrame)")
            expect(page.locator(".map-country").first).to_be_attached()
            boxes = page.evaluate(ON_THE_MAP)
            seen |= {box["text"] for box in boxes}
            cities += page.locator(".map-city").count()
            for number, one in enumerate(boxes):
                for other in boxes[:number]:
                    apart = (
                        one["right"] <= other["left"]
                        or other["right"] <= one["left"]
                        or one["bottom"] <= other["top"] + 4
                        or other["bottom"] <= one["top"] + 4
                    )
                    assert apart, (key, one, other)
            assert page.evaluate(OUTSIDE, "[data-map-names] text") == 0, "no name is cut"
        assert seen & {"Ägypten", "Libyen", "Algerien", "Sudan", "Italien", "Türkei", "Griechenland"}
        assert cities > 0
        buttons = page.locator(".map-buttons").bounding_box()
        world = page.locator(".world").bounding_box()
        assert buttons is not None
        assert world is not None
        assert buttons["y"] >= world["y"] + world["height"], "the buttons cover nothing"


def test_a_mark_of_several_places_names_them(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space, DESKTOP) as reader:
        page = reader.go("/events/map")
        expect(page.locator("[data-zoom=in]")).to_be_visible()
        names = [
            (pin.get_attribute("aria-label") or "", pin.locator(".pin-name").text_content() or "")
            for pin in page.locator(".world .pin-many").all()
        ]
        several = [name for label, name in names if "," in label.partition(":")[0]]
        assert several
        assert all("," in name for name in several)


def test_the_map_by_keyboard(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space) as reader:
        page = reader.go("/events/map")
        world = page.locator(".world")
        page.locator(".map-scroll").focus()
        all_of_it = world.get_attribute("viewBox")
        page.keyboard.press("ArrowRight")
        assert world.get_attribute("viewBox") == all_of_it, "there is nothing to move to"
        page.keyboard.press("+")
        closer = world.get_attribute("viewBox")
        assert closer != all_of_it
        page.keyboard.press("ArrowRight")
        assert world.get_attribute("viewBox") != closer
        page.keyboard.press("0")
        assert world.get_attribute("viewBox") == all_of_it
        pin = page.locator(".pin").first
        pin.focus()
        expect(page.locator(".map-hover")).to_have_text(pin.get_attribute("aria-label") or "?")


def _choices(page: Page) -> Locator:
    return page.get_by_role("option", name=re.compile("Mexico|Spain"))


def test_a_place_is_found_while_typing_and_brings_its_time_zone(
    space: RunningSpace, browser: Browser, mark: str
) -> None:
    with visiting(browser, space) as host:
        host.sign_up(f"Host_{mark}")
        page = host.go("/events/new")
        field = page.locator("[name=place_query][role=combobox]")
        expect(page.locator(".find-place")).to_be_hidden()
        field.press_sequentially("Guadalajara")
        expect(_choices(page)).not_to_have_count(0)
        expect(field).to_have_attribute("aria-expanded", "true")
        field.press("Escape")
        expect(_choices(page)).to_have_count(0)
        field.press("Backspace")
        expect(_choices(page)).not_to_have_count(0)
        chosen = page.locator("[role=option][aria-selected=true]")
        for _ in range(page.get_by_role("option").count()):
            field.press("ArrowDown")
            if "Mexico" in (chosen.text_content() or ""):
                break
        field.press("Enter")
        expect(field).to_have_value("Guadalajara")
        expect(page.locator("[name=timezone]")).to_have_value("America/Mexico_City")
        assert (page.locator("[name=place]").get_attribute("value") or "").startswith("Guadalajara|")
        field.fill("Nowhere-at-all")
        expect(page.locator(".place-finder [role=status]")).not_to_be_empty()


def test_the_search_field_suggests_titles(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space, PHONE) as reader:
        page = reader.go("/search")
        field = page.locator("input[data-suggest]")
        field.press_sequentially("matat")
        option = page.locator("#suggestions option[value*='matatu' i]").first
        expect(option).to_be_attached()
        field.fill("")
        field.press_sequentially("zzzzqqq")
        expect(page.locator("#suggestions option")).to_have_count(0)


def test_a_draft_is_kept_while_it_is_written(space: RunningSpace, browser: Browser, mark: str) -> None:
    with visiting(browser, space, PHONE) as writer:
        writer.sign_up(f"Writer_{mark}")
        page = writer.go("/news/submit")
        state = page.locator("[data-save-state]")
        page.fill("[name=title]", f"Slow trains {mark}")
        expect(state).to_have_attribute("data-state", "saved")
        page.wait_for_url("**/edit")
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.fill("[name=body]", "Nobody is in a hurry here.")
        expect(state).to_have_attribute("data-state", "saved")
        page.reload()
        expect(page.locator("[name=body]")).to_have_value("Nobody is in a hurry here.")
        writer.go("/drafts")
        expect(page.get_by_role("link", name=f"Slow trains {mark}")).to_have_count(1)


@pytest.mark.parametrize("path", ["/talk", "/events", "/news/board"])
def test_a_row_opens_wherever_it_is_touched(space: RunningSpace, browser: Browser, path: str) -> None:
    with visiting(browser, space, PHONE) as reader:
        reader.sign_in("editor")
        page = reader.go(path)
        row = page.locator(".rows > li:has(.row-title a)").first
        row.scroll_into_view_if_needed()
        wanted = row.locator(".row-title a").get_attribute("href") or ""
        box = row.bounding_box()
        assert box
        with page.expect_navigation():
            page.mouse.click(box["x"] + box["width"] - 6, box["y"] + 8)
        expect(page).to_have_url(space.url + wanted)


@pytest.mark.parametrize("name", ["member", "editor", "moderator", "admin"])
def test_the_demos_accounts_greet_in_english(space: RunningSpace, browser: Browser, name: str) -> None:
    with visiting(browser, space, DESKTOP, "en") as someone:
        someone.sign_in(name)
        expect(someone.page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("path", ["/", "/events", "/events?view=month"])
def test_the_readers_own_time_is_right_on_the_first_view(
    space: RunningSpace, browser: Browser, path: str
) -> None:
    with visiting(browser, space, zone="Asia/Kolkata") as reader:
        page = reader.go(path)
        assert not [text for text in page.locator("time[data-local]").all_inner_texts() if "UTC" in text]
        for time in page.locator("time[data-own-zone]").all()[:5]:
            start = datetime.fromisoformat(time.get_attribute("datetime") or "")
            local = start.astimezone(ZoneInfo("Asia/Kolkata"))
            shown = time.locator("xpath=..").inner_text()
            assert f"{local:%-I:%M}" in shown, (shown, local)
        again = reader.go(path)
        assert again.locator("time[data-own-zone]").count() == 0, "now the server knows"


def test_an_events_page_has_both_times_on_the_first_view(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space, zone="Pacific/Auckland") as reader:
        link = reader.go("/events").locator(".row-title a").first.get_attribute("href") or ""
    with visiting(browser, space, zone="Pacific/Auckland") as reader:
        page = reader.go(link)
        expect(page.locator(".your-time")).to_contain_text("Your time:")
        first = page.locator(".your-time").inner_text()
        page.reload()
        expect(page.locator(".your-time")).to_contain_text("Auckland")
        clock = re.search(r"\d+:\d\d", first)
        assert clock
        assert clock[0] in page.locator(".your-time").inner_text()


def test_a_live_stream_that_was_refused_is_asked_for_again(
    space: RunningSpace, browser: Browser, mark: str
) -> None:
    with visiting(browser, space) as reader:
        reader.sign_up(f"Reader_{mark}")
        refused: list[str] = []

        def refuse(route: Route) -> None:
            refused.append(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "1"})

        page = reader.page
        page.goto("about:blank")  # and with its page goes the stream that is open already
        page.route("**/live", refuse, times=1)
        with page.expect_response(lambda response: response.url.endswith("/live") and response.ok):
            reader.go("/about")
        assert len(refused) == 1
