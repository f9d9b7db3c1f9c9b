"""Signing in, up and on with a wiki account, through the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from contracts.forum import TopicQuery
from contracts.people import EnterCode, OwnPassword, SignIn
from contracts.sign_up_invitations import CreateSignUpInvitation
from contracts.sign_up_requests import AnswerSignUpRequest
from contracts.site import SetSignUp
from core import clock
from core.audience import STRANGER
from services.people import totp
from tests.unit.gateway.harness import PASSWORD, ROOT, SystemHarness
from tests.unit.gateway.wiki_server import WikiServer, running

pytestmark = pytest.mark.slow

GO = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


@pytest.fixture
def wiki() -> Iterator[WikiServer]:
    with running() as server:
        yield server


@pytest.fixture
def site(system: SystemHarness, wiki: WikiServer) -> Iterator[Flask]:
    """The gateway of a site whose people may sign in with accounts of the wiki."""
    settings = system.app.extensions["space.settings"]
    system.app.extensions["space.settings"] = settings.model_copy(update={"oauth": wiki.wiki()})
    yield system.app
    system.app.extensions["space.settings"] = settings


@pytest.fixture
def browser(site: Flask) -> FlaskClient:
    return site.test_client()


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    form = page.split('<main id="main"')[1].split(f'action="{action}"', 1)[1].split("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def there(browser: FlaskClient, target: str = "/") -> str:
    """The address at the wiki that a stranger is sent to."""
    answer = browser.get(f"/sign-in/wiki?next={quote(target)}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (303, "no-store")
    return answer.location


def sign_in(browser: FlaskClient, wiki: WikiServer, target: str = "/") -> Any:
    return browser.get(wiki.consent(there(browser, target)))


def by_password(browser: FlaskClient, name: str = "Amina") -> None:
    form = fields(browser.get("/sign-in").text, "/sign-in")
    assert browser.post("/sign-in", data={**form, "name": name, "password": PASSWORD}).status_code == 303


def wiki_form(browser: FlaskClient, purpose: str) -> dict[str, str]:
    """The fields of the form in /settings that leads to the wiki for this."""
    parts = browser.get("/settings").text.split('action="/sign-in/wiki"')[1:]
    forms = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', part.split("</form>")[0])) for part in parts]
    return next(form for form in forms if form["purpose"] == purpose)


def from_settings(browser: FlaskClient, wiki: WikiServer, purpose: str) -> Any:
    """Go to the wiki from /settings, agree, and come back."""
    form = wiki_form(browser, purpose)
    between = browser.post("/sign-in/wiki", data=form)
    assert (between.status_code, between.headers["Referrer-Policy"]) == (200, "no-referrer")
    found = GO.search(between.text)
    assert found
    return browser.get(wiki.consent(found[1].replace("&amp;", "&")))


def test_the_button_is_there_only_where_a_wiki_is_set(system: SystemHarness, wiki: WikiServer) -> None:
    client = system.app.test_client()
    for path in ("/sign-in", "/sign-up", "/news/submit"):
        assert "/sign-in/wiki" not in client.get(path).text
    for path in ("/sign-in/wiki", "/sign-in/wiki/callback?code=x&state=y"):
        assert client.get(path).status_code == 404
    form = fields(client.get("/sign-in").text, "/sign-in")
    for path in ("/sign-in/wiki", "/sign-in/wiki/name", "/sign-in/wiki/link", "/sign-in/wiki/password"):
        assert client.post(path, data=form).status_code == 404


def test_the_buttons_lead_to_the_wiki_and_back_to_the_page(browser: FlaskClient, wiki: WikiServer) -> None:
    for path in ("/sign-in?next=/drafts", "/sign-up?next=/drafts"):
        page = browser.get(path).text
        assert 'href="/sign-in/wiki?next=/drafts"' in page
        assert "Sign in with your account on 127.0.0.1" in page
    answer = sign_in(browser, wiki, "/drafts")
    assert (answer.status_code, answer.location) == (303, "/drafts")
    assert "Welcome" in browser.get("/").text
    browser.delete_cookie("space_session")
    assert sign_in(browser, wiki, "//evil.example/").location == "/"
    assert browser.get("/sign-in/wiki?next=/news").location == "/news", "who is signed in needs no wiki"


def test_the_cookie_is_for_the_server_alone_and_the_token_is_kept_nowhere(
    browser: FlaskClient, wiki: WikiServer
) -> None:
    answer = browser.get("/sign-in/wiki")
    (cookie,) = (each for each in answer.headers.getlist("Set-Cookie") if each.startswith("space_wiki="))
    for part in ("HttpOnly", "SameSite=Lax", "Path=/sign-in/wiki", "Max-Age=600"):
        assert part in cookie
    back = browser.get(wiki.consent(answer.location))
    assert back.headers["Referrer-Policy"] == "no-referrer"
    (gone,) = (each for each in back.headers.getlist("Set-Cookie") if each.startswith("space_wiki="))
    assert "Max-Age=0" in gone


def test_an_answer_works_once(browser: FlaskClient, wiki: WikiServer) -> None:
    path = wiki.consent(there(browser))
    cookie = browser.get_cookie("space_wiki", path="/sign-in/wiki")
    assert cookie is not None
    assert browser.get(path).status_code == 303
    browser.delete_cookie("space_session")
    assert browser.get(path).status_code == 400, "the cookie is gone"
    browser.set_cookie("space_wiki", cookie.value, path="/sign-in/wiki")
    replayed = browser.get(path)
    assert replayed.status_code == 403
    assert "didn’t confirm who you are" in replayed.text
    assert browser.get_cookie("space_session") is None


def test_only_the_answer_to_the_own_question_counts(
    site: Flask, browser: FlaskClient, wiki: WikiServer
) -> None:
    other = site.test_client()
    foreign = wiki.consent(there(other))
    first = wiki.consent(there(browser))
    second = wiki.consent(there(browser))
    for path in (foreign, first, "/sign-in/wiki/callback", "/sign-in/wiki/callback?state=%C3%A9&code=x"):
        answer = browser.get(path)
        assert answer.status_code == 400
        assert "another window or browser" in answer.text
        assert browser.get_cookie("space_session") is None
    # A stolen cookie is of no use without the browser that it is bound to.
    cookie = browser.get_cookie("space_wiki", path="/sign-in/wiki")
    assert cookie is not None
    other.set_cookie("space_wiki", cookie.value, path="/sign-in/wiki")
    assert other.get(second).status_code == 400
    assert browser.get(second).status_code == 303


def test_after_ten_minutes_it_has_to_be_started_anew(browser: FlaskClient, wiki: WikiServer) -> None:
    path = wiki.consent(there(browser))
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert browser.get(path).status_code == 400


def test_who_does_not_agree_is_told_so(browser: FlaskClient, wiki: WikiServer) -> None:
    answer = browser.get(wiki.consent(there(browser, "/drafts"), cancel=True))
    assert answer.status_code == 403
    assert "not allowed to say who you are" in answer.text
    assert fields(answer.text, "/sign-in")["next"] == "/drafts"
    assert wiki.requests == []


def test_a_wiki_that_is_away_keeps_nobody_from_a_password(browser: FlaskClient, wiki: WikiServer) -> None:
    wiki.broken["resource/profile"] = lambda: ("500 Oops", "text/html", b"<html>")
    answer = sign_in(browser, wiki)
    assert answer.status_code == 503
    assert "answer right now" in answer.text
    form = {**fields(answer.text, "/sign-in"), "name": "Amina", "password": PASSWORD}
    assert browser.post("/sign-in", data=form).status_code == 303


def test_a_taken_name_is_chosen_anew(browser: FlaskClient, wiki: WikiServer) -> None:
    wiki.user["username"] = "amina"
    page = sign_in(browser, wiki, "/drafts")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert "This name is taken" in page.text
    assert 'value="amina"' in page.text
    form = fields(page.text, "/sign-in/wiki/name")
    again = browser.post("/sign-in/wiki/name", data={**form, "name": "amin a"})
    assert again.status_code == 422
    made = browser.post(
        "/sign-in/wiki/name", data={**fields(again.text, "/sign-in/wiki/name"), "name": "Zaynab"}
    )
    assert (made.status_code, made.location) == (303, "/drafts")
    assert "Zaynab" in browser.get("/").text
    # The page makes one account, and opens none.
    assert browser.post("/sign-in/wiki/name", data={**form, "name": "Zaynab2"}).status_code in (403, 409)


def test_who_chooses_a_name_is_who_came_back(site: Flask, browser: FlaskClient, wiki: WikiServer) -> None:
    wiki.user["username"] = "amina"
    form = fields(sign_in(browser, wiki).text, "/sign-in/wiki/name")
    other = site.test_client()
    theirs = fields(other.get("/sign-in").text, "/sign-in")
    for sealed in (form["identity"], form["identity"] + "x", ""):
        sent = {**theirs, "identity": sealed, "name": "Zaynab"}
        assert other.post("/sign-in/wiki/name", data=sent).status_code == 403
    with clock.at(clock.now() + timedelta(minutes=31)):
        assert browser.post("/sign-in/wiki/name", data={**form, "name": "Zaynab"}).status_code == 403
    # Said to one page, it counts on no other.
    by_password(browser)
    own = fields(browser.get("/languages").text, "/languages")
    sent = {**own, "identity": form["identity"], "password": PASSWORD}
    assert browser.post("/sign-in/wiki/link", data=sent).status_code == 403


def test_a_form_that_is_over_leads_back_to_the_wiki_and_on(browser: FlaskClient, wiki: WikiServer) -> None:
    wiki.user["username"] = "Amina"
    form = fields(sign_in(browser, wiki, "/groups?x=1").text, "/sign-in/wiki/name")
    with clock.at(clock.now() + timedelta(minutes=31)):
        over = browser.post("/sign-in/wiki/name", data={**form, "name": "Amina_2"})
        assert (over.status_code, over.headers["Cache-Control"]) == (403, "no-store")
        assert "Start again" in over.text
        again = re.search(r'href="(/sign-in/wiki\?next=[^"]+)"', over.text)
        assert again is not None
        answer = browser.get(wiki.consent(browser.get(again[1]).location))
        form = fields(answer.text, "/sign-in/wiki/name")
        done = browser.post("/sign-in/wiki/name", data={**form, "name": "Amina_2"})
    assert (done.status_code, done.location) == (303, "/groups?x=1")


def test_a_form_of_another_browser_leads_nowhere_else(
    site: Flask, browser: FlaskClient, wiki: WikiServer
) -> None:
    wiki.user["username"] = "Amina"
    form = fields(sign_in(browser, wiki).text, "/sign-in/wiki/name")
    other = site.test_client()
    theirs = fields(other.get("/sign-in").text, "/sign-in")
    sent = {**form, "csrf_token": theirs["csrf_token"], "next": "//evil.example/", "name": "Amina_2"}
    over = other.post("/sign-in/wiki/name", data=sent)
    assert over.status_code == 403
    assert "evil.example" not in over.text


def test_a_reloaded_form_begins_again(browser: FlaskClient) -> None:
    assert browser.get("/sign-in/wiki/name").location == "/sign-in"
    by_password(browser)
    for page in ("link", "password"):
        assert browser.get(f"/sign-in/wiki/{page}").location == "/settings#s-wiki"
        form = wiki_form(browser, "link")
        over = browser.post(f"/sign-in/wiki/{page}", data={"csrf_token": form["csrf_token"], "identity": "x"})
        assert over.status_code == 403
        assert 'href="/settings#s-wiki"' in over.text


def test_a_hidden_user_chooses_a_name(browser: FlaskClient, wiki: WikiServer) -> None:
    wiki.user = {"sub": "9", "blocked": True}
    page = sign_in(browser, wiki).text
    assert "Choose a name" in page
    assert "form-summary" not in page, "nothing is wrong yet"
    form = fields(page, "/sign-in/wiki/name")
    assert browser.post("/sign-in/wiki/name", data={**form, "name": "Zaynab"}).status_code == 303


def test_closed_sign_up_is_closed_here_too(
    system: SystemHarness, browser: FlaskClient, wiki: WikiServer
) -> None:
    system.services.people.set_sign_up(ROOT, SetSignUp(open=False, reason="Full."))
    assert "/sign-in/wiki" not in browser.get("/sign-up").text
    answer = sign_in(browser, wiki)
    assert answer.status_code == 403
    assert "form-summary" in answer.text
    assert browser.get_cookie("space_session") is None


def test_an_invitation_comes_along_or_is_asked_for(
    system: SystemHarness, browser: FlaskClient, wiki: WikiServer
) -> None:
    people = system.services.people
    people.set_sign_up(ROOT, SetSignUp(open=False, by_invitation=True, reason="Slowly."))
    wanted = CreateSignUpInvitation(uses=2, days=7, reason="For both")
    code = people.create_sign_up_invitation(ROOT, wanted).code
    page = sign_in(browser, wiki)
    assert page.status_code == 200
    assert "form-summary" not in page.text
    form = {**fields(page.text, "/sign-in/wiki/name"), "name": "Zaynab"}
    refused = browser.post("/sign-in/wiki/name", data={**form, "invitation": "made up"})
    assert refused.status_code == 422
    assert browser.post("/sign-in/wiki/name", data={**form, "invitation": code}).status_code == 303
    browser.delete_cookie("space_session")
    wiki.user = {"sub": "8", "username": "Robin"}
    link = re.search(r'href="(/sign-in/wiki\?[^"]+)"', browser.get(f"/sign-up?invitation={code}").text)
    assert link
    back = browser.get(wiki.consent(browser.get(link[1].replace("&amp;", "&")).location))
    assert back.status_code == 303
    assert "Robin" in browser.get("/").text


def test_who_has_no_invitation_asks_for_an_account_and_reads_the_answer(
    system: SystemHarness, browser: FlaskClient, wiki: WikiServer
) -> None:
    people = system.services.people
    people.set_sign_up(ROOT, SetSignUp(open=False, by_invitation=True, reason="Slowly."))
    page = sign_in(browser, wiki)
    assert "Ask for an account" in page.text
    form = fields(page.text, "/sign-in/wiki/ask")
    wrong = browser.post("/sign-in/wiki/ask", data={**form, "words": "<b>Wells", "email": "nowhere"})
    assert wrong.status_code == 422
    assert 'id="e-email"' in wrong.text
    assert "&lt;b&gt;Wells" in wrong.text
    waits = browser.post("/sign-in/wiki/ask", data={**form, "words": "Wells", "email": "zaynab@x.example"})
    assert (waits.status_code, waits.headers["Cache-Control"]) == (200, "no-store")
    assert "Your request waits for an answer" in waits.text
    assert browser.get_cookie("space_session") is None
    again = sign_in(browser, wiki)
    assert "Your request waits for an answer" in again.text, "the wiki brings them back to it"
    assert browser.get("/sign-in/wiki/ask").location == "/sign-in"
    (one,) = people.sign_up_requests(ROOT, None, 10).items
    people.answer_sign_up_request(ROOT, one.id, AnswerSignUpRequest(accepted=True, reason="Welcome"))
    assert sign_in(browser, wiki, "/drafts").location == "/drafts"
    assert "Welcome" in browser.get("/").text
    browser.delete_cookie("space_session")

    wiki.user = {"sub": "8", "username": "Robin"}
    form = fields(sign_in(browser, wiki).text, "/sign-in/wiki/ask")
    browser.post("/sign-in/wiki/ask", data=form)
    (one,) = people.sign_up_requests(ROOT, None, 10).items
    answer = AnswerSignUpRequest(accepted=False, reason="<i>Who are you?")
    people.answer_sign_up_request(ROOT, one.id, answer)
    declined = sign_in(browser, wiki)
    assert "Your request has been declined" in declined.text
    assert "&lt;i&gt;Who are you?" in declined.text
    assert "/sign-in/wiki/withdraw" not in declined.text


def test_a_request_for_an_account_needs_what_the_wiki_said_to_this_browser(
    system: SystemHarness, browser: FlaskClient, wiki: WikiServer
) -> None:
    people = system.services.people
    people.set_sign_up(ROOT, SetSignUp(open=False, by_invitation=True, reason="Slowly."))
    form = fields(sign_in(browser, wiki).text, "/sign-in/wiki/ask")
    other = system.app.test_client()
    theirs = fields(other.get("/sign-in").text, "/sign-in")
    for identity in ("", "forged", form["identity"]):
        for path in ("/sign-in/wiki/ask", "/sign-in/wiki/withdraw"):
            assert other.post(path, data={**theirs, "identity": identity}).status_code == 403
    assert people.sign_up_requests(ROOT, None, 10).items == []
    waits = browser.post("/sign-in/wiki/ask", data=form)
    gone = browser.post("/sign-in/wiki/withdraw", data=fields(waits.text, "/sign-in/wiki/withdraw"))
    assert (gone.status_code, gone.location) == (303, "/sign-in")
    assert people.sign_up_requests(ROOT, None, 10).items == []


def test_who_was_accepted_and_whose_name_is_taken_chooses_one_without_a_code(
    system: SystemHarness, browser: FlaskClient, wiki: WikiServer
) -> None:
    people = system.services.people
    people.set_sign_up(ROOT, SetSignUp(open=False, by_invitation=True, reason="Slowly."))
    wiki.user = {"sub": "9", "username": "Amina"}
    browser.post("/sign-in/wiki/ask", data=fields(sign_in(browser, wiki).text, "/sign-in/wiki/ask"))
    (one,) = people.sign_up_requests(ROOT, None, 10).items
    people.answer_sign_up_request(ROOT, one.id, AnswerSignUpRequest(accepted=True, reason="Welcome"))
    page = sign_in(browser, wiki)
    assert 'name="invitation"' not in page.text
    form = {**fields(page.text, "/sign-in/wiki/name"), "name": "Zaynab"}
    assert browser.post("/sign-in/wiki/name", data=form).status_code == 303
    assert "Zaynab" in browser.get("/").text


def test_what_was_written_comes_through_the_wiki(
    system: SystemHarness, browser: FlaskClient, wiki: WikiServer
) -> None:
    # More than fits into a cookie.
    topic = {
        "language": "en", "title": "Maps", "body": "Which <ones>? " * 2000, "category": "help", "audience": "public",
    }  # fmt: skip
    by_password(browser)
    form = fields(browser.get("/talk/new").text, "/talk/new")
    browser.set_cookie("space_session", "an-old-session")
    asked = browser.post("/talk/new", data={**form, **topic}, headers={"Sec-Fetch-Site": "same-origin"})
    assert asked.status_code == 401
    assert 'formaction="/sign-in/wiki"' in asked.text

    def go(page: str, cancel: bool = False) -> Any:
        found = GO.search(browser.post("/sign-in/wiki", data=fields(page, "/sign-in")).text)
        assert found
        return browser.get(wiki.consent(found[1].replace("&amp;", "&"), cancel))

    cancelled = go(asked.text, cancel=True)
    assert cancelled.status_code == 403
    assert "<h1>Start a topic</h1>" in cancelled.text
    wiki.user["username"] = "amina"
    choose = go(cancelled.text)
    form = {**fields(choose.text, "/sign-in/wiki/name"), "name": "Zaynab"}
    shown = browser.post("/sign-in/wiki/name", data=form)
    assert shown.status_code == 200
    assert 'value="Maps"' in shown.text
    assert "Which &lt;ones&gt;? Which" in shown.text
    sent = {**fields(shown.text, "/talk/new"), **topic}
    assert browser.post("/talk/new", data=sent).status_code == 303
    (line,) = system.services.forum.topics(STRANGER, TopicQuery()).items
    assert line.title == "Maps"


def test_linking_unlinking_and_signing_in_by_both(browser: FlaskClient, wiki: WikiServer) -> None:
    by_password(browser)
    page = from_settings(browser, wiki, "link")
    assert "<bdi>Sam Rivera</bdi>" in page.text
    form = fields(page.text, "/sign-in/wiki/link")
    assert browser.post("/sign-in/wiki/link", data={**form, "password": "wrong"}).status_code == 422
    linked = browser.post("/sign-in/wiki/link", data={**form, "password": PASSWORD})
    assert (linked.status_code, linked.location) == (303, "/settings#s-wiki")
    settings = browser.get("/settings").text
    assert "Your wiki account is linked." in settings
    assert "Linked to <bdi>Sam Rivera</bdi>" in settings
    browser.delete_cookie("space_session")
    assert sign_in(browser, wiki).status_code == 303
    assert "Welcome back, Amina." in browser.get("/").text
    form = fields(browser.get("/settings").text, "/settings")
    unlinked = browser.post("/settings", data={**form, "do": "wiki-unlink"})
    assert unlinked.location == "/settings#s-wiki"
    assert "no longer linked" in browser.get("/settings").text


def test_a_link_is_for_who_asked_for_it(site: Flask, browser: FlaskClient, wiki: WikiServer) -> None:
    by_password(browser)
    found = GO.search(browser.post("/sign-in/wiki", data=wiki_form(browser, "link")).text)
    assert found
    back = wiki.consent(found[1].replace("&amp;", "&"))
    browser.delete_cookie("space_session")
    assert browser.get(back).status_code == 403
    stranger = site.test_client()
    token = fields(stranger.get("/sign-in").text, "/sign-in")
    assert stranger.post("/sign-in/wiki", data={**token, "purpose": "link"}).status_code == 401
    assert stranger.post("/sign-in/wiki", data={**token, "purpose": "x"}).status_code == 422
    assert stranger.post("/sign-in/wiki", data={"purpose": "sign-in"}).status_code == 403


def test_the_first_password_is_proved_by_the_wiki(browser: FlaskClient, wiki: WikiServer) -> None:
    assert sign_in(browser, wiki).status_code == 303
    settings = browser.get("/settings").text
    assert "Your account has no password" in settings
    assert "Set a password before you unlink it." in settings
    assert 'name="old_password"' not in settings
    form = fields(settings, "/settings")
    refused = browser.post("/settings", data={**form, "do": "wiki-unlink"})
    assert refused.status_code == 409
    # Somebody at the unlocked browser who has another wiki account proves nothing.
    sam = dict(wiki.user)
    wiki.user = {"sub": "8", "username": "Mallory"}
    form = fields(from_settings(browser, wiki, "password").text, "/sign-in/wiki/password")
    assert browser.post("/sign-in/wiki/password", data={**form, "new": PASSWORD}).status_code == 403
    wiki.user = sam
    form = fields(from_settings(browser, wiki, "password").text, "/sign-in/wiki/password")
    assert browser.post("/sign-in/wiki/password", data={**form, "new": "short"}).status_code == 422
    done = browser.post("/sign-in/wiki/password", data={**form, "new": PASSWORD})
    assert (done.status_code, done.location) == (303, "/settings#s-password")
    assert "Your password is set." in browser.get("/settings").text
    browser.delete_cookie("space_session")
    by_password(browser, "Sam_Rivera")


def test_the_second_factor_follows_the_wiki(
    system: SystemHarness, browser: FlaskClient, wiki: WikiServer
) -> None:
    by_password(browser)
    form = fields(from_settings(browser, wiki, "link").text, "/sign-in/wiki/link")
    browser.post("/sign-in/wiki/link", data={**form, "password": PASSWORD})
    people = system.services.people
    amina = people.sign_in(STRANGER, SignIn(name="Amina", password=PASSWORD)).viewer
    secret = people.begin_second_factor(amina, OwnPassword(password=PASSWORD)).secret
    now = totp.step_at(clock.now())
    people.confirm_second_factor(amina, EnterCode(code=totp.code_at(secret, now - 1)))
    browser.delete_cookie("space_session")
    step = sign_in(browser, wiki, "/drafts")
    assert "Enter your code" in step.text
    form = fields(step.text, "/sign-in/code")
    done = browser.post("/sign-in/code", data={**form, "code": totp.code_at(secret, now)})
    assert (done.status_code, done.location) == (303, "/drafts")
