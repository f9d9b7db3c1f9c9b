"""An earlier text is withheld from the history of an article."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from contracts.blog import ArticleView, Revision
from contracts.common import Recorded
from contracts.errors import Conflict, Forbidden, NotFound, SignInNeeded, SpaceError
from contracts.revisions import Withhold
from core.audience import STRANGER, Viewer
from core.database import Database
from services.blog import actions, proposal_queries, queries
from tests.unit.blog.harness import change, decide, draft, propose, published, translate
from tests.unit.harness import meet
from tests.unit.users import AMIRA, BO, CIRCLE, CLEO, EDITOR, GROUP_MODERATOR, INSIDER, MODERATOR

pytestmark = pytest.mark.slow

DOXING = Withhold(reason="A private address.")


def withhold(
    session: Session, viewer: Viewer, article: ArticleView, revision: int = 1, language: str = "es"
) -> None:
    actions.withhold_revision(session, viewer, article.id, language, revision, DOXING)


def text(session: Session, viewer: Viewer, article: ArticleView, revision: int = 1) -> Revision:
    """A text of the history, as this viewer gets it."""
    page = queries.history(session, viewer, article.id, None, 50)
    return next(each for each in page.items if (each.language, each.revision) == ("es", revision))


def changed(session: Session) -> ArticleView:
    """A published article whose first text was replaced."""
    return change(
        session, EDITOR, published(session, title="Secret", body="Secret."), title="New", body="New."
    )


def revision_events(session: Session) -> list[Recorded]:
    recorded = events_after(session, "blog", 0, log_end(session))
    return [each for each in recorded if ".revision." in each.type]


@pytest.mark.parametrize("by", [AMIRA, EDITOR, MODERATOR])
def test_its_text_is_shown_to_nobody_but_moderators(session: Session, by: Viewer) -> None:
    article = changed(session)
    assert not article.withholds
    withhold(session, by, article)
    for viewer in (AMIRA, BO, INSIDER):
        found = text(session, viewer, article)
        assert (found.title, found.summary, found.body) == ("", "", "")
        assert found.withheld is not None
        assert (found.withheld.by_id, found.withheld.reason) == (by.person_id, DOXING.reason)
        assert not found.may_show_again
        assert text(session, viewer, article, 2).body == "New."
    for viewer in (EDITOR, MODERATOR):
        assert (text(session, viewer, article).body, text(session, viewer, article).may_show_again) == (
            "Secret.",
            True,
        )
    assert queries.article(session, STRANGER, article.id, None).withholds
    (event,) = revision_events(session)
    assert (event.type, event.audience, event.subject) == (
        "blog.revision.withheld",
        "public",
        f"article/{article.id}",
    )
    assert "Secret" not in str(event.data)
    assert DOXING.reason not in str(event.data)


def test_who_wrote_it_and_moderators_may_and_only_moderators_undo_it(session: Session) -> None:
    article = changed(session)
    assert text(session, AMIRA, article).may_withhold
    assert not text(session, BO, article).may_withhold
    with pytest.raises(Forbidden) as refused:
        withhold(session, BO, article)
    assert refused.value.code == "not-withholder"
    with pytest.raises(SignInNeeded):
        withhold(session, STRANGER, article)
    withhold(session, AMIRA, article)
    withhold(session, EDITOR, article)
    kept = text(session, EDITOR, article).withheld
    assert kept is not None
    assert kept.by_id == AMIRA.person_id, "what is withheld stays as it is"
    for viewer in (AMIRA, BO):
        with pytest.raises(Forbidden) as refused:
            actions.show_revision(session, viewer, article.id, "es", 1)
        assert refused.value.code == "not-restorer"
    actions.show_revision(session, MODERATOR, article.id, "es", 1)
    actions.show_revision(session, MODERATOR, article.id, "es", 1)
    assert text(session, BO, article).body == "Secret."
    assert not queries.article(session, STRANGER, article.id, None).withholds
    assert [each.type for each in revision_events(session)] == [
        "blog.revision.withheld",
        "blog.revision.shown",
    ]


def test_the_text_that_is_shown_now_is_not_withheld(session: Session) -> None:
    article = changed(session)
    assert not text(session, EDITOR, article, 2).may_withhold
    with pytest.raises(Conflict) as refused:
        withhold(session, EDITOR, article, 2)
    assert refused.value.code == "revision-current"
    assert not revision_events(session)


@pytest.mark.parametrize(("language", "revision"), [("es", 9), ("en", 1), ("es", 0)])
def test_there_must_be_such_a_text(session: Session, language: str, revision: int) -> None:
    article = changed(session)
    for viewer in (AMIRA, EDITOR):
        with pytest.raises(NotFound):
            withhold(session, viewer, article, revision, language)
    with pytest.raises(SpaceError):
        withhold(session, EDITOR, article, 1, "xx-nowhere")


def test_each_language_has_its_own_texts(session: Session) -> None:
    article = translate(session, BO, changed(session), "en", body="Secret too.")
    translate(session, EDITOR, article, "en", body="Better.")
    withhold(session, BO, article, 1, "en")
    assert text(session, CLEO, article).body == "Secret."
    with pytest.raises(Forbidden):
        withhold(session, BO, article, 1, "es")


def test_withholding_in_a_group_or_a_draft_tells_nobody_outside(session: Session) -> None:
    inside = draft(session, INSIDER, audience=CIRCLE, body="Secret.")
    change(session, INSIDER, inside, body="New.")
    for viewer in (AMIRA, EDITOR, MODERATOR, STRANGER):
        with pytest.raises(SignInNeeded if viewer is STRANGER else NotFound):
            withhold(session, viewer, inside)
    withhold(session, GROUP_MODERATOR, inside)
    mine = draft(session, AMIRA, body="Secret.")
    change(session, AMIRA, mine, body="New.")
    withhold(session, AMIRA, mine)
    assert [each.audience for each in revision_events(session)] == [CIRCLE, "members"]


def test_of_two_who_withhold_at_once_one_does(database: Database) -> None:
    with database.writing() as session:
        article = changed(session)
    assert (
        meet(
            database,
            lambda session: withhold(session, AMIRA, article),
            lambda session: withhold(session, EDITOR, article),
        )
        is None
    )
    with database.reading() as session:
        assert len(revision_events(session)) == 1


@pytest.mark.parametrize("step", ["accept", "decline", "withdraw"])
def test_a_proposal_does_not_show_what_is_withheld(session: Session, step: str) -> None:
    article = published(session, body="Secret.")
    proposal = propose(session, BO, article, body="Also secret.")
    decide(session, BO if step == "withdraw" else EDITOR, proposal, step)
    article = queries.article(session, EDITOR, article.id, None)
    article = change(session, EDITOR, article, body="New.")
    for revision in range(1, article.revision):
        withhold(session, EDITOR, article, revision)
    found = proposal_queries.proposal(session, BO, proposal.id)
    own = "" if step == "accept" else "Also secret."
    assert (found.replaces.body, found.changes.body, found.withheld) == ("", own, ["body"])
    found = proposal_queries.proposal(session, EDITOR, proposal.id)
    assert (found.replaces.body, found.changes.body, found.withheld) == ("Secret.", "Also secret.", [])


def test_a_proposal_shows_what_the_article_says_again(session: Session) -> None:
    article = published(session, body="First.")
    proposal = propose(session, BO, article, body="Second.")
    actions.decline_proposal(session, EDITOR, proposal.id, "No.")
    article = change(session, EDITOR, article, body="Other.")
    article = change(session, EDITOR, article, body="First.")
    withhold(session, EDITOR, article)
    found = proposal_queries.proposal(session, BO, proposal.id)
    assert (found.replaces.body, found.withheld) == ("First.", [])
