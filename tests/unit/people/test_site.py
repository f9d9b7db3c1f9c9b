"""The site's own words are kept by versions, and sign-up is closed and opened, by administrators."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Forbidden, Invalid, SignInNeeded
from contracts.people import Register
from contracts.site import SetSignUp, SetSiteText, SiteChanged, SiteKind, SiteState
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries
from services.people.actions import sign_in
from services.people.actions.site import recook_site
from services.people.tables import SiteVersion
from tests.unit.harness import meet
from tests.unit.people.harness import Enrol, Events


@pytest.fixture
def ada(enrol: Enrol) -> Viewer:
    return enrol("Ada", "administrator")


def text(kind: SiteKind, words: str, language: str = "", revision: int = 0) -> SetSiteText:
    return SetSiteText(kind=kind, language=language, text=words, revision=revision, reason="Ours")


def put(database: Database, viewer: Viewer, command: SetSiteText) -> SiteState:
    with database.writing() as session:
        actions.set_site_text(session, viewer, command)
        return queries.site(session, STRANGER)


def refused(database: Database, viewer: Viewer, command: SetSiteText) -> tuple[str, str]:
    with pytest.raises(Invalid) as error:
        put(database, viewer, command)
    return error.value.faults[0].field, error.value.faults[0].code


def test_a_new_site_has_no_words_of_its_own(database: Database) -> None:
    with database.reading() as session:
        assert queries.site(session, STRANGER) == SiteState()


def test_texts_are_kept_by_versions_in_each_language(database: Database, ada: Viewer, events: Events) -> None:
    put(database, ada, text("name", " The\nSquare "))
    put(database, ada, text("tagline", "Onde nos vemos", "PT_br"))
    put(database, ada, text("tagline", "where we meet", "en"))
    put(database, ada, text("about", "We are **many**.", "en"))
    put(database, ada, text("conduct", "Be **kind**.", "en"))
    state = put(database, ada, text("about", "We are *many*.", "en", revision=1))
    assert (state.name, state.name_revision) == ("The Square", 1)
    assert [(each.language, each.text) for each in state.taglines] == [
        ("pt-br", "Onde nos vemos"),
        ("en", "where we meet"),
    ]
    (about,), (conduct,) = state.abouts, state.conducts
    assert (conduct.language, conduct.html) == ("en", "<p>Be <strong>kind</strong>.</p>\n")
    assert (about.revision, about.html) == (2, "<p>We are <em>many</em>.</p>\n")
    assert put(database, ada, text("tagline", "", "pt-br", revision=1)).taglines[0].language == "en"
    with database.reading() as session:
        versions = queries.site_revisions(session, ada, "about", "en")
        log = queries.administration_log(session, ada, "site", None, 2)
    assert [(each.revision, each.text, each.by_id) for each in versions] == [
        (2, "We are *many*.", ada.person_id),
        (1, "We are **many**.", ada.person_id),
    ]
    assert [(each.action, each.detail, each.reason) for each in log.items] == [
        ("site-tagline", "pt-br", "Ours"),
        ("site-about", "en", "Ours"),
    ]
    published = SiteChanged.model_validate(events()[-1].data).site
    assert published.name == "The Square"
    assert "<em>" not in str(events()[-1].data)


def test_what_changes_nothing_leaves_no_trace(database: Database, ada: Viewer, events: Events) -> None:
    before = len(events())
    put(database, ada, text("name", ""))
    with database.writing() as session:
        actions.set_sign_up(session, ada, SetSignUp(open=True, reason="Ours"))
    assert len(events()) == before
    with database.reading() as session:
        assert queries.administration_log(session, ada, "site", None, 5).items == []


def test_texts_that_are_too_long_or_in_no_language_are_refused(database: Database, ada: Viewer) -> None:
    assert refused(database, ada, text("name", "x" * 61)) == ("text", "too-long")
    assert refused(database, ada, text("tagline", "x" * 151, "en")) == ("text", "too-long")
    assert refused(database, ada, text("tagline", "x", "klingon")) == ("language", "language-unknown")
    assert refused(database, ada, text("about", "x")) == ("language", "language-unknown")


def test_a_stale_edit_is_refused_with_the_text_that_is_there(database: Database, ada: Viewer) -> None:
    put(database, ada, text("name", "The Square"))
    with pytest.raises(Conflict) as error:
        put(database, ada, text("name", "The Circle"))
    assert error.value.data == {"yours": "The Circle", "theirs": "The Square", "revision": 1}


def test_of_two_edits_at_one_moment_one_is_refused(database: Database, ada: Viewer) -> None:
    def edit(words: str) -> Callable[[Session], None]:
        return lambda session: actions.set_site_text(session, ada, text("about", words, "en"))

    error = meet(database, edit("One"), edit("Another"))
    assert isinstance(error, Conflict)
    assert error.data["theirs"] == "One"


def test_only_administrators_change_the_site(database: Database, enrol: Enrol) -> None:
    for viewer, refusal in ((enrol("Mina", "moderator", "editor"), Forbidden), (STRANGER, SignInNeeded)):
        with pytest.raises(refusal):
            put(database, viewer, text("name", "Mine"))
        with pytest.raises(refusal), database.writing() as session:
            actions.set_sign_up(session, viewer, SetSignUp(open=False, reason="Mine"))
        with pytest.raises(refusal), database.reading() as session:
            queries.site_revisions(session, viewer, "name", "")


def test_nobody_signs_up_while_it_is_closed_but_for_an_administrator(database: Database, ada: Viewer) -> None:
    def sign_up(viewer: Viewer, name: str) -> str:
        command = Register(name=name, password=SecretStr("correct horse battery"))
        return sign_in.register(database, viewer, command).viewer.name or ""

    def set_sign_up(is_open: bool) -> bool:
        with database.writing() as session:
            actions.set_sign_up(session, ada, SetSignUp(open=is_open, reason="A flood"))
            return queries.site(session, STRANGER).sign_up_open

    assert set_sign_up(False) is False
    with pytest.raises(Forbidden) as error:
        sign_up(STRANGER, "Sam")
    assert error.value.code == "sign-up-closed"
    assert sign_up(ada, "Sam") == "Sam"
    assert set_sign_up(True) is True
    assert sign_up(STRANGER, "Bea") == "Bea"
    with database.reading() as session:
        log = queries.administration_log(session, ada, "site", None, 5)
    assert [each.action for each in log.items] == ["sign-up-opened", "sign-up-closed"]


def test_the_text_of_an_earlier_renderer_is_renewed(database: Database, ada: Viewer) -> None:
    put(database, ada, text("about", "We are *many*.", "en"))
    with database.writing() as session:
        session.get_one(SiteVersion, ("about", "en", 1)).renderer = 0
    with database.writing() as session:
        assert queries.site(session, ada).abouts[0].html is None
        assert recook_site(session, 10) == 1
        assert queries.site(session, ada).abouts[0].html == "<p>We are <em>many</em>.</p>\n"
        assert recook_site(session, 10) == 0
