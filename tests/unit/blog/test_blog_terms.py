"""Blocked terms in articles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from contracts.blog import ArticleView, ChangeArticle, CreateArticle, SetArticleVersion
from contracts.common import Recorded
from contracts.errors import Invalid
from contracts.writing_rules import BlockedTerm, WritingRules, WritingRulesChanged
from core.audience import Viewer
from core.database import Database
from services.blog import actions
from services.blog.actions import writing
from tests.unit.harness import NOON
from tests.unit.users import AMIRA, EDITOR

RECORDED = Recorded(
    producer="people", seq=1, id="event00000000000", type="people.rules.changed", version=1,
    subject="site/writing-rules", audience="members", occurred_at=NOON, data={},
)  # fmt: skip


def draft(session: Session, viewer: Viewer = AMIRA, **fields: Any) -> ArticleView:
    given = {"language": "en", "title": "News", "summary": "", "body": "Good news.", **fields}
    return actions.create_article(session, viewer, CreateArticle.model_validate(given))


def refused(work: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as error:
        work()
    return [(fault.field, fault.code) for fault in error.value.faults]


def test_terms_that_refuse(database: Database) -> None:
    terms = [BlockedTerm(text="casino*", action="refuse"), BlockedTerm(text="viagra", action="hold")]
    with database.writing() as session:
        before = draft(session, body="The casino of old.")
        writing.rules_changed(session, WritingRulesChanged(rules=WritingRules(terms=terms)), RECORDED)
        for field in ("title", "summary", "body"):
            assert refused(lambda field=field: draft(session, AMIRA, **{field: "To the casino24"})) == [  # type: ignore[misc]
                (field, "text-blocked")
            ]
        draft(session, body="About viagra: editors read it before others do.")
        draft(session, EDITOR, body="About casinos")
        change = ChangeArticle(revision=1, title="Casino")
        assert refused(lambda: actions.change_article(session, AMIRA, before.id, change)) == [
            ("title", "text-blocked")
        ]
        longer = ChangeArticle(revision=1, body="The casino of old, again.")
        assert actions.change_article(session, AMIRA, before.id, longer).body == "The casino of old, again."
        version = SetArticleVersion(language="de", title="Neues", body="Zum casino")
        assert refused(lambda: actions.set_version(session, AMIRA, before.id, version)) == [
            ("body", "text-blocked")
        ]
