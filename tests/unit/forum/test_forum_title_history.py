"""What topics were called, and what translations of them said: kept with each change, and withheld."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from contracts.common import Recorded
from contracts.deletion import Delete
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, TooMany
from contracts.forum import ChangePost, ChangeTopic, SetTopicVersion, TopicView
from contracts.revisions import TextRevision, Withhold
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.forum import actions, history_queries, queries
from services.forum.actions.flood import EDITS_PERIOD, MOST_EDITS
from tests.unit.forum.harness import reply, topic
from tests.unit.harness import insert_row, meet, migrate, pages_of
from tests.unit.users import AMIRA, BO, CIRCLE, GROUP_MODERATOR, INSIDER, MODERATOR

REASON = Withhold(reason="A private address.")


def texts(session: Session, viewer: Viewer, of: TopicView, language: str = "en") -> list[TextRevision]:
    session.flush()
    return history_queries.topic_revisions(session, viewer, of.id, language, None, 50).items


def rename(session: Session, viewer: Viewer, of: TopicView, title: str) -> TopicView:
    now = queries.topic(session, viewer, of.id, None)
    return actions.change_topic(session, viewer, of.id, ChangeTopic(revision=now.revision, title=title))


def translate(session: Session, viewer: Viewer, of: TopicView, title: str, body: str = "Hallo.") -> None:
    command = SetTopicVersion(language="de", title=title, body=body)
    actions.set_topic_version(session, viewer, of.id, command)


def withhold(
    session: Session, viewer: Viewer, of: TopicView, revision: int = 1, language: str = "en"
) -> None:
    actions.withhold_topic_revision(session, viewer, of.id, language, revision, REASON)


def renamed(session: Session) -> TopicView:
    """Amira's topic with two titles before the one that it has."""
    made = topic(session, AMIRA, language="en", title="Secret")
    rename(session, AMIRA, made, "Second")
    return rename(session, MODERATOR, made, "Third")


def revision_events(session: Session) -> list[Recorded]:
    recorded = events_after(session, "forum", 0, log_end(session))
    return [each for each in recorded if ".revision." in each.type]


def test_each_title_is_kept_with_who_gave_it(session: Session) -> None:
    made = renamed(session)
    first = queries.posts(session, AMIRA, made.id, None, 1).items[0]
    actions.change_post(session, AMIRA, first.id, ChangePost(revision=1, body="Other words."))
    found = texts(session, STRANGER, made)
    assert [(each.revision, each.title, each.body, each.by_id) for each in found] == [
        (3, "Third", "", MODERATOR.person_id),
        (2, "Second", "", AMIRA.person_id),
        (1, "Secret", "", AMIRA.person_id),
    ]
    assert queries.topic(session, STRANGER, made.id, None).edits == 2
    pages = pages_of(
        lambda after: history_queries.topic_revisions(session, STRANGER, made.id, None, after, 1)
    )
    assert pages == found
    with pytest.raises(Invalid):
        history_queries.topic_revisions(session, STRANGER, made.id, None, "1_x", 1)


def test_translations_have_histories_of_their_own(session: Session) -> None:
    made = topic(session, AMIRA, language="en", title="Secret")
    translate(session, BO, made, "Eins", "Wort.")
    translate(session, BO, made, "Eins", "Wort.")
    translate(session, AMIRA, made, "Zwei", "Wörter.")
    found = texts(session, STRANGER, made, "de")
    assert [(each.revision, each.title, each.body, each.by_id) for each in found] == [
        (2, "Zwei", "Wörter.", AMIRA.person_id),
        (1, "Eins", "Wort.", BO.person_id),
    ]
    assert [each.title for each in texts(session, STRANGER, made)] == ["Secret"]
    assert queries.topic(session, STRANGER, made.id, "de").edits == 1
    assert queries.topic(session, STRANGER, made.id, "en").edits == 0


def test_translations_that_are_deleted_with_the_first_post_come_back_with_their_history(
    session: Session,
) -> None:
    made = topic(session, AMIRA, language="en")
    reply(session, BO, made)
    for title in ("Eins", "Zwei"):
        translate(session, BO, made, title)
    first = queries.posts(session, AMIRA, made.id, None, 1).items[0]
    actions.delete_post(session, MODERATOR, first.id, Delete(reason="spam"))
    for viewer in (STRANGER, AMIRA, MODERATOR):
        assert [each.language for each in texts(session, viewer, made, "de")] == ["en"]
    with pytest.raises(NotFound):
        withhold(session, MODERATOR, made, 1, "de")
    actions.restore_post(session, MODERATOR, first.id)
    translate(session, BO, made, "Drei")
    assert [each.title for each in texts(session, STRANGER, made, "de")] == ["Drei", "Zwei", "Eins"]


@pytest.mark.parametrize("by", [AMIRA, MODERATOR])
def test_a_withheld_title_is_shown_to_nobody_but_moderators(session: Session, by: Viewer) -> None:
    made = renamed(session)
    for _ in range(2):
        withhold(session, by, made)
    for viewer in (STRANGER, BO, AMIRA):
        first = texts(session, viewer, made)[-1]
        assert (first.title, first.may_show_again) == ("", False)
        assert first.withheld is not None
        assert (first.withheld.by_id, first.withheld.reason) == (by.person_id, REASON.reason)
    assert texts(session, MODERATOR, made)[-1].title == "Secret"
    found = queries.topic(session, STRANGER, made.id, None)
    assert (found.withholds_titles, found.withholds) == (True, False)
    posts = queries.posts(session, STRANGER, made.id, None, 9).items
    assert all(each.withholds_titles for each in posts)
    (event,) = revision_events(session)
    told = (event.type, event.audience, event.subject)
    assert told == ("forum.revision.withheld", "public", f"topic/{made.id}")
    assert "Secret" not in str(event.data)


