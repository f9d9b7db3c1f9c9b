"""Passkeys in headless Chromium, with the authenticator that it makes for tests."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.story.browser import PHONE, Visitor, visiting
from tests.story.harness import PASSWORD, RunningSpace, running_system

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def named_space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSpace]:
    """A Space at a name: browsers make no passkeys for a number."""
    with running_system(
        "embedded", tmp_path_factory.mktemp("named"), demo=False, host="localhost"
    ) as running:
        yield running


def security_key(visitor: Visitor) -> tuple[CDPSession, str]:
    """A key in this browser that says yes whenever it is asked."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasResidentKey": False,
        "hasUserVerification": False,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def second_step(visitor: Visitor, name: str) -> Page:
    """Sign in as far as the second step."""
    visitor.context.clear_cookies()
    visitor.sign_in(name)
    page = visitor.page
    expect(page.locator("h1")).to_have_text("Confirm that it’s you")
    return page


def test_a_passkey_is_made_used_and_removed(named_space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, named_space, PHONE) as she:
        key, id = security_key(she)
        she.sign_up("Rania")
        page = she.go("/settings/passkeys")
        page.fill("[name=password]", PASSWORD)
        she.press("main form button")
        page.fill("[name=label]", "Blue key")
        expect(page.locator("[data-passkey-missing]")).to_be_hidden()
        page.click("main form button")
        expect(page.locator(".recovery-codes li")).to_have_count(10)
        page = second_step(she, "Rania")
        expect(page.locator("[data-passkey-missing]")).to_be_hidden()
        page.click("[data-passkey-button]")
        expect(page).to_have_url(re.compile(r"/$"))
        expect(page.locator("body")).to_have_attribute("data-signed-in", "1")
        # Another key than the one that was added.
        key.send("WebAuthn.clearCredentials", {"authenticatorId": id})
        page = second_step(she, "Rania")
        page.click("[data-passkey-button]")
        expect(page.locator("[data-passkey-failed]")).to_be_visible()
        assert she.errors == []


def test_without_scripts_the_page_says_what_to_do(named_space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, named_space, PHONE) as she:
        security_key(she)
        she.sign_up("Zaynab")
        page = she.go("/settings/passkeys")
        page.fill("[name=password]", PASSWORD)
        she.press("main form button")
        page.fill("[name=label]", "Key")
        page.click("main form button")
        code = page.locator(".recovery-codes li").first.inner_text()
    with visiting(browser, named_space, PHONE, scripts=False) as she:
        she.sign_in("Zaynab")
        expect(she.page.locator("[data-passkey-missing]")).to_be_visible()
        expect(she.page.locator("[data-passkey-button]")).to_be_hidden()
        she.page.fill("[name=code]", code)
        she.press("main form:not([data-passkey]) button")
        expect(she.page.locator("body")).to_have_attribute("data-signed-in", "1")
