"""Categories of articles that are merged into others, and empty ones that are removed."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from contracts.blog import ArticleQuery
from contracts.errors import Conflict, Forbidden, Invalid, NotFound
from contracts.proposals import ProposeChange
from contracts.removed_categories import MergeCategory, RemoveCategory
from core.audience import STRANGER, Viewer
from core.database import Database
from services.blog import actions, category_queries, queries
from services.blog.actions import removed_categories as removed
from tests.unit.blog.harness import change, draft, published
from tests.unit.harness import meet
from tests.unit.users import ADMIN, AMIRA, BO, EDITOR, MODERATOR


@pytest.fixture(autouse=True)
def reports(database: Database) -> None:
    """Another category than `community`."""
    with database.writing() as session:
        actions.set_category(session, ADMIN, "reports", "en", {"en": ("Reports", "")})


def merge(session: Session, viewer: Viewer = ADMIN, slug: str = "reports", into: str = "community") -> None:
    removed.CALLS.merge_category(session, viewer, slug, MergeCategory(into=into, reason="Twice the same"))


def in_category(session: Session, slug: str) -> list[str]:
    found = queries.articles(session, STRANGER, ArticleQuery(category=slug)).items
    return [line.id for line in found]


def test_all_articles_move_and_who_merged_is_not_named(session: Session) -> None:
    out, waits = published(session, category="reports"), draft(session, BO, category="reports")
    revision = queries.article(session, EDITOR, out.id, None).article_revision
    content = removed.category_content(session, ADMIN, "reports")
    assert (content.items, content.empty) == (2, False), "also a draft"
    before = log_end(session)
    merge(session)
    assert in_category(session, "community") == [out.id]
    assert queries.article(session, BO, waits.id, None).category == "community"
    assert queries.article(session, EDITOR, out.id, None).article_revision == revision, "no text has changed"
    told = events_after(session, "blog", before, 10)
    assert [(event.type, event.data["by_id"]) for event in told[:-1]] == [("blog.article.changed", "")] * 2
    assert {event.data["article"]["category"] for event in told[:-1]} == {"community"}
    assert (told[-1].type, told[-1].public_seq) == ("blog.category.removed", None)
    assert removed.category_now(session, STRANGER, "reports") == "community"
    entry = category_queries.administration_log(session, ADMIN, "reports", None, 10).items[0]
    assert (entry.action, entry.detail, entry.reason) == ("category-merged", "community", "Twice the same")


def test_what_was_written_for_it_comes_into_the_kept_one(session: Session) -> None:
    article = published(session)
    other = published(session, category="reports", title="Other")
    merge(session)
    assert draft(session, category="reports").category == "community"
    proposed = ProposeChange(revision=article.revision, body="Otro texto.", category="reports")
    proposal = actions.propose_change(session, BO, article.id, proposed)
    assert (proposal.changes.body, proposal.changes.category) == ("Otro texto.", None)
    saved = change(session, EDITOR, other, body="Otro.", category="reports")
    assert (saved.body, saved.category) == ("Otro.", "community")
    with pytest.raises(Invalid):
        actions.set_category(session, ADMIN, "reports", "en", {"en": ("Anew", "")})


def test_only_an_empty_category_is_removed(session: Session) -> None:
    draft(session, BO, category="reports")
    command = RemoveCategory(reason="Nobody uses it")
    with pytest.raises(Conflict) as error:
        removed.CALLS.remove_category(session, ADMIN, "reports", command)
    assert error.value.code == "category-not-empty"
    merge(session, slug="reports", into="community")
    actions.set_category(session, ADMIN, "empty", "en", {"en": ("Empty", "")})
    removed.CALLS.remove_category(session, ADMIN, "empty", command)
    assert not {"reports", "empty"} & {each.slug for each in queries.categories(session, STRANGER)}
    with pytest.raises(NotFound):
        removed.category_now(session, STRANGER, "empty")


@pytest.mark.parametrize("viewer", [AMIRA, EDITOR, MODERATOR])
def test_nobody_but_administrators_merges_or_removes(session: Session, viewer: Viewer) -> None:
    for work in (
        lambda: merge(session, viewer),
        lambda: removed.CALLS.remove_category(session, viewer, "reports", RemoveCategory(reason="No")),
        lambda: removed.category_content(session, viewer, "reports"),
    ):
        with pytest.raises(Forbidden):
            work()
    with pytest.raises(NotFound):
        removed.category_content(session, ADMIN, "never")


def test_an_article_that_is_written_during_the_merge_comes_into_the_kept_one(database: Database) -> None:
    assert meet(database, merge, lambda session: draft(session, category="reports")) is None
    with database.reading() as session:
        assert removed.category_content(session, ADMIN, "community").empty is False


def test_the_merge_waits_for_an_article_that_is_put_into_it(database: Database) -> None:
    with database.writing() as session:
        article = draft(session)
    error = meet(database, lambda session: change(session, AMIRA, article, category="reports"), merge)
    assert error is None
    with database.reading() as session:
        assert queries.article(session, AMIRA, article.id, None).category == "community"
