"""Forms whose text the browser keeps until the server has it, in headless Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.story.browser import DESKTOP, PHONE, visiting
from tests.story.harness import RunningSpace
from tests.story.person import Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("space", ["embedded"], indirect=True, scope="session"),
]

COPIES = "Object.keys(localStorage).filter((name) => name.startsWith('space-kept')).length"
SEND = "form[data-keep] button.cdx-button--action-progressive"


def _write(page: Page, **values: str) -> None:
    """Fill fields, and wait until the browser has kept them."""
    for name, value in values.items():
        page.fill(f"[name={name}]", value)
    page.wait_for_function(f"() => {COPIES} === 1")
    page.wait_for_timeout(600)


def test_a_topic_survives_a_closed_tab_and_is_forgotten_once_sent(
    space: RunningSpace, browser: Browser, mark: str
) -> None:
    with visiting(browser, space, PHONE, "ar") as she:
        she.sign_up(f"Rania_{mark}")
        page = she.go("/talk/new")
        page.select_option("[name=category]", index=1)
        _write(page, title=f"Un tema {mark}", body="Empecé en el tren")
        she.go("/news")
        page = she.go("/talk/new")
        expect(page.locator("[name=title]")).to_have_value(f"Un tema {mark}")
        expect(page.locator("[name=body]")).to_have_value("Empecé en el tren")
        expect(page.locator(".kept-note")).to_be_visible()
        assert she.complaints() == []
        she.press(SEND)
        expect(page).to_have_url(re.compile("/talk/t/"))
        assert page.evaluate(COPIES) == 0
        expect(she.go("/talk/new").locator("[name=title]")).to_have_value("")
        expect(page.locator(".kept-note")).to_have_count(0)


def test_an_event_survives_a_session_that_ended(space: RunningSpace, browser: Browser, mark: str) -> None:
    with visiting(browser, space, DESKTOP) as he:
        he.sign_up(f"Omar_{mark}")
        page = he.go("/events/new")
        session = he.context.cookies()
        _write(
            page,
            title=f"Walk {mark}",
            body="Bring water",
            date="2031-05-01",
            time="10:00",
            online_url="https://a.example",
        )
        he.context.clear_cookies()
        he.press(SEND)
        he.errors.clear()  # the browser notes that the answer was a refusal
        assert page.evaluate(COPIES) == 1
        he.context.add_cookies(session)  # type: ignore[arg-type]
        page = he.go("/events/new")
        expect(page.locator("[name=title]")).to_have_value(f"Walk {mark}")
        expect(page.locator("[name=date]")).to_have_value("2031-05-01")
        he.press(SEND)
        expect(page).to_have_url(re.compile(r"/events/[0-9a-z]{16}/"))
        assert page.evaluate(COPIES) == 0


def test_what_was_kept_can_be_discarded(space: RunningSpace, browser: Browser, mark: str) -> None:
    with visiting(browser, space, DESKTOP) as he:
        he.sign_up(f"Levi_{mark}")
        _write(he.go("/talk/new"), title="Not this one")
        page = he.go("/talk/new")
        page.click(".kept-note button")
        expect(page.locator("[name=title]")).to_have_value("")
        expect(page.locator(".kept-note")).to_have_count(0)
        expect(he.go("/talk/new").locator("[name=title]")).to_have_value("")


def test_nobody_else_gets_it(space: RunningSpace, browser: Browser, mark: str) -> None:
    with visiting(browser, space, DESKTOP) as they:
        they.sign_up(f"First_{mark}")
        _write(they.go("/talk/new"), title="Mine alone")
        page = they.go("/")
        page.click("details.menu summary")
        they.press("form[action='/sign-out'] button")
        assert page.evaluate(COPIES) == 0, "signing out leaves nothing behind"
        they.sign_up(f"Second_{mark}")
        expect(they.go("/talk/new").locator("[name=title]")).to_have_value("")


def test_an_edit_that_another_overtook_shows_both_texts(
    space: RunningSpace, browser: Browser, mark: str
) -> None:
    with visiting(browser, space, DESKTOP) as he:
        he.sign_up(f"Emil_{mark}")
        he.go("/talk/new").select_option("[name=category]", index=1)
        _write(he.page, title=f"Overtaken {mark}", body="First")
        he.press(SEND)
        edit = he.page.locator("a[href^='/talk/p/'][href$='/edit']").first.get_attribute("href")
        assert edit
        _write(he.go(edit), body="Written on the train")
        page = he.page
        # Meanwhile, in another browser that has no copy, the same post is changed.
        with visiting(browser, space, DESKTOP) as elsewhere:
            elsewhere.context.add_cookies(he.context.cookies())  # type: ignore[arg-type]
            elsewhere.go(edit).fill("[name=body]", "Written at the desk")
            elsewhere.press(SEND)
        he.go(edit)
        expect(page.locator("[name=body]")).to_have_value("Written on the train")
        he.press(SEND)
        he.errors.clear()  # the browser notes the 409
        expect(page.get_by_text("Written at the desk").first).to_be_visible()
        expect(page.locator("[name=body]")).to_have_value("Written on the train")
        he.press(SEND)
        expect(page).to_have_url(re.compile("/talk/t/"))
        assert page.evaluate(COPIES) == 0


def test_a_quotation_joins_what_was_written(space: RunningSpace, browser: Browser, mark: str) -> None:
    with visiting(browser, space, DESKTOP) as she:
        she.sign_up(f"Quote_{mark}")
        topics = Person(space).get("topics", limit=20)["items"]
        topic = next(one for one in topics if one["posts"] > 2 and not one["closed"])
        page = she.go(f"/talk/t/{topic['id']}")
        _write(page, body="My own words")
        quote = page.locator("a[href*='quote=']").first.get_attribute("href")
        assert quote
        page = she.go(quote)
        text = page.locator("[name=body]").input_value()
        assert text.startswith("My own words\n\n")
        assert ">" in text or "quote" in text
        page.wait_for_timeout(600)
        assert she.go(quote).locator("[name=body]").input_value() == text, "once, not once a visit"


def test_a_refusal_names_its_fields(space: RunningSpace, browser: Browser, mark: str) -> None:
    with visiting(browser, space, PHONE, "en") as she:
        she.sign_up(f"Short_{mark}")
        page = she.go("/talk/new")
        page.evaluate("document.querySelector('form[data-keep]').noValidate = true")
        page.fill("[name=title]", "")
        she.press(SEND)
        she.errors.clear()  # the browser notes the 422
        first = page.locator("#form-summary a").first
        expect(first).to_contain_text("Title – ")
        first.click()
        expect(page.locator("[name=title]")).to_be_focused()
