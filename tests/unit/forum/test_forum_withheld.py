"""An earlier text is withheld from the history of a post."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from contracts.common import Recorded
from contracts.deletion import Delete
from contracts.errors import Conflict, Forbidden, NotFound, SignInNeeded
from contracts.forum import PostRevision, PostView
from contracts.revisions import Withhold
from core.audience import STRANGER, Viewer
from core.database import Database
from services.forum import actions, queries
from tests.unit.forum.harness import edit, reply, topic
from tests.unit.harness import meet
from tests.unit.users import AMIRA, BO, CIRCLE, GROUP_MODERATOR, INSIDER, MODERATOR

DOXING = Withhold(reason="A private address.")


def withhold(session: Session, viewer: Viewer, post: PostView, revision: int = 1) -> None:
    actions.withhold_revision(session, viewer, post.id, revision, DOXING)


def earlier(session: Session, viewer: Viewer, post: PostView) -> list[PostRevision]:
    """The history, which both of its calls answer alike."""
    found = queries.post_history(session, viewer, post.id)
    assert queries.post_revisions(session, viewer, post.id, False, None, 50).items == found
    return found


def edited(session: Session) -> PostView:
    """Bo's post with two texts before the one that is shown."""
    post = edit(session, BO, reply(session, BO, topic(session), "Secret."), "Second.")
    return edit(session, BO, post, "Third.")


def revision_events(session: Session) -> list[Recorded]:
    recorded = events_after(session, "forum", 0, log_end(session))
    return [each for each in recorded if ".revision." in each.type]


@pytest.mark.parametrize("by", [BO, MODERATOR])
def test_its_text_is_shown_to_nobody_but_moderators(session: Session, by: Viewer) -> None:
    post = edited(session)
    withhold(session, by, post)
    for viewer in (STRANGER, AMIRA, BO):
        first, second = earlier(session, viewer, post)
        assert (first.body, second.body) == ("", "Second.")
        assert first.withheld is not None
        assert (first.withheld.by_id, first.withheld.reason) == (by.person_id, DOXING.reason)
        assert not first.may_show_again
    assert [each.body for each in earlier(session, MODERATOR, post)] == ["Secret.", "Second."]
    assert queries.post(session, STRANGER, post.id).withholds
    (event,) = revision_events(session)
    assert (event.type, event.audience, event.subject) == (
        "forum.revision.withheld",
        "public",
        f"post/{post.id}",
    )
    assert "Secret" not in str(event.data)


def test_who_wrote_it_and_moderators_may_and_only_moderators_undo_it(session: Session) -> None:
    post = edited(session)
    assert [each.may_withhold for each in earlier(session, BO, post)] == [True, True]
    assert not any(each.may_withhold for each in earlier(session, AMIRA, post))
    with pytest.raises(Forbidden) as refused:
        withhold(session, AMIRA, post)
    assert refused.value.code == "not-withholder"
    with pytest.raises(SignInNeeded):
        withhold(session, STRANGER, post)
    reading = MODERATOR.model_copy(update={"scopes": frozenset({"read"})})
    with pytest.raises(Forbidden):
        withhold(session, reading, post)
    withhold(session, BO, post)
    withhold(session, MODERATOR, post)
    for viewer in (BO, AMIRA):
        with pytest.raises(Forbidden) as refused:
            actions.show_revision(session, viewer, post.id, 1)
        assert refused.value.code == "not-restorer"
    actions.show_revision(session, MODERATOR, post.id, 1)
    actions.show_revision(session, MODERATOR, post.id, 1)
    assert earlier(session, STRANGER, post)[0].body == "Secret."
    assert not queries.post(session, STRANGER, post.id).withholds
    assert [each.type for each in revision_events(session)] == [
        "forum.revision.withheld",
        "forum.revision.shown",
    ]


def test_there_must_be_such_a_text_and_it_must_not_be_the_present_one(session: Session) -> None:
    post = edited(session)
    for revision in (0, 3, 9):
        with pytest.raises(NotFound):
            withhold(session, MODERATOR, post, revision)
    actions.delete_post(session, MODERATOR, post.id, Delete(reason="spam"))
    with pytest.raises(NotFound):
        withhold(session, BO, post)
    with pytest.raises(Conflict) as refused:
        withhold(session, MODERATOR, post, 3)
    assert refused.value.code == "revision-current", "it comes back with the post"
    withhold(session, MODERATOR, post, 1)
    actions.restore_post(session, MODERATOR, post.id)
    assert [each.body for each in earlier(session, STRANGER, post)] == ["", "Second."]


def test_a_topic_says_that_texts_of_its_first_post_are_withheld(session: Session) -> None:
    opened = topic(session, AMIRA, body="Secret.")
    first = queries.posts(session, AMIRA, opened.id, None, 1).items[0]
    withhold(session, AMIRA, edit(session, AMIRA, first, "New."))
    assert queries.topic(session, STRANGER, opened.id, None).withholds


def test_a_groups_posts_are_its_own_moderators(session: Session) -> None:
    inside = topic(session, INSIDER, audience=CIRCLE, category=None)
    post = edit(session, INSIDER, reply(session, INSIDER, inside, "Secret."), "New.")
    for viewer in (AMIRA, MODERATOR):
        with pytest.raises(NotFound):
            withhold(session, viewer, post)
    withhold(session, GROUP_MODERATOR, post)
    assert [each.audience for each in revision_events(session)] == [CIRCLE]


def test_of_two_who_withhold_at_once_one_does(database: Database) -> None:
    with database.writing() as session:
        post = edited(session)
    first, second = (lambda s: withhold(s, BO, post)), (lambda s: withhold(s, MODERATOR, post))
    assert meet(database, first, second) is None
    with database.reading() as session:
        assert len(revision_events(session)) == 1
