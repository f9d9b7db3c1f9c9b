"""/settings/notifications, and the pages that the links at the end of mails lead to."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from flask.testing import FlaskClient

from contracts.errors import NotFound, invalid
from contracts.forum import ForumCategory
from contracts.mail import MailLink, MailPreview, MailSettings, PreviewedMail, SetMailSettings
from contracts.notify import FollowKind, Reason
from contracts.people import Account
from contracts.push import PushSettings
from core.audience import STRANGER
from tests.unit.gateway.fakes import AMINA, MEMBER, MOMENT, FakeServices

Token = Callable[[FlaskClient], str]
ACCOUNT = Account(id=AMINA, name="Amina", display_name="Amina", joined_at=MOMENT, email="amina@x.example")
SETTINGS = MailSettings(by_reason=dict.fromkeys(get_args(Reason), "once"), hour=8, timezone="Europe/Berlin")
PREVIEW = MailPreview(
    mails=[PreviewedMail(at=MOMENT, when="once", told=2, title="Night <buses>", language="en"),
           PreviewedMail(at=MOMENT, when="daily", told=7)],
    counts={"once": 1, "daily": 1}, on_page=3,
)  # fmt: skip
LINK = MailLink(
    stops=["target", "reason", "subject", "all"], reason="follow", followed="tag", subject="topic/x"
)


@pytest.fixture(autouse=True)
def answers(fakes: FakeServices) -> None:
    fakes.people.answers |= {"me": ACCOUNT, "sessions": []}
    fakes.notify.answers |= {
        "mail_settings": SETTINGS, "set_mail_settings": SETTINGS, "mail_link": LINK, "stop_mail": None,
        "mail_preview": PREVIEW,
        "push_settings": PushSettings(key="B", reasons=[], devices=[]),
    }  # fmt: skip


def test_the_page_shows_what_is_chosen_and_where_it_goes(member: FlaskClient, fakes: FakeServices) -> None:
    page = member.get("/settings/notifications").text
    assert "amina@x.example" in page
    assert page.count('<option value="once" selected>') == len(get_args(Reason))
    assert "<option selected>Europe/Berlin</option>" in page
    assert "no confirmed email address" not in page


def test_who_has_no_address_is_told_so(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.people.answers["me"] = ACCOUNT.model_copy(update={"email": None})
    page = member.get("/settings/notifications").text
    assert "no confirmed email address" in page
    assert 'href="/settings#s-email"' in page


def test_who_takes_no_mail_any_more_is_told_so(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.notify.answers["mail_settings"] = SETTINGS.model_copy(update={"refused": "550 5.1.1"})
    assert "code 550 5.1.1" in member.get("/settings/notifications").text


def test_what_is_chosen_is_set(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fields = {"for_mention": "daily", "for_follow": "page", "hour": "21", "timezone": "Asia/Kolkata"}
    answer = member.post("/settings/notifications", data={"csrf_token": token(member), "on": "1", **fields})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/notifications")
    member.post("/settings/notifications", data={"csrf_token": token(member), **fields})
    commands = [command for _, command in fakes.notify.called("set_mail_settings")]
    expected = SetMailSettings(
        by_reason={"mention": "daily", "follow": "page"},
        hour=21,
        timezone="Asia/Kolkata",
        quiet_from=0,
        quiet_to=0,
    )
    assert commands == [expected, expected.model_copy(update={"on": False})]


def test_quiet_hours_and_the_day_of_the_week_are_shown_and_set(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    page = member.get("/settings/notifications").text
    assert '<option value="22" selected>' in page
    assert 'name="quiet" value="1" checked' not in page
    fakes.notify.answers["mail_settings"] = SETTINGS.model_copy(
        update={"weekday": 5, "quiet_from": 23, "quiet_to": 6}
    )
    page = member.get("/settings/notifications").text
    assert 'name="quiet" value="1" checked' in page
    assert '<option value="5" selected>Friday</option>' in page
    fields = {
        "hour": "8",
        "weekday": "6",
        "quiet": "1",
        "quiet_from": "21",
        "quiet_to": "7",
        "timezone": "UTC",
    }
    member.post("/settings/notifications", data={"csrf_token": token(member), **fields})
    ((_, command),) = fakes.notify.called("set_mail_settings")
    assert (command.weekday, command.quiet_from, command.quiet_to) == (6, 21, 7)


def test_it_says_what_would_have_come_last_week(member: FlaskClient, fakes: FakeServices) -> None:
    page = member.get("/settings/notifications").text
    for said in (
        "One mail at once",
        "One daily mail",
        "3 notifications on the page alone",
        "Night &lt;buses&gt;",
    ):
        assert said in page
    assert [command for _, command in fakes.notify.called("mail_preview")] == [None]
    fakes.notify.answers["mail_preview"] = MailPreview()
    assert "there was no notification for you" in member.get("/settings/notifications").text


def test_to_look_at_other_settings_sets_nothing(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fields = {"do": "preview", "on": "1", "hour": "21", "timezone": "Asia/Kolkata", "for_follow": "weekly"}
    answer = member.post("/settings/notifications", data={"csrf_token": token(member), **fields})
    assert answer.status_code == 200
    assert "not saved yet" in answer.text
    assert "<option selected>Asia/Kolkata</option>" in answer.text
    assert fakes.notify.called("set_mail_settings") == []
    ((_, command),) = [each for each in fakes.notify.called("mail_preview") if each[1] is not None]
    assert (command.hour, command.by_reason) == (21, {"follow": "weekly"})


@pytest.mark.parametrize(
    "fields",
    [
        {"weekday": "8"},
        {"quiet": "1", "quiet_from": "24", "quiet_to": "1"},
        {"hour": "25"},
        {"hour": "x"},
        {"for_mention": "never"},
        {"timezone": ""},
    ],
)
def test_what_there_is_not_is_shown_again(
    member: FlaskClient, fakes: FakeServices, token: Token, fields: dict[str, str]
) -> None:
    given = {"csrf_token": token(member), "hour": "8", "timezone": "UTC", **fields}
    assert member.post("/settings/notifications", data=given).status_code == 422
    assert fakes.notify.called("set_mail_settings") == []


def test_a_zone_that_the_service_refuses_is_marked(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.notify.answers["set_mail_settings"] = invalid("timezone", "timezone-unknown", timezone="Mars")
    given = {"csrf_token": token(member), "hour": "8", "timezone": "Mars"}
    answer = member.post("/settings/notifications", data=given)
    assert answer.status_code == 422
    assert 'href="#f-timezone"' in answer.text


def test_strangers_and_forgers_change_nothing(
    stranger: FlaskClient, member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fields = {"hour": "8", "timezone": "UTC"}
    assert stranger.get("/settings/notifications").status_code == 401
    assert (
        stranger.post("/settings/notifications", data={"csrf_token": token(stranger), **fields}).status_code
        == 401
    )
    assert member.post("/settings/notifications", data=fields).status_code == 403
    assert fakes.notify.called("set_mail_settings") == []


@pytest.mark.parametrize(
    ("followed", "id", "said"),
    [
        ("tag", "buses", "Stop following <bdi>#buses</bdi>"),
        ("category", "talk/help", "Stop following <bdi>Help</bdi>"),
        ("category", "talk/gone", "Stop following what this mail is about"),
        ("topic", "0" * 16, "Stop following what this mail is about"),
        ("group", "0" * 16, "Stop following what this mail is about"),
    ],
)
def test_a_link_names_what_it_ends(
    stranger: FlaskClient, fakes: FakeServices, followed: FollowKind, id: str, said: str
) -> None:
    fakes.notify.answers["mail_link"] = LINK.model_copy(update={"followed": followed, "followed_id": id})
    known = ForumCategory(slug="help", name="Help", about="", language="en")
    fakes.forum.answers["categories"] = [known]
    assert said in stranger.get("/mail/abc").text


def test_to_open_a_link_does_nothing(stranger: FlaskClient, fakes: FakeServices) -> None:
    page = stranger.get("/mail/abc")
    assert page.status_code == 200
    assert [page.text.count(f'value="{stop}"') for stop in LINK.stops] == [1, 1, 1, 1]
    assert "No notifications any more of this topic" in page.text
    assert "No mail any more about: What I follow" in page.text
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert fakes.notify.called("stop_mail") == []


def test_a_mail_program_ends_it_by_one_press(stranger: FlaskClient, fakes: FakeServices) -> None:
    """By RFC 8058: without cookies, and with this body."""
    answer = stranger.post("/mail/abc", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 303
    assert fakes.notify.called("stop_mail") == [(STRANGER, "abc", None)]


def test_a_person_chooses_what_ends(member: FlaskClient, fakes: FakeServices) -> None:
    """Whoever is signed in: it is of whose mail it was."""
    answer = member.post("/mail/abc", data={"stop": "subject"})
    assert fakes.notify.called("stop_mail") == [(STRANGER, "abc", "subject")]
    page = member.get(answer.headers["Location"]).text
    assert "You get fewer mails from now on" in page


@pytest.mark.parametrize("token", ["abc", "é", "A" * 500])
def test_a_link_that_there_is_not(stranger: FlaskClient, fakes: FakeServices, token: str) -> None:
    fakes.notify.answers["mail_link"] = fakes.notify.answers["stop_mail"] = NotFound("mail-link-unknown")
    for answer in (stranger.get(f"/mail/{token}"), stranger.post(f"/mail/{token}")):
        assert answer.status_code == 404
        assert "This link isn’t complete" in answer.text


def test_programs_read_and_set_it(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.people.answers["viewer_of_token"] = MEMBER.model_copy(
        update={"scopes": frozenset({"read", "write"})}
    )
    head = {"Authorization": "Bearer space_x"}
    found = member.get("/api/v1/notifications/mail", headers=head)
    assert found.json == SETTINGS.model_dump(mode="json")
    body = {"hour": 9, "timezone": "UTC", "by_reason": {"quote": "page"}}
    assert member.put("/api/v1/notifications/mail", json=body, headers=head).status_code == 200
    ((_, command),) = fakes.notify.called("set_mail_settings")
    assert command == SetMailSettings(hour=9, timezone="UTC", by_reason={"quote": "page"})
