"""Messages to a phone and the installed app in headless Chromium. What a push service would deliver is handed to the
service worker by the debugger, and the subscription is one of the tests': Chromium can make none without Google."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.push_service import Subscriber
from tests.story.browser import PHONE, Visitor, visiting
from tests.story.harness import RunningSpace, running_system
from tests.story.person import Person, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# A page's push manager that has the subscription which a test made, from the press of the button on.
SUBSCRIPTION = """(() => {
    const made = { endpoint: KEYS.endpoint, toJSON: () => ({ endpoint: KEYS.endpoint, keys: KEYS }),
        unsubscribe: async () => { localStorage.removeItem('made'); return true; } };
    PushManager.prototype.getSubscription = async () => (localStorage.getItem('made') ? made : null);
    PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
        localStorage.setItem('made', JSON.stringify([applicationServerKey.length, userVisibleOnly]));
        return made;
    };
})()"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
    ({ title, body, lang, dir, tag, data }) => ({ title, body, lang, dir, tag, data }))"""
# An event of the tests': the browser makes one only when somebody presses.
PRESS = """async () => {
    const [notification] = await registration.getNotifications();
    const event = new NotificationEvent('notificationclick', { notification });
    let done;
    event.waitUntil = (work) => { done = work; };
    dispatchEvent(event);
    await done.catch(() => {});  // no window is focused without a press of a person
}"""


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSpace]:
    with running_system("embedded", tmp_path_factory.mktemp("push"), demo=False, host="localhost") as running:
        yield running


class Phone:
    """A browser on a phone."""

    def __init__(self, visitor: Visitor, name: str) -> None:
        self.visitor, self.page = visitor, visitor.page
        keys = Subscriber(f"https://fcm.googleapis.com/{name}").keys
        visitor.context.add_init_script(SUBSCRIPTION.replace("KEYS", json.dumps(keys)))
        visitor.context.grant_permissions(["notifications"], origin=visitor.space.url)
        self._session: CDPSession = visitor.context.new_cdp_session(self.page)
        self._registrations: list[str] = []
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._registered)
        self._session.send("ServiceWorker.enable")

    def _registered(self, event: dict[str, Any]) -> None:
        self._registrations += [each["registrationId"] for each in event["registrations"]]

    def switch_on(self) -> None:
        page = self.visitor.go("/settings/notifications")
        expect(page.locator("[data-push-missing]")).to_be_hidden()
        page.fill("#f-phone-name", "Blue phone")
        with page.expect_navigation():
            page.click("[data-push-form] button")
        expect(page.locator("[data-push-here]")).to_be_visible()

    def deliver(self, message: object) -> None:
        message_id = {"origin": self.visitor.space.url, "registrationId": self._registrations[-1]}
        self._session.send("ServiceWorker.deliverPushMessage", {**message_id, "data": json.dumps(message)})

    def shown(self, count: int) -> list[dict[str, Any]]:
        """What the screen shows, once there are so many messages."""
        assert eventually(lambda: len(self.page.evaluate(SHOWN)) == count)
        found: list[dict[str, Any]] = self.page.evaluate(SHOWN)
        return found

    def titles(self, *expected: str) -> None:
        """Wait until the screen shows messages with these titles and no others."""
        assert eventually(
            lambda: sorted(each["title"] for each in self.page.evaluate(SHOWN)) == sorted(expected)
        )


def message(title: str, **more: Any) -> dict[str, Any]:
    notification = {"title": title, "body": "Late.", "lang": "ar", "dir": "rtl", "tag": "t", **more}
    return {"web_push": 8030, "notification": notification, "app_badge": 1}


def devices(page: Page) -> list[str]:
    return page.locator("[id^=phone-] bdi").all_text_contents()


def test_a_phone_is_switched_on_shows_messages_and_is_removed(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space, PHONE) as visitor:
        visitor.sign_up("Rania")
        phone = Phone(visitor, "rania")
        phone.switch_on()
        page = phone.page
        assert page.evaluate("localStorage.getItem('made')") == "[65,true]"
        assert devices(page) == ["Blue phone"]
        assert "this device" in page.locator("[id^=phone-]").first.inner_text()
        assert visitor.complaints() == []
        phone.deliver(message("First", navigate=f"{space.url}/about", data={"key": "a", "ids": []}))
        (shown,) = phone.shown(1)
        expected = {"title": "First", "body": "Late.", "lang": "ar", "dir": "rtl", "tag": "t"}
        assert {name: shown[name] for name in expected} == expected
        phone.deliver(message("Second", data={"key": "b"}))
        phone.titles("Second")
        phone.deliver("no message at all")
        phone.titles("Second", page.evaluate("location.host"))
        page.reload()
        assert devices(page) == ["Blue phone"], "a visit keeps it"
        with page.expect_navigation():
            page.click("[name=do][value=remove]")
        assert devices(page) == []
        page.wait_for_function("() => localStorage.getItem('made') === null")
        expect(page.locator("[data-push-form]")).to_be_visible()


def test_a_press_marks_as_read_what_the_message_told(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space, PHONE) as visitor:
        visitor.sign_up("Yara")
        phone = Phone(visitor, "yara")
        phone.switch_on()
        other = Person.newcomer(space, "Omar")
        topic = {
            "language": "en",
            "title": "Night buses",
            "body": "Do they run, @Yara?",
            "category": "general",
        }
        other.post("topics", topic)
        expect(phone.page.locator("[data-unread]")).to_have_attribute("data-unread", "1")
        ids = _unread_ids(phone.page)
        assert len(ids) == 1
        phone.deliver(message("Omar", navigate=f"{space.url}/about", data={"key": "a", "ids": ids}))
        phone.shown(1)
        (worker,) = visitor.context.service_workers
        worker.evaluate(PRESS)
        phone.shown(0)
        expect(phone.page.locator("[data-unread]")).to_have_attribute("data-unread", "0")


def _unread_ids(page: Page) -> list[str]:
    text = page.evaluate("async () => (await fetch('/notifications?show=unread')).text()")
    return re.findall(r'name="id" value="([0-9a-z]{16})"', text)


def test_a_permission_that_is_refused_is_said(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space, PHONE) as visitor:
        visitor.sign_up("Lina")
        phone = Phone(visitor, "lina")
        visitor.context.clear_permissions()
        page = visitor.go("/settings/notifications")
        page.click("[data-push-form] button")
        expect(page.locator("[data-push-denied]")).to_be_focused()
        assert visitor.complaints() == []
        assert phone.page.evaluate("localStorage.getItem('made')") is None


def test_without_scripts_the_page_says_what_is_needed(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space, PHONE, scripts=False) as visitor:
        visitor.sign_up("Nada")
        page = visitor.go("/settings/notifications")
        expect(page.locator("[data-push-missing]")).to_be_visible()
        expect(page.locator("[data-push-form]")).to_be_hidden()


def test_the_service_worker_keeps_one_page_and_its_sheets(space: RunningSpace, browser: Browser) -> None:
    with visiting(browser, space, PHONE) as visitor:
        visitor.sign_up("Salma")
        page = visitor.go("/settings/notifications")
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        kept = page.evaluate(
            """async () => (await Promise.all((await caches.keys()).map(async (name) =>
                (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat().sort()"""
        )
        assert [path for path in kept if not path.startswith("/static/")] == ["/offline"]
        assert all(path.endswith(".css") for path in kept if path.startswith("/static/"))
        assert len(kept) == 3
