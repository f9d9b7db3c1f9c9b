"""The story in headless Chromium, on both ways to run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.story.browser import DESKTOP, PHONE, Visitor, visiting
from tests.story.harness import RunningSpace

REPLY = "form:has(textarea[name=body]) button.cdx-button--action-progressive"

# Titles in the other direction whose text does not begin at their box's own edge, where their bylines begin.
TITLES_AWAY_FROM_THE_EDGE = """() => [...document.querySelectorAll('main :is(h1, h2, h3)')].filter((title) => {
    const range = document.createRange();
    range.selectNodeContents(title);
    const [text, box] = [range.getBoundingClientRect(), title.getBoundingClientRect()];
    const away = document.dir === 'rtl' ? box.right - text.right : text.left - box.left;
    return text.width && Math.abs(away) > 2;
}).map((title) => title.textContent)"""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_a_stranger_with_an_arabic_phone(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space, PHONE, "ar") as she:
        page = she.go("/")
        root = page.locator("html")
        expect(root).to_have_attribute("dir", "rtl")
        expect(root).to_have_attribute("lang", "ar")
        assert page.locator("main [lang=ar], main [lang|=ar]").count() or page.locator("main a").count()
        foreign = page.locator("main [lang=fr], main [lang=es], main [lang=de], main [lang=en]").first
        assert foreign.get_attribute("dir") == "ltr"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            "nothing sticks out sideways"
        )
        assert page.evaluate(TITLES_AWAY_FROM_THE_EDGE) == []


def test_the_article_from_draft_to_discussion(
    space: RunningSpace, browser: Browser, mark: str, tmp_path: Path
) -> None:
    tag = f"faro-{mark}"
    with (
        visiting(browser, space, PHONE, "ar") as she,
        visiting(browser, space, DESKTOP) as editor,
        visiting(browser, space, DESKTOP) as member,
        visiting(browser, space, PHONE, "he", dark=True) as follower,
    ):
        follower.sign_up(f"Ozeret_{mark}")
        follower.go(f"/tags/{tag}")
        follower.press("form.follow button")

        she.sign_up(f"Zaynab_{mark}")
        address = _write_and_submit(she, mark, tag, tmp_path)

        editor.sign_in("editor")
        page = editor.go("/news/board")
        expect(page.get_by_text(f"El faro {mark}").first).to_be_visible()
        editor.go(address)
        editor.page.fill("[name=remark]", "¿En qué costa?")
        editor.press("button[value=send_back]")

        she.go(f"{address}/edit")
        expect(she.page.get_by_text("¿En qué costa?")).to_be_visible()
        she.page.fill("[name=body]", "Contamos las ventanas del faro de Veracruz.")
        she.press("button[value=submit]")

        member.sign_in("member")
        member.go(f"{address}/edit")
        member.page.fill("[name=body]", "Contamos las **doce** ventanas del faro de Veracruz.")
        member.press("button[value=save]")

        editor.go(address)
        editor.press("button[value=publish]")

        badge = follower.page.locator("[data-unread]")
        expect(badge).to_have_text(re.compile("1"))
        follower.go("/notifications")
        expect(follower.page.get_by_text(f"El faro {mark}").first).to_be_visible()

        she.go(address)
        expect(she.page.locator("main strong", has_text="doce").first).to_be_visible()
        _reply_under_article(she, f"Pregunten sin pena {mark}")
        she.press("main section a[href^='/talk/t/']")
        expect(she.page.get_by_text(f"Pregunten sin pena {mark}")).to_be_visible()
        topic = she.page.url.removeprefix(space.url)

        member.go(topic)
        member.page.fill("form[action] textarea[name=body]", f"Gracias desde el foro {mark}")
        member.press(REPLY)
        she.go(address)
        expect(she.page.get_by_text(f"Gracias desde el foro {mark}")).to_be_visible()


def _write_and_submit(she: Visitor, mark: str, tag: str, tmp_path: Path) -> str:
    """Write in Spanish with a picture; it saves itself; submit. Answers the article's address."""
    picture = tmp_path / "faro.png"
    from PIL import Image

    Image.new("RGB", (800, 500), (30, 90, 140)).save(picture)
    page = she.go("/news/submit")
    page.select_option("[name=language]", "es")
    page.fill("[name=title]", f"El faro {mark}")
    page.fill("[name=body]", "Contamos las ventanas.")
    page.select_option("[name=category]", "community")
    page.fill("[name=tags]", f"{tag}, mexico")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved")
    page.set_input_files("[name=picture]", picture)
    for name, text in {
        "picture_alt": "Un faro azul",
        "picture_author": "Zaynab",
        "picture_licence": "CC BY-SA 4.0",
        "picture_source": "https://commons.wikimedia.org/wiki/File:Faro.png",
    }.items():
        page.fill(f"[name={name}]", text)
    she.press("button[value=submit]")
    address = page.url.removeprefix(she.space.url).split("?")[0].split("#")[0]
    assert address.startswith("/news/")
    expect(page.locator("main img").first).to_be_visible()
    return address.removesuffix("/edit")


def _reply_under_article(visitor: Visitor, text: str) -> None:
    visitor.page.fill("textarea[name=body]", text)
    visitor.press(REPLY)


