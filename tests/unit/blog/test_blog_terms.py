"""Blocked terms in articles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.schema import event_log
from contracts.blog import ArticleView, ChangeArticle, CreateArticle, SetArticleVersion
from contracts.common import Recorded
from contracts.errors import Invalid
from contracts.proposals import ProposeChange
from contracts.writing_rules import BlockedTerm, WritingRules, WritingRulesChanged
from core.audience import Viewer
from core.database import Database
from services.blog import actions
from services.blog.actions import writing
from tests.unit.harness import NOON
from tests.unit.users import ADMIN, AMIRA, EDITOR

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
        assert refused(lambda: draft(session, AMIRA, tags=["photos", "casinos"])) == [
            ("tags", "text-blocked")
        ]
        tagged = draft(session, EDITOR, tags=["casinos"])
        own = draft(session, AMIRA, tags=["photos"])
        more = ChangeArticle(revision=1, tags=["photos", "casinos"])
        assert refused(lambda: actions.change_article(session, AMIRA, own.id, more)) == [
            ("tags", "text-blocked")
        ]
        assert tagged.tags == ["casinos"]


def flags(database: Database) -> list[tuple[str, list[str]]]:
    """The language of each version that moderators were told of, and the terms that are in it."""
    with database.reading() as session:
        told = select(event_log.c.data).where(event_log.c.type == "blog.item.flagged")
        held = [data["held"] for data in session.scalars(told.order_by(event_log.c.seq))]
        return [(each["language"], [found["term"] for found in each["findings"]]) for each in held]


def test_moderators_are_told_of_what_readers_see(database: Database) -> None:
    with database.writing() as session:
        terms = [BlockedTerm(text="crypto", action="flag"), BlockedTerm(text="viagra", action="refuse")]
        writing.rules_changed(session, WritingRulesChanged(rules=WritingRules(terms=terms)), RECORDED)
        category = {"en": ("Stories", "")}
        actions.set_category(session, ADMIN, "stories", "en", category)
        article = draft(session, title="On crypto", body="All of it.", category="stories")
    assert flags(database) == []  # nobody but its author and the board sees it
    with database.writing() as session:
        actions.submit(session, AMIRA, article.id)
        actions.publish(session, EDITOR, article.id)
    assert flags(database) == [("en", ["crypto"])]
    with database.writing() as session:
        change = ProposeChange(language="de", title="Neues", body="Über crypto")
        proposal = actions.propose_change(session, AMIRA, article.id, change)
    assert flags(database) == [("en", ["crypto"])]
    with database.writing() as session:
        actions.accept_proposal(session, EDITOR, proposal.id)
        # It said so before; and editors judge for themselves.
        longer = ProposeChange(language="de", body="Über crypto, noch einmal")
        again = actions.propose_change(session, AMIRA, article.id, longer)
        actions.accept_proposal(session, EDITOR, again.id)
        french = SetArticleVersion(language="fr", title="Nouvelles", body="Du crypto")
        actions.set_version(session, EDITOR, article.id, french)
    assert flags(database) == [("en", ["crypto"]), ("de", ["crypto"])]
