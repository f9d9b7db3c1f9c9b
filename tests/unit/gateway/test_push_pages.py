"""Phones on /settings/notifications, what their scripts ask for and send, and the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient

from contracts.errors import NotFound, Unavailable, invalid
from contracts.mail import MailPreview, MailSettings
from contracts.notify import Reason
from contracts.people import Account, SessionView
from contracts.push import AddPushDevice, ChangePushDevice, PushDevice, PushSettings, SetPushReasons
from tests.unit.gateway.fakes import AMINA, MEMBER, MOMENT, FakeServices

Token = Callable[[FlaskClient], str]
PHONES = "/settings/notifications/phones"
ID = "06ez5q0a012ebhf4"
ANDROID = "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0"
DEVICE = PushDevice(
    id=ID, name="My phone", on=True, group_words=False, state="working", reached_at=MOMENT, created_at=MOMENT,
    current=True,
)  # fmt: skip
SETTINGS = PushSettings(key="BPublic", reasons=["mention", "reply"], devices=[DEVICE])
KEYS = {"endpoint": "https://fcm.googleapis.com/x", "p256dh": "p", "auth": "a"}


@pytest.fixture(autouse=True)
def answers(fakes: FakeServices) -> None:
    fakes.people.answers["me"] = Account(
        id=AMINA, name="Amina", display_name="Amina", joined_at=MOMENT, email=None
    )
    fakes.people.answers["sessions"] = [
        SessionView(
            id="other",
            browser="",
            created_at=MOMENT,
            expires_at=MOMENT,
            last_used_on=MOMENT.date(),
            current=False,
        ),
        SessionView(
            id="here",
            browser="",
            created_at=MOMENT,
            expires_at=MOMENT,
            last_used_on=MOMENT.date(),
            current=True,
        ),
    ]
    fakes.notify.answers |= {
        "mail_settings": MailSettings(by_reason=dict.fromkeys(get_args(Reason), "once"), hour=8, timezone="UTC"),
        "mail_preview": MailPreview(), "push_settings": SETTINGS, "set_push_reasons": SETTINGS,
        "add_push_device": DEVICE,
        "change_push_device": DEVICE, "remove_push_device": None, "see_push_device": True,
    }  # fmt: skip


def page(member: FlaskClient, **headers: str) -> str:
    return str(member.get("/settings/notifications", headers={"User-Agent": ANDROID, **headers}).text)


def test_the_page_says_what_is_needed_without_a_script(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.notify.answers["push_settings"] = SETTINGS.model_copy(update={"devices": []})
    found = page(member)
    assert re.search(
        r"<p data-push-missing>Messages need a browser that takes them, with scripts allowed", found
    )
    assert re.search(r"<form data-push-form hidden>", found), "nothing is offered that would not work"
    assert 'value="Firefox, Android"' in found
    assert "What I’m told of on my phones" not in found


def test_the_page_lists_devices_and_when_they_were_reached(member: FlaskClient, fakes: FakeServices) -> None:
    lost = DEVICE.model_copy(
        update={"id": "x" * 16, "name": "Old", "state": "lost", "reached_at": None, "current": False}
    )
    fakes.notify.answers["push_settings"] = SETTINGS.model_copy(update={"devices": [DEVICE, lost]})
    found = page(member)
    assert "<bdi>My phone</bdi> – this device" in found
    assert re.search(r"Last reached this phone: <time", found)
    assert "Not reached yet" in found
    assert "can’t be reached any more" in found
    assert "data-push-known" in found
    assert found.count('name="do" value="remove"') == 2
    assert fakes.notify.called("push_settings") == [(MEMBER, "here")], "the session of this browser"


def test_the_rest_of_the_page_stands_while_they_are_not_known(
    member: FlaskClient, fakes: FakeServices
) -> None:
    fakes.notify.answers["push_settings"] = Unavailable()
    answer = member.get("/settings/notifications")
    assert answer.status_code == 200
    assert "Send me notifications by mail" in answer.text
    assert "can’t be reached at the moment" in answer.text


def test_nobody_else_gets_the_page_or_a_token(stranger: FlaskClient) -> None:
    assert stranger.get(PHONES).status_code in (302, 303, 401)
    assert stranger.post(PHONES, data=KEYS).status_code == 403


def test_a_script_gets_the_key_and_a_token_that_no_cache_keeps(member: FlaskClient) -> None:
    answer: Any = member.get(PHONES)
    assert answer.json["key"] == "BPublic"
    assert answer.headers["Cache-Control"] == "no-store"
    sent = member.post(PHONES, data={"do": "see", **KEYS}, headers={"X-CSRF-Token": answer.json["token"]})
    assert sent.json == {"known": True}


def test_a_device_is_added_with_the_session_that_it_is_in(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    head = {"User-Agent": ANDROID}
    data = {"do": "add", "csrf_token": token(member), **KEYS}
    assert member.post(PHONES, data=data, headers=head).json == {"known": True}
    ((_, command, session),) = fakes.notify.called("add_push_device")
    assert command == AddPushDevice(name="Firefox, Android", **KEYS)
    assert session == "here"


def test_without_a_token_nothing_is_added(member: FlaskClient, fakes: FakeServices) -> None:
    assert member.post(PHONES, data={"do": "add", **KEYS}).status_code == 403
    assert fakes.notify.called("add_push_device") == []


def test_what_is_no_subscription_is_refused(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.notify.answers["add_push_device"] = invalid("endpoint", "push-endpoint")
    answer = member.post(PHONES, data={"do": "add", "csrf_token": token(member), **KEYS})
    assert answer.status_code == 422
    long = {"do": "add", "csrf_token": token(member), **KEYS, "endpoint": "x" * 1001}
    assert member.post(PHONES, data=long).status_code == 422


def test_a_device_is_changed_and_removed(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    data = {"csrf_token": token(member), "name": "Renamed", "group_words": "1"}
    answer = member.post(f"{PHONES}/{ID}", data=data)
    assert (answer.status_code, answer.location) == (303, "/settings/notifications#phones")
    changed = ChangePushDevice(name="Renamed", on=False, group_words=True)
    assert fakes.notify.called("change_push_device") == [(MEMBER, ID, changed)]
    member.post(f"{PHONES}/{ID}", data={"csrf_token": token(member), "do": "remove"})
    assert fakes.notify.called("remove_push_device") == [(MEMBER, ID)]
    fakes.notify.answers["remove_push_device"] = NotFound()
    gone = member.post(f"{PHONES}/{ID}", data={"csrf_token": token(member), "do": "remove"})
    assert gone.status_code == 404


def test_the_reasons_are_set(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    assert 'name="phone_reply" value="1" checked' in page(member)
    assert 'name="phone_follow" value="1" checked' not in page(member)
    data = {"csrf_token": token(member), "phone_mention": "1", "phone_follow": "1", "phone_unknown": "1"}
    member.post(f"{PHONES}/reasons", data=data)
    ((_, command),) = fakes.notify.called("set_push_reasons")
    assert command == SetPushReasons(reasons=["follow", "mention"])


def test_the_api_lists_adds_changes_and_removes(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.people.answers["viewer_of_token"] = MEMBER.model_copy(
        update={"scopes": frozenset({"read", "write"})}
    )

    def ask(method: str, path: str, body: Any = None) -> Any:
        head = {"Authorization": "Bearer space_x"}
        return stranger.open(f"/api/v1/push-devices{path}", method=method, json=body, headers=head)

    found = ask("GET", "").json
    assert (found["key"], found["devices"][0]["name"]) == ("BPublic", "My phone")
    assert "endpoint" not in found["devices"][0]
    assert ask("POST", "", {"name": "app", **KEYS}).status_code == 200
    assert ask("PATCH", f"/{ID}", {"on": False}).status_code == 200
    assert ask("PUT", "/reasons", {"reasons": ["reply"]}).status_code == 200
    assert ask("DELETE", f"/{ID}").status_code == 204
    ((_, command, session),) = fakes.notify.called("add_push_device")
    assert (command.name, session) == ("app", None), "no browser's session: it stays until it is removed"


def test_times_are_readable(member: FlaskClient, fakes: FakeServices) -> None:
    later = MOMENT + timedelta(days=1)
    fakes.notify.answers["push_settings"] = SETTINGS.model_copy(
        update={"devices": [DEVICE.model_copy(update={"reached_at": later})]}
    )
    assert f'datetime="{later:%Y-%m-%dT%H:%M}' in page(member)
