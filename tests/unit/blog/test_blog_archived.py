"""In an archived group its members read articles as before, and write none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from contracts.blog import ArticleView
from contracts.deletion import Delete
from contracts.errors import Forbidden
from core.audience import Viewer
from services.blog import actions, queries
from tests.unit.blog.harness import change, draft, events, propose, published, translate
from tests.unit.users import CIRCLE, GROUP, GROUP_MODERATOR, INSIDER

ARCHIVED = {"archived": frozenset({GROUP})}
MEMBER, MODERATOR = (each.model_copy(update=ARCHIVED) for each in (INSIDER, GROUP_MODERATOR))
WRITES: dict[str, Callable[[Session, Viewer, ArticleView], object]] = {
    "create": lambda session, viewer, _: draft(session, viewer, audience=CIRCLE),
    "change": lambda session, viewer, article: change(session, viewer, article, title="Other"),
    "translate": lambda session, viewer, article: translate(session, viewer, article, "fr"),
    "propose": lambda session, viewer, article: propose(session, viewer, article, body="Other."),
    "submit": lambda session, viewer, article: actions.submit(session, viewer, article.id),
    "decline": lambda session, viewer, article: actions.decline(session, viewer, article.id, "No."),
    "delete": lambda session, viewer, article: actions.delete_article(
        session, viewer, article.id, Delete(reason="spam")
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_nobody_writes_in_it(session: Session, name: str) -> None:
    article = draft(session, INSIDER, audience=CIRCLE)
    before = len(events(session))
    for viewer in (MEMBER, MODERATOR):
        with pytest.raises(Forbidden, match="group-archived"):
            WRITES[name](session, viewer, article)
    assert len(events(session)) == before


def test_its_articles_say_that_nothing_can_be_done_with_them(session: Session) -> None:
    article = published(session, INSIDER, audience=CIRCLE)
    waiting = propose(session, INSIDER, article, body="Otro.")
    assert waiting.may_withdraw
    for viewer in (MEMBER, MODERATOR):
        seen = queries.article(session, viewer, article.id, None)
        assert seen.body == "Un texto."
        rights = (seen.may_edit, seen.may_propose, seen.may_translate, seen.may_review, seen.may_delete)
        assert not any(rights)
        assert seen.steps == []