def test_an_event_in_list_month_and_map(space: RunningSpace, browser: Browser, mark: str) -> None:
    with visiting(browser, space, PHONE) as host, visiting(browser, space, DESKTOP, "ja") as guest:
        host.sign_up(f"Host_{mark}")
        page = host.go("/events/new")
        page.fill("[name=title]", f"Night of maps {mark}")
        page.fill("[name=body]", "We draw the coast.")
        day = page.evaluate("new Date(Date.now() + 6 * 864e5).toISOString().slice(0, 10)")
        page.fill("[name=date]", day)
        page.fill("[name=time]", "19:30")
        page.fill("[name=timezone]", "America/Lima")
        page.fill("[name=place_query]", "Lima")
        page.get_by_role("option", name=re.compile("Peru")).first.click()
        host.press("button.cdx-button--action-progressive[value=create]")
        path = page.url.removeprefix(space.url)
        expect(page.locator("h1")).to_have_text(f"Night of maps {mark}")

        guest.sign_up(f"Guest_{mark}")
        guest.go(path)
        expect(guest.page.locator("main")).to_contain_text(re.compile("19[:時]30"))
        guest.press("form.attend button[value=going]")
        expect(guest.page.locator(".attendees")).to_contain_text(f"Guest_{mark}")
        for place in ("/events", f"/events?view=month&month={day[:7]}", "/events/map"):
            guest.go(place)
            assert mark in guest.page.content(), place


def test_a_closed_group_lets_in_and_a_hidden_one_is_not_there(
    space: RunningSpace, browser: Browser, mark: str
) -> None:
    with visiting(browser, space) as founder, visiting(browser, space, PHONE) as guest:
        founder.sign_up(f"Founder_{mark}")
        for kind in ("closed", "hidden"):
            page = founder.go("/groups/new")
            page.fill("[name=name]", f"Circle {kind} {mark}")
            page.fill("[name=slug]", f"{kind}-{mark}")
            page.locator(f"[name=kind][value={kind}]").check()
            founder.press("main form button.cdx-button--action-progressive")
        guest.sign_up(f"Visitor_{mark}")
        guest.go(f"/groups/closed-{mark}")
        expect(guest.page.locator("main")).to_contain_text(f"Founder_{mark}")
        guest.press(f"form[action='/groups/closed-{mark}/join'] button")
        founder.go(f"/groups/closed-{mark}")
        expect(founder.page.locator("main")).to_contain_text(f"Visitor_{mark}")
        founder.press(f"form:has([value='Visitor_{mark}']) button.cdx-button--action-progressive")
        guest.go(f"/groups/closed-{mark}")
        expect(guest.page.locator(f"a[href='/groups/closed-{mark}/leave']")).to_be_visible()

        there = guest.context.request.get(f"{space.url}/groups/hidden-{mark}")
        never = guest.context.request.get(f"{space.url}/groups/nevers-{mark}")
        assert (there.status, never.status) == (404, 404)
        token = re.compile(r'(?<=name="csrf_token" value=")[^"]*')
        told = [token.sub("", page.text()) for page in (there, never)]
        assert told[0].replace(f"hidden-{mark}", "x") == told[1].replace(f"nevers-{mark}", "x")


PAGES = (
    "/",
    "/news",
    "/talk",
    "/events",
    "/events/map",
    "/groups",
    "/search?q=map",
    "/sign-in",
    "/sign-up",
    "/sign-in/reset",
    "/about",
)


@pytest.mark.parametrize(("size", "locale", "dark"), [(PHONE, "ar", True), (DESKTOP, "en", False)])
def test_axe_finds_nothing(
    space: RunningSpace, browser: Browser, size: tuple[int, int], locale: str, dark: bool
) -> None:
    if space.way == "distributed":
        pytest.skip("the pages are the same; the embedded way has checked them")
    with visiting(browser, space, size, locale, dark) as visitor:
        visitor.sign_in("member")
        found = {}
        for path in (
            *PAGES,
            "/news/submit",
            "/events/new",
            "/talk/new",
            "/notifications",
            "/settings",
            "/groups/new",
        ):
            visitor.go(path)
            if complaints := visitor.complaints():
                found[path] = complaints
        for path in ("/news", "/talk", "/events"):
            visitor.go(path)
            visitor.press("main h2 a, main h3 a, main li a[href^='/talk/t/']")
            if complaints := visitor.complaints():
                found[visitor.page.url] = complaints
        assert found == {}


def test_everything_works_without_scripts(space: RunningSpace, browser: Browser, mark: str) -> None:
    if space.way == "distributed":
        pytest.skip("the pages are the same; the embedded way has checked them")
    with visiting(browser, space, PHONE, scripts=False) as visitor:
        visitor.sign_up(f"Noscript_{mark}")
        page = visitor.go("/talk/new")
        page.fill("[name=title]", f"Plain {mark}")
        page.fill("[name=body]", "No scripts here.")
        page.select_option("[name=category]", "general")
        visitor.press("main form button.cdx-button--action-progressive")
        expect(page.locator("h1")).to_have_text(f"Plain {mark}")
        page = visitor.go("/events/new")
        page.fill("[name=title]", f"Plain evening {mark}")
        page.fill("[name=body]", "Found by name.")
        page.fill("[name=date]", "2030-05-05")
        page.fill("[name=time]", "10:00")
        page.fill("[name=timezone]", "Africa/Cairo")
        page.fill("[name=place_query]", "القاهرة")
        visitor.press("button[value=find]")
        page.locator("[name=place]").first.check()
        visitor.press("button.cdx-button--action-progressive[value=create]")
        expect(page.locator("h1")).to_have_text(f"Plain evening {mark}")
