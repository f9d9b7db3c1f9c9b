"""/settings and /languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.errors import Forbidden, Unavailable, invalid
from contracts.people import NewToken, RecoveryCodes, SecondFactorSetup, SessionView
from tests.unit.gateway.fakes import AMINA, MOMENT, TOKEN, FakeServices, account, signed_in

Token = Callable[[FlaskClient], str]


@pytest.fixture(autouse=True)
def known(fakes: FakeServices) -> None:
    fakes.people.answers.update(me=account(), tokens=[])


@pytest.mark.slow
def test_settings_are_ones_own(stranger: FlaskClient, member: FlaskClient, token: Token) -> None:
    assert stranger.get("/settings").status_code == 401
    assert (
        stranger.post("/settings", data={"csrf_token": token(stranger), "do": "profile"}).status_code == 401
    )
    assert member.get("/settings").status_code == 200


def test_a_profile_is_saved(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers["change_profile"] = account()
    form = {
        "csrf_token": token(member), "do": "profile", "display_name": "Amina H.", "about": "Bees.", "place_name": "Fès",
        "place_country": "MA", "languages": ["ar", "", "fr"], "interface_language": "ar",
    }  # fmt: skip
    assert member.post("/settings", data=form).status_code == 303
    command = fakes.people.called("change_profile")[0][1]
    assert (command.display_name, command.place_country, command.languages) == (
        "Amina H.",
        "MA",
        ["ar", "fr"],
    )
    assert (command.interface_language, command.email) == ("ar", None)


def test_a_refused_profile_is_given_back(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers["change_profile"] = invalid("place_name", "too-long", limit=100)
    form = {"csrf_token": token(member), "do": "profile", "display_name": "A. H.", "place_name": "Fès"}
    answer = member.post("/settings", data=form)
    assert answer.status_code == 422
    assert 'value="A. H."' in answer.text
    assert 'id="e-place_name"' in answer.text


def test_a_new_password_is_a_new_session(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers["change_password"] = signed_in().model_copy(update={"token": "fresh"})
    form = {
        "csrf_token": token(member),
        "do": "password",
        "old_password": "old",
        "new_password": "hands in the soil",
    }
    assert member.post("/settings", data=form).status_code == 303
    assert member.get_cookie("space_session").value == "fresh"  # type: ignore[union-attr]


def test_a_wrong_old_password_is_told_and_none_given_back(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["change_password"] = Forbidden("password-wrong")
    passwords = {"old_password": "wrong one", "new_password": "hands in the soil"}
    form = {"csrf_token": token(member), "do": "password", **passwords}
    answer = member.post("/settings", data=form)
    assert answer.status_code == 403
    assert "wrong one" not in answer.text
    assert "hands in the soil" not in answer.text


def test_a_token_is_shown_once_and_kept_nowhere(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fresh = NewToken(id=AMINA, label="Bot", scopes=["read"], created_at=MOMENT, token="shown-once")
    fakes.people.answers["create_token"] = fresh
    fields = {"label": "Bot", "token_password": "p", "scopes": ["read", "all"]}
    form = {"csrf_token": token(member), "do": "token", **fields}
    answer = member.post("/settings", data=form)
    assert "shown-once" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert fakes.people.called("create_token")[0][1].scopes == ["read"]
    assert "shown-once" not in member.get("/settings").text


@pytest.mark.slow
def test_an_unknown_part_is_refused(member: FlaskClient, token: Token) -> None:
    assert member.post("/settings", data={"csrf_token": token(member), "do": "dance"}).status_code == 422


def test_a_members_language_goes_into_the_account(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["change_profile"] = account()
    form = {"csrf_token": token(member), "language": "pt_BR", "next": "/news?uselang=qqx&tag=a"}
    answer = member.post("/languages", data=form)
    assert answer.headers["Location"] == "/news?tag=a"
    assert fakes.people.called("change_profile")[0][1].interface_language == "pt-br"


def test_without_people_the_choice_still_holds_here(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["change_profile"] = Unavailable()
    assert member.post("/languages", data={"csrf_token": token(member), "language": "fr"}).status_code == 303
    assert member.get_cookie("space_language").value == "fr"  # type: ignore[union-attr]


@pytest.mark.parametrize("form", [{"language": "xx-nonsense"}, {"timezone": "Mars/Olympus"}])
def test_what_is_no_language_or_zone_is_refused(
    stranger: FlaskClient, token: Token, form: dict[str, str]
) -> None:
    answer = stranger.post("/languages", data={"csrf_token": token(stranger), **form})
    assert answer.status_code == 422
    assert not stranger.get_cookie("space_timezone")


def test_times_are_in_the_chosen_zone(stranger: FlaskClient, token: Token) -> None:
    stranger.post("/languages", data={"csrf_token": token(stranger), "timezone": "Africa/Cairo"})
    assert 'value="Africa/Cairo"' in stranger.get("/languages").text


def test_languages_are_found_by_their_own_name_or_code(stranger: FlaskClient) -> None:
    page = stranger.get("/languages?q=עבר").text
    assert 'value="he"' in page
    assert 'value="fr"' not in page


def test_a_new_address_is_asked_for_with_the_password(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers |= {"me": account(), "tokens": []}
    fakes.people.answers["change_email"] = invalid("password", "password-wrong")
    form = {"csrf_token": token(member), "do": "email", "email": "a@x.example", "email_password": "no"}
    answer = member.post("/settings", data=form)
    assert answer.status_code == 422
    assert 'id="e-email_password"' in answer.text
    assert 'value="a@x.example"' in answer.text
    waiting = account().model_copy(update={"new_email": "a@x.example"})
    fakes.people.answers["change_email"] = waiting
    assert member.post("/settings", data=form).headers["Location"] == "/settings#s-email"
    fakes.people.answers["me"] = waiting
    assert "A link was sent to the address." in (page := member.get("/settings").text)
    assert "Not confirmed yet: <bdi>a@x.example</bdi>" in page
    fakes.people.answers["send_confirmation"] = None
    again = {"csrf_token": token(member), "do": "email-again"}
    assert member.post("/settings", data=again).status_code == 303


def test_sessions_are_listed_and_ended(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    day = {"created_at": MOMENT, "last_used_on": MOMENT.date()}
    fakes.people.answers |= {"me": account(), "tokens": []}
    fakes.people.answers["sessions"] = [
        SessionView(id="1" * 16, browser="Firefox", current=True, **day), SessionView(id="2" * 16, **day),
    ]  # fmt: skip
    page = member.get("/settings").text
    assert fakes.people.called("sessions")[0][1] == TOKEN
    assert "Firefox" in page
    assert "Another browser" in page
    assert 'value="2222222222222222"' in page
    assert 'value="1111111111111111"' not in page
    for name in ("end_session", "end_other_sessions", "end_sessions"):
        fakes.people.answers[name] = None
    csrf = token(member)
    member.post("/settings", data={"csrf_token": csrf, "do": "session-end", "session_id": "2" * 16})
    assert fakes.people.called("end_session")[0][1] == "2" * 16
    member.post("/settings", data={"csrf_token": csrf, "do": "sessions-end-others"})
    assert fakes.people.called("end_other_sessions")[0][1] == TOKEN
    answer = member.post("/settings", data={"csrf_token": csrf, "do": "sessions-end-all"})
    assert len(fakes.people.called("end_sessions")) == 1
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert any(each.startswith("space_session=;") for each in answer.headers.getlist("Set-Cookie"))


def test_a_second_factor_is_set_up_in_two_steps(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    fakes.people.answers["begin_second_factor"] = invalid("password", "password-wrong")
    form = {"csrf_token": token(member), "do": "factor", "factor_password": "no"}
    assert 'id="e-factor_password"' in member.post("/settings", data=form).text
    fakes.people.answers["begin_second_factor"] = SecondFactorSetup(secret=secret)
    page = member.post("/settings", data=form)
    assert page.headers["Cache-Control"] == "no-store"
    assert "ABCD EFGH" in page.text
    assert "<svg" in page.text
    fakes.people.answers["confirm_second_factor"] = invalid("code", "code-wrong")
    confirm = {"csrf_token": token(member), "do": "factor-confirm", "secret": secret, "code": "000000"}
    refused = member.post("/settings", data=confirm)
    assert refused.status_code == 422
    assert 'id="e-code"' in refused.text
    assert "ABCD EFGH" in refused.text
    assert member.post("/settings", data={**confirm, "secret": "<script>"}).status_code == 422
    fakes.people.answers["confirm_second_factor"] = RecoveryCodes(codes=["abcd-efgh", "jkmn-pqrs"])
    shown = member.post("/settings", data=confirm)
    assert shown.headers["Cache-Control"] == "no-store"
    assert "jkmn-pqrs" in shown.text
    fakes.people.answers["me"] = account(second_factor=True, authenticator_app=True, recovery_codes=2)
    page = member.get("/settings")
    assert "2 recovery codes" in page.text
    assert 'value="factor-remove"' in page.text
    fakes.people.answers["remove_second_factor"] = None
    remove = {"csrf_token": token(member), "do": "factor-remove", "factor_password": "x"}
    assert member.post("/settings", data=remove).status_code == 303


def test_who_has_powers_is_asked_to_protect_them(member: FlaskClient, fakes: FakeServices) -> None:
    assert "Please turn this on" not in member.get("/settings").text
    fakes.people.answers["me"] = account().model_copy(update={"roles": ["member", "moderator"]})
    assert "Please turn this on" in member.get("/settings").text


def test_each_field_says_who_sees_it(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers.update(me=account(field_audiences={"about": "me"}), change_profile=account())
    page = member.get("/settings").text
    assert '<option value="me" selected>' in page
    form = {
        "csrf_token": token(member),
        "do": "profile",
        "about_audience": "groups",
        "place_audience": "members",
    }
    assert member.post("/settings", data=form).status_code == 303
    command = fakes.people.called("change_profile")[0][1]
    assert command.field_audiences == {"about": "groups", "place": "members"}
    assert member.post("/settings", data={**form, "about_audience": "friends"}).status_code == 422


def test_a_profile_has_pronouns_and_a_website(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers.update(
        me=account(pronouns="they/them", website="https://amina.example/"), change_profile=account()
    )
    page = member.get("/settings").text
    assert 'value="they/them"' in page
    assert 'value="https://amina.example/"' in page
    assert "wiki_name_audience" not in page  # nothing is linked
    form = {"csrf_token": token(member), "do": "profile", "pronouns": "she/her", "website": ""}
    assert member.post("/settings", data=form).status_code == 303
    command = fakes.people.called("change_profile")[0][1]
    assert (command.pronouns, command.website) == ("she/her", "")
