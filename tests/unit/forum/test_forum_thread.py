"""A topic from its opening to its last reply."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from contracts.common import Page
from contracts.deletion import Delete
from contracts.errors import Invalid
from contracts.forum import PostRevision, TopicQuery
from core import clock
from core.audience import STRANGER
from services.forum import actions, queries
from tests.unit.forum.harness import change, edit, event_types, events, first_post, reply, topic, translate
from tests.unit.harness import NOON, pages_of
from tests.unit.users import AMIRA, BO, EDITOR, MODERATOR


def test_a_topic_is_opened_replied_to_edited_and_counted(session: Session) -> None:
    with clock.at(NOON):
        opened = topic(session, title="¿Fotos de mercados?", tags=["Fotos"])
    with clock.at(NOON + timedelta(hours=1)):
        answer = reply(
            session,
            BO,
            opened,
            f"> [@amira](/talk/p/{first_post(session, opened).id}):\n> Un texto.\n\n@amira sí",
        )
    assert (answer.number, answer.language, answer.mentions) == (2, "es", ["amira"])
    with clock.at(NOON + timedelta(hours=2)):
        answer = edit(session, BO, answer, "Sí.")
    assert (answer.body, answer.edits, answer.edited_at) == ("Sí.", 1, NOON + timedelta(hours=2))

    line = queries.topics(session, STRANGER, TopicQuery(tag="fotos")).items[0]
    assert (line.slug, line.posts, line.last_author_id) == ("fotos-de-mercados", 2, BO.person_id)
    assert line.last_post_at == NOON + timedelta(hours=1)
    assert [post.body for post in queries.posts(session, STRANGER, opened.id, None, 10).items] == [
        "Un texto.",
        "Sí.",
    ]
    assert queries.categories(session, STRANGER)[0].topics == 1
    assert event_types(session) == ["topic.created", "post.created", "post.created", "post.changed"]
    quoting = events(session)[2].data["post"]
    assert quoting["quoted_ids"] == [first_post(session, opened).id]
    assert events(session)[3].data["post"]["quoted_ids"] == []
    earlier = queries.post_history(session, STRANGER, answer.id)
    assert [(each.revision, each.at) for each in earlier] == [(1, NOON + timedelta(hours=1))]


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_posts_earlier_texts_are_read_page_by_page(session: Session, newest_first: bool) -> None:
    answer = reply(session, BO, topic(session), "text 1")
    for number in range(2, 7):
        answer = edit(session, BO, answer, f"text {number}")

    def read(after: str | None) -> Page[PostRevision]:
        page = queries.post_revisions(session, STRANGER, answer.id, newest_first, after, 2)
        assert len(page.items) <= 2
        return page

    found = [each.body for each in pages_of(read)]
    texts = [each.body for each in queries.post_history(session, STRANGER, answer.id)]
    assert len(texts) == 5
    assert found == (texts[::-1] if newest_first else texts)
    for cursor in ("x", "1_x", "1_²", "1_99999999999"):
        with pytest.raises(Invalid):
            queries.post_revisions(session, STRANGER, answer.id, newest_first, cursor, 2)


def test_a_deleted_post_keeps_its_place_but_not_its_text(session: Session) -> None:
    opened = topic(session)
    first, second = reply(session, BO, opened, "one"), reply(session, EDITOR, opened, "two @amira")
    actions.delete_post(session, EDITOR, second.id, Delete())
    shown = queries.posts(session, STRANGER, opened.id, None, 10).items
    assert [(post.number, post.body, post.deleted) for post in shown] == [
        (1, "Un texto.", False),
        (2, "one", False),
        (3, "", True),
    ]
    now = queries.topic(session, STRANGER, opened.id, None)
    assert (now.posts, now.last_author_id, now.last_post_at) == (2, BO.person_id, first.created_at)
    gone = events(session)[-1]
    assert gone.type == "forum.post.deleted"
    assert (gone.data["post"]["body"], gone.data["post"]["mentions"]) == ("", [])
    assert reply(session, BO, opened).number == 4


def test_editing_the_first_post_makes_translations_outdated(session: Session) -> None:
    opened = translate(session, BO, topic(session), "en")
    assert (opened.languages, opened.title) == (["es", "en"], "Title in en")
    assert [version.outdated for version in opened.versions] == [False, False]
    edit(session, AMIRA, first_post(session, opened), "Otro texto.")
    now = queries.topic(session, STRANGER, opened.id, "es")
    assert (now.versions[0].body, now.excerpt) == ("Otro texto.", "Otro texto.")
    assert [version.outdated for version in now.versions] == [False, True]
    now = translate(session, AMIRA, now, "en", body="Another text.")
    assert [version.outdated for version in now.versions] == [False, False]
    assert now.versions[1].translator_id == BO.person_id


def test_pinned_topics_come_first_and_closed_ones_take_no_reply(session: Session) -> None:
    old, new = topic(session, title="old"), topic(session, title="new")
    change(session, MODERATOR, old, pinned=True)
    assert [line.id for line in queries.topics(session, STRANGER, TopicQuery()).items] == [old.id, new.id]
    assert [line.id for line in queries.topics(session, STRANGER, TopicQuery(sort="new")).items] == [
        new.id,
        old.id,
    ]