def test_who_wrote_it_and_moderators_may_and_only_moderators_undo_it(session: Session) -> None:
    made = renamed(session)
    assert [each.may_withhold for each in texts(session, AMIRA, made)] == [False, True, True]
    assert not any(each.may_withhold for each in texts(session, BO, made))
    reading = MODERATOR.model_copy(update={"scopes": frozenset({"read"})})
    for viewer, revision, refusal in (
        (BO, 1, Forbidden),
        (BO, 3, Forbidden),
        (reading, 1, Forbidden),
        (STRANGER, 1, SignInNeeded),
        (MODERATOR, 3, Conflict),
        (AMIRA, 4, NotFound),
    ):
        with pytest.raises(refusal):
            withhold(session, viewer, made, revision)
    with pytest.raises(NotFound):
        withhold(session, MODERATOR, made, 1, "de")
    with pytest.raises(Invalid):
        withhold(session, MODERATOR, made, 1, "no such")
    withhold(session, AMIRA, made)
    for viewer in (BO, AMIRA):
        with pytest.raises(Forbidden):
            actions.show_topic_revision(session, viewer, made.id, "en", 1)
    for _ in range(2):
        actions.show_topic_revision(session, MODERATOR, made.id, "en", 1)
    assert texts(session, STRANGER, made)[-1].title == "Secret"
    assert not queries.topic(session, STRANGER, made.id, None).withholds_titles
    kinds = [each.type for each in revision_events(session)]
    assert kinds == ["forum.revision.withheld", "forum.revision.shown"]


def test_that_of_a_deleted_topic_is_for_whom_the_topic_is(session: Session) -> None:
    made = renamed(session)
    actions.delete_topic(session, MODERATOR, made.id, Delete(reason="spam"))
    for viewer in (AMIRA, MODERATOR):
        assert len(texts(session, viewer, made)) == 3
    for viewer in (STRANGER, BO):
        with pytest.raises(NotFound):
            texts(session, viewer, made)
    with pytest.raises(NotFound):
        withhold(session, BO, made)
    withhold(session, MODERATOR, made)
    actions.restore_topic(session, MODERATOR, made.id)
    assert [each.title for each in texts(session, STRANGER, made)] == ["Third", "Second", ""]


def test_a_groups_topics_are_its_own_moderators(session: Session) -> None:
    made = topic(session, INSIDER, audience=CIRCLE, category=None, language="en", title="Secret")
    rename(session, INSIDER, made, "Second")
    with pytest.raises(NotFound):
        texts(session, MODERATOR, made)
    with pytest.raises(NotFound):
        withhold(session, MODERATOR, made)
    withhold(session, GROUP_MODERATOR, made)
    assert [each.audience for each in revision_events(session)] == [CIRCLE]


def test_of_two_who_withhold_at_once_one_does(database: Database) -> None:
    with database.writing() as session:
        made = renamed(session)
    first, second = (lambda s: withhold(s, AMIRA, made)), (lambda s: withhold(s, MODERATOR, made))
    assert meet(database, first, second) is None
    with database.reading() as session:
        assert len(revision_events(session)) == 1


def test_a_topic_of_an_earlier_release_keeps_its_titles_from_then_on(empty_database: Database) -> None:
    migrate(empty_database, "forum", "0020")
    author = AMIRA.person_id
    of = {"audience": "public", "author_id": author, "revision": 4}
    insert_row(
        empty_database, "topic", id="t1", slug="old", title="Old", original_language="en", first_post_id="p1",
        tags="[]", last_author_id=author, posts=1, **of,
    )  # fmt: skip
    post = {"id": "p1", "topic_id": "t1", "number": 1, "language": "en", "body": "Hello.", "mentions": "[]"}
    insert_row(empty_database, "post", **post, **of)
    for language, body, translator in (("en", None, None), ("de", "Hallo.", BO.person_id)):
        version = {"topic_id": "t1", "language": language, "title": "Old", "body": body, "revision": 4}
        insert_row(
            empty_database, "topic_version", **version, translator_id=translator, changed_by=BO.person_id
        )
    migrate(empty_database, "forum")
    with empty_database.writing() as session:
        made = queries.topic(session, STRANGER, "t1", "en")
        assert (made.edits, made.withholds_titles) == (0, False)
        rename(session, MODERATOR, made, "New")
        assert [(each.revision, each.title, each.by_id) for each in texts(session, STRANGER, made)] == [
            (2, "New", MODERATOR.person_id),
            (1, "Old", author),
        ]
        assert [each.revision for each in texts(session, STRANGER, made, "de")] == [4]


def test_a_topics_title_and_translations_are_changed_only_so_often(session: Session) -> None:
    made = topic(session, AMIRA, language="en", title="Title")
    for number in range(MOST_EDITS - 1):
        rename(session, AMIRA, made, f"Title {number}")
    translate(session, BO, made, "Titel")
    translate(session, BO, made, "Anderer Titel")
    session.flush()
    for work in (
        lambda: rename(session, AMIRA, made, "Another title"),
        lambda: translate(session, BO, made, "Noch ein Titel"),
    ):
        with pytest.raises(TooMany) as refused:
            work()
        assert refused.value.code == "too-many-edits"
    rename(session, MODERATOR, made, "A moderator's title")
    with clock.at(clock.now() + EDITS_PERIOD):
        rename(session, AMIRA, made, "Another title")
