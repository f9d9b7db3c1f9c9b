"""/admin/site, and the site's own words on pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from contracts.errors import Conflict, Forbidden, Unavailable, invalid
from contracts.report_scores import ReportScores, ReportScoresView, SetReportScores
from contracts.site import SetSignUp, SetSiteText, SiteKind, SiteRevision, SiteState, SiteText
from gateway.app import create_app
from gateway.cache.log_ends import LogEnds
from gateway.site.words import SiteWords
from tests.unit.gateway.fakes import AMINA, MEMBER, MOMENT, FakeServices
from tests.unit.gateway.harness import ROOT, MemoryEventListener, SystemHarness

pytestmark = pytest.mark.slow

Token = Callable[[FlaskClient], str]
STATE = SiteState(
    name="The Square",
    name_revision=2,
    taglines=[SiteText(language="en", text="where we meet"), SiteText(language="ar", text="حيث نلتقي")],
    abouts=[SiteText(language="en", text="We are *many*.", html="<p>We are <em>many</em>.</p>\n")],
    conducts=[SiteText(language="en", text="Be *kind*.", html="<p>Be <em>kind</em>.</p>\n")],
)


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.be(MEMBER.model_copy(update={"roles": frozenset({"member", "administrator"})}))
    revisions = [
        SiteRevision(revision=number, text=words, by_id=AMINA, at=MOMENT)
        for number, words in ((2, "Now"), (1, "Before"))
    ]
    scores = ReportScoresView(first=30, hide=60, revision=4)
    fakes.people.answers.update(site=STATE, site_revisions=revisions, report_scores=scores)
    return fakes


def test_every_page_has_the_sites_name_and_its_line_in_the_readers_language(stranger: FlaskClient) -> None:
    page = stranger.get("/languages").text
    assert "· The Square</title>" in page
    assert "<span>The Square</span>" in page
    assert 'The Square – <span lang="en" dir="ltr">where we meet</span>' in page
    assert '<span lang="ar" dir="rtl">حيث نلتقي</span>' in stranger.get("/languages?uselang=ar").text
    assert "We are <em>many</em>." in stranger.get("/about?uselang=ja").text
    assert "Be <em>kind</em>." in stranger.get("/conduct?uselang=ja").text
    assert "The Square" in stranger.get("/api.php?action=query&meta=siteinfo&format=json").text


def test_without_words_of_its_own_the_operators_name_and_the_usual_texts_count(
    fakes: FakeServices, stranger: FlaskClient
) -> None:
    fakes.people.answers["site"] = SiteState()
    page = stranger.get("/about").text
    assert "About Space" in page
    assert "one place for news, talk and events" in page
    assert "Submit news" in page


def test_pages_are_there_while_people_is_away(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.people.answers["site"] = Unavailable()
    assert stranger.get("/about").status_code == 200


def test_while_sign_up_is_closed_nothing_leads_to_it(fakes: FakeServices, stranger: FlaskClient) -> None:
    paths = ("/sign-in", "/drafts")
    assert all("/sign-up" in stranger.get(path).text for path in paths)
    assert 'name="password"' in stranger.get("/sign-up").text
    fakes.people.answers["site"] = SiteState(sign_up_open=False)
    assert not any("/sign-up" in stranger.get(path).text for path in paths)
    closed = stranger.get("/sign-up").text
    assert 'name="password"' not in closed
    assert "New accounts can’t be created at present" in closed


def test_the_page_shows_what_is_set_and_what_was(member: FlaskClient) -> None:
    page = member.get("/admin/site?lang=ar").text
    assert 'name="name_text"' in page
    assert page.count('value="Now"') == 2  # the name and the line
    assert page.count('<p class="site-text"') == 4
    assert "Before" in page
    assert '<input type="hidden" name="language" value="ar">' in page
    assert 'name="revision" value="2"' in page


@pytest.mark.parametrize("kind", ["name", "tagline", "about", "conduct"])
def test_a_text_is_set(fakes: FakeServices, member: FlaskClient, token: Token, kind: SiteKind) -> None:
    fakes.people.answers["set_site_text"] = None
    form = {
        "csrf_token": token(member), "do": kind, "language": "ar", f"{kind}_text": "Words", "revision": "2",
        f"{kind}_reason": "Ours",
    }  # fmt: skip
    assert member.post("/admin/site", data=form).status_code == 303
    ((_, command),) = fakes.people.called("set_site_text")
    language = "" if kind == "name" else "ar"
    assert command == SetSiteText(kind=kind, language=language, text="Words", revision=2, reason="Ours")


def test_sign_up_is_closed(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.people.answers["set_sign_up"] = None
    form = {"csrf_token": token(member), "do": "sign-up", "open": "no", "sign-up_reason": "A flood"}
    assert member.post("/admin/site", data=form).status_code == 303
    assert fakes.people.called("set_sign_up")[0][1] == SetSignUp(open=False, reason="A flood")


def test_a_refused_text_is_shown_again_beside_what_others_wrote(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    form = {
        "csrf_token": token(member), "do": "about", "language": "en", "about_text": "Mine", "revision": "1",
        "about_reason": "Ours",
    }  # fmt: skip
    fakes.people.answers["set_site_text"] = Conflict("edit-conflict", data={"revision": 2})
    page = member.post("/admin/site", data=form)
    assert page.status_code == 409
    assert "Mine</textarea>" in page.text
    assert "<details open>" in page.text
    assert page.text.count('<p class="site-text"') == 5
    fakes.people.answers["set_site_text"] = invalid("text", "too-long", limit=3)
    page = member.post("/admin/site", data=form)
    assert page.status_code == 422
    assert 'id="e-about_text"' in page.text
    missing = member.post("/admin/site", data={**form, "about_reason": ""})
    assert 'id="e-about_reason"' in missing.text
    assert member.post("/admin/site", data={**form, "do": "dance"}).status_code == 422


def test_whoever_may_not_gets_the_services_refusal(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    refusal = Forbidden("administrators-only")
    fakes.people.answers.update(site_revisions=refusal, set_site_text=refusal)
    assert member.get("/admin/site").status_code == 403
    form = {"csrf_token": token(member), "do": "name", "revision": "0", "name_reason": "Ours"}
    assert member.post("/admin/site", data=form).status_code == 403


class Kept:
    """A gateway process that keeps pages, over the real services."""

    def __init__(self, system: SystemHarness) -> None:
        self.app: Flask = create_app(system.settings, system.services, keep_pages=True)
        self.app.testing = True

    def title(self, path: str = "/about") -> str:
        found = re.search(r"<title>([^<]*)</title>", self.app.test_client().get(path).text)
        assert found
        return found[1]


def test_kept_pages_of_every_process_change_with_the_event(system: SystemHarness) -> None:
    processes = [Kept(system), Kept(system)]
    paths = ("/about", "/talk", "/languages")  # the last one is not kept
    for _ in range(2):
        assert {each.title(path).partition(" · ")[2] for each in processes for path in paths} == {"Space"}
    command = SetSiteText(kind="name", text="The Square", revision=0, reason="Ours")
    system.services.people.set_site_text(ROOT, command)
    system.drain()
    for _ in range(2):
        titles = {each.title(path).partition(" · ")[2] for each in processes for path in paths}
        assert titles == {"The Square"}


def test_words_are_asked_for_once_and_again_after_a_change(system: SystemHarness) -> None:
    now = [0.0]
    ends = LogEnds(replace(system.services, listener=MemoryEventListener()), now=lambda: now[0])
    words = SiteWords(ends, lambda: now[0])
    people = system.services.people
    assert words.state(people) is words.state(people)
    command = SetSiteText(kind="name", text="The Square", revision=0, reason="Ours")
    people.set_site_text(ROOT, command)
    now[0] += 1.5  # no event comes
    assert words.state(people).name == "The Square"
    people.set_site_text(ROOT, command.model_copy(update={"text": "The Circle", "revision": 1}))
    ends.doubt("people")
    assert words.state(people).name == "The Circle"


def test_no_page_waits_for_words_that_do_not_come(fakes: FakeServices, system: SystemHarness) -> None:
    now = [0.0]
    ends = LogEnds(fakes.services, now=lambda: now[0])
    words = SiteWords(ends, lambda: now[0])
    people = fakes.services.people
    fakes.people.answers.update(log_end=7, site=Unavailable())
    for _ in range(3):
        assert words.state(people) == SiteState()
    assert len(fakes.people.called("site")) == 1
    fakes.people.answers["site"] = STATE
    now[0] += 2.5
    assert words.state(people) == STATE
    fakes.people.answers["log_end"] = Unavailable()
    now[0] += 2.5
    assert words.state(people) == STATE


def test_while_people_is_away_the_words_known_last_count(fakes: FakeServices, system: SystemHarness) -> None:
    words = SiteWords(None)
    assert words.state(fakes.services.people) == STATE
    fakes.people.answers["site"] = Unavailable()
    assert words.state(fakes.services.people) == STATE


def test_administrators_set_what_reports_do(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    page = member.get("/admin/site").text
    assert re.search(r'name="first"[^>]* value="30"', page)
    assert re.search(r'name="hide"[^>]* value="60"', page)
    fakes.people.answers["set_report_scores"] = None
    form = {"csrf_token": token(member), "do": "scores", "revision": "4", "first": "40", "hide": "90"}
    assert member.post("/admin/site", data={**form, "scores_reason": "Busy"}).location == "/admin/site"
    command = fakes.people.called("set_report_scores")[0][1]
    assert command == SetReportScores(scores=ReportScores(first=40, hide=90), revision=4, reason="Busy")
    for wrong in ({"hide": "39"}, {"first": "9"}, {"hide": "1001"}, {"first": "many"}):
        refused = member.post("/admin/site", data={**form, "scores_reason": "Busy", **wrong})
        assert refused.status_code == 422
        (field,) = wrong
        assert f'id="e-{field}"' in refused.text
    fakes.people.answers["set_report_scores"] = invalid("hide", "scores-order")
    refused = member.post("/admin/site", data={**form, "scores_reason": "Busy"})
    assert 'id="e-hide"' in refused.text
