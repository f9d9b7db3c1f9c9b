"""An article's discussion: it opens with the article, and follows it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored
from contracts.common import TextVersion
from contracts.deletion import Delete
from contracts.errors import Forbidden
from contracts.forum import TopicQuery
from core.audience import STRANGER, Viewer
from services.forum import actions, handlers, queries
from tests.unit.forum.harness import article, event_types, events, first_post, reply
from tests.unit.harness import NOON
from tests.unit.users import AMIRA, BO, EDITOR, MODERATOR

SPAM = Delete(reason="spam", note="Ads.")


def test_a_published_article_opens_its_discussion_once_and_it_follows_the_article(session: Session) -> None:
    state = article()
    assert queries.topic_of_article(session, STRANGER, state.id) is None
    published = ArticlePublished(article=state, by_id=EDITOR.person_id or "")
    handlers.article_published(session, published)
    handlers.article_published(session, published)
    found = queries.topic_of_article(session, STRANGER, state.id)
    assert found is not None
    assert (found.title, found.author_id, found.created_at, found.tags) == (
        "Año [nuevo]",
        AMIRA.person_id,
        NOON,
        ["fiesta"],
    )
    assert first_post(session, found).body == "Lo que hubo.\n\n[Año \\[nuevo\\]](/news/año-nuevo)"
    assert event_types(session) == ["topic.created", "post.created"]
    assert [line.id for line in queries.topics(session, STRANGER, TopicQuery(tag="fiesta")).items] == [
        found.id
    ]
    (month,) = queries.topic_months(session, STRANGER)
    assert (month.month, month.items) == ("2026-03", 1)

    reply(session, BO, found)
    arabic = TextVersion(language="ar", title="سنة", body="نص", translator_id=BO.person_id, reviewed=False)
    original = TextVersion(language="es", title="Otro año", summary="Lo que hubo.", revision=2)
    moved_on = article(id=state.id, versions=[original, arabic], tags=["fiesta", "fotos"])
    handlers.article_changed(session, ArticleChanged(article=moved_on, by_id="x"))
    assert queries.topic(session, Viewer(languages=("ar",)), found.id, None).title == "سنة"
    now = queries.topic(session, STRANGER, found.id, None)
    assert (now.title, now.slug, now.tags) == ("Otro año", "otro-año", ["fiesta", "fotos"])
    assert event_types(session)[3:] == ["topic.changed", "post.changed", "post.changed"]
    assert {event.data["post"]["topic_title"] for event in events(session)[-2:]} == {"Otro año"}
    handlers.article_changed(session, ArticleChanged(article=moved_on, by_id="x"))
    assert len(events(session)) == 6, "what is known already is not said again"


def test_a_discussion_follows_its_article(session: Session) -> None:
    out = article()
    handlers.article_published(session, ArticlePublished(article=out, by_id="ed"))
    discussed = queries.topic_of_article(session, STRANGER, out.id)
    assert discussed is not None
    gone = ArticleDeleted(article=out, by_id="ed", reason="rights")
    handlers.article_deleted(session, gone)
    handlers.article_deleted(session, gone)
    assert queries.topic_of_article(session, MODERATOR, out.id) is None
    with pytest.raises(Forbidden):
        actions.restore_topic(session, MODERATOR, discussed.id)
    handlers.article_restored(session, ArticleRestored(article=out, by_id="ed"))
    assert queries.topic_of_article(session, STRANGER, out.id) == discussed


def test_a_discussion_deleted_by_itself_stays_deleted_whatever_its_article_does(session: Session) -> None:
    out = article()
    handlers.article_published(session, ArticlePublished(article=out, by_id="ed"))
    discussed = queries.topic_of_article(session, STRANGER, out.id)
    assert discussed is not None
    actions.delete_topic(session, MODERATOR, discussed.id, SPAM)
    told = len(events(session))
    text = TextVersion(language="es", title="Otro", summary="Algo.", body="Texto.")
    renamed = out.model_copy(update={"versions": [text]})
    handlers.article_changed(session, ArticleChanged(article=renamed, by_id="ed"))
    handlers.article_deleted(session, ArticleDeleted(article=renamed, by_id="ed", reason="rights"))
    with pytest.raises(Forbidden):
        actions.restore_topic(session, MODERATOR, discussed.id)
    handlers.article_restored(session, ArticleRestored(article=renamed, by_id="ed"))
    assert len(events(session)) == told
    assert actions.restore_topic(session, MODERATOR, discussed.id).title == "Otro"
    assert events(session)[told].data["topic"]["versions"][0]["title"] == "Otro"
