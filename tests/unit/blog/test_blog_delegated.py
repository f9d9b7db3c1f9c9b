"""Editors and moderators of a language, a category and a group."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.blog import ArticleQuery
from contracts.deletion import Delete
from contracts.errors import Forbidden, NotFound
from contracts.proposals import ProposalQuery
from core.audience import MEMBERS, PUBLIC
from services.blog import actions, proposal_queries, queries, rules
from services.blog.actions import set_category
from services.blog.tables import Article
from services.shared.powers import part_of
from tests.unit.blog.harness import EVERYONE, accept, change, draft, propose, published
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, GROUP, INSIDER, person

pytestmark = pytest.mark.slow

SPANISH = person("spanish", delegated=frozenset({"editor:language:es"}))
COMMUNITY = person("community", delegated=frozenset({"editor:news:community"}))
OF_TALK = person("oftalk", delegated=frozenset({"editor:talk:community"}))
CLEANER = person("cleaner", delegated=frozenset({"moderator:news:community"}))
GROUP_EDITOR = person("gedit", groups=frozenset({GROUP}), delegated=frozenset({f"editor:{CIRCLE}"}))
LEFT = person("left", delegated=frozenset({f"editor:{CIRCLE}"}))
DELEGATED = (SPANISH, COMMUNITY, OF_TALK, CLEANER, GROUP_EDITOR, LEFT)


@pytest.fixture(autouse=True)
def another_category(session: Session) -> None:
    set_category(session, ADMIN, "reports", "en", {"en": ("Reports", "")})


def test_the_database_and_the_rules_agree_on_who_sees_and_decides_what(session: Session) -> None:
    made = {}
    for language, category, audience, status in product(
        ("es", "en"), ("community", "reports"), (PUBLIC, MEMBERS, CIRCLE), ("declined", "published")
    ):
        author = INSIDER if audience == CIRCLE else AMIRA
        article = draft(session, author, language=language, category=category, audience=audience)
        row = session.get_one(Article, article.id)
        row.status = status
        made[article.id] = row
    session.flush()
    for viewer in (*EVERYONE, *DELEGATED):
        seen = set(session.scalars(select(Article.id).where(queries.visible(viewer))))
        assert seen == {
            each
            for each, row in made.items()
            if rules.may_see_article(viewer, row.status, part_of(row), row.author_id)
        }, viewer.name
        decided = set(session.scalars(select(Article.id).where(queries.of_board(viewer))))
        assert decided & seen == {
            each for each, row in made.items() if each in seen and rules.on_board(viewer, part_of(row))
        }, viewer.name
        for audience in (PUBLIC, CIRCLE):
            found = queries.articles(session, viewer, ArticleQuery(audience=audience, status="declined"))
            declined = {each for each in seen if made[each].status == "declined"}
            assert {line.id for line in found.items} == {
                each for each in declined if made[each].audience == audience
            }


@pytest.mark.parametrize("viewer", [SPANISH, COMMUNITY], ids=["language", "category"])
def test_they_decide_over_what_is_in_their_part_alone(session: Session, viewer: object) -> None:
    editor = SPANISH if viewer is SPANISH else COMMUNITY
    mine, other = draft(session), draft(session, language="en", category="reports")
    for article in (mine, other):
        actions.submit(session, AMIRA, article.id)
    with pytest.raises(Forbidden, match="not-on-board"):
        actions.publish(session, editor, other.id)
    assert queries.article(session, editor, other.id, None).steps == []
    assert "publish" in queries.article(session, editor, mine.id, None).steps
    actions.publish(session, editor, mine.id)
    assert queries.on_board(session, editor)
    assert not queries.on_board(session, OF_TALK)
    assert not queries.on_board(session, CLEANER)


def test_they_decide_on_proposals_in_their_part(session: Session) -> None:
    mine, other = published(session), published(session, language="en", category="reports")
    proposals = [propose(session, BO, article, body="Otro texto.") for article in (mine, other)]
    listed = proposal_queries.proposals(session, COMMUNITY, ProposalQuery())
    assert [line.id for line in listed.items] == [proposals[0].id]
    with pytest.raises(NotFound):
        actions.accept_proposal(session, COMMUNITY, proposals[1].id)
    actions.accept_proposal(session, COMMUNITY, proposals[0].id)
    accept(session, proposals[1])


def test_moderators_of_a_category_delete_in_it_and_decide_nothing(session: Session) -> None:
    mine, other = published(session), published(session, category="reports")
    with pytest.raises(Forbidden, match="not-deleter"):
        actions.delete_article(session, CLEANER, other.id, Delete(reason="spam"))
    actions.delete_article(session, CLEANER, mine.id, Delete(reason="spam"))
    assert [line.item_id for line in queries.deletions(session, CLEANER, None, 10).items] == [mine.id]
    assert not queries.article(session, CLEANER, mine.id, None).on_board
    with pytest.raises(Forbidden, match="not-deleter"):
        queries.deletions(session, OF_TALK, None, 10)
    actions.restore_article(session, CLEANER, mine.id)


def test_a_groups_editor_decides_in_it_while_they_are_in_it(session: Session) -> None:
    article = draft(session, INSIDER, audience=CIRCLE)
    actions.submit(session, INSIDER, article.id)
    with pytest.raises(NotFound):
        actions.publish(session, LEFT, article.id)
    actions.publish(session, GROUP_EDITOR, article.id)
    public = draft(session)
    actions.submit(session, AMIRA, public.id)
    with pytest.raises(Forbidden, match="not-on-board"):
        actions.publish(session, GROUP_EDITOR, public.id)


def test_who_edits_a_category_brings_no_article_of_others_into_it(session: Session) -> None:
    article = draft(session, category="reports")
    with pytest.raises(Forbidden, match="category-own-board"):
        change(session, COMMUNITY, article, category="community")
    assert change(session, BO, article, category="community").category == "community"
    assert change(session, COMMUNITY, article, category="reports").category == "reports"
    own = draft(session, COMMUNITY, category="reports")
    assert change(session, COMMUNITY, own, category="community").category == "community"
