"""Categories of groups: their moderators add, name and close them, and nobody outside knows of them."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after
from contracts.administration import LogEntry
from contracts.categories import SetCategoryState
from contracts.common import Recorded
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from contracts.group_categories import AddGroupCategory, SetGroupCategory
from core.audience import MEMBERS, PUBLIC, STRANGER, Viewer
from core.database import Database
from services.forum import actions, category_queries, queries, rules
from services.forum.actions import group_categories
from tests.unit.forum.harness import change, topic
from tests.unit.harness import meet
from tests.unit.users import ADMIN, AMIRA, CIRCLE, GROUP, GROUP_MODERATOR, INSIDER, MODERATOR

ADD = AddGroupCategory(audience=CIRCLE, language="en", name="Night walks", about="When it is dark.")


def add(session: Session, viewer: Viewer = GROUP_MODERATOR) -> str:
    return group_categories.add_group_category(session, viewer, ADD)


def all_events(session: Session) -> list[Recorded]:
    return events_after(session, "forum", 0, 100)


def seen(session: Session, viewer: Viewer) -> set[str]:
    return {each.slug for each in queries.categories(session, viewer)}


def test_only_those_inside_know_of_it(session: Session) -> None:
    before = {viewer.name: seen(session, viewer) for viewer in (STRANGER, AMIRA, ADMIN)}
    slug = add(session)
    assert slug.startswith("night-walks-")
    for viewer in (STRANGER, AMIRA, ADMIN):
        assert seen(session, viewer) == before[viewer.name]
    (mine,) = [each for each in queries.categories(session, INSIDER) if each.slug == slug]
    assert (mine.name, mine.audience, mine.may_open) == ("Night walks", CIRCLE, True)
    assert slug not in {each.slug for each in category_queries.category_details(session, ADMIN)}
    told = all_events(session)[-1]
    assert (told.type, told.audience, told.public_seq) == ("forum.category.changed", CIRCLE, None)
    state = SetCategoryState(closed=True, reason="No")
    with pytest.raises(NotFound):
        actions.set_category_state(session, ADMIN, slug, state)
    with pytest.raises(Invalid):
        actions.set_category(session, ADMIN, slug, "en", {"en": ("Mine", "")})


def test_only_the_groups_own_topics_are_in_it(session: Session) -> None:
    slug = add(session)
    opened = topic(session, INSIDER, audience=CIRCLE, category=slug)
    assert opened.category == slug

    def fault(viewer: Viewer, audience: str) -> str:
        with pytest.raises(Invalid) as error:
            topic(session, viewer, audience=audience, category=slug)
        return error.value.faults[0].code

    for audience in (PUBLIC, MEMBERS):
        assert fault(INSIDER, audience) == "category-of-group"
        assert fault(AMIRA, audience) == "category-unknown"
    public = topic(session, INSIDER)
    with pytest.raises(Invalid):
        change(session, INSIDER, public, category=slug)
    with pytest.raises(Invalid):
        change(session, MODERATOR, public, category=slug)


def test_the_groups_moderators_name_and_close_it(session: Session) -> None:
    slug = add(session)
    named = SetGroupCategory(language="de", name="Nachtspaziergänge")
    group_categories.set_group_category(session, GROUP_MODERATOR, slug, named)
    group_categories.set_group_category(
        session, GROUP_MODERATOR, slug, SetGroupCategory(language="en", closed=True)
    )
    german = INSIDER.model_copy(update={"languages": ("de",)})
    (mine,) = [each for each in queries.categories(session, german) if each.slug == slug]
    assert (mine.name, mine.closed, mine.may_open) == ("Nachtspaziergänge", True, False)
    with pytest.raises(Invalid):
        topic(session, INSIDER, audience=CIRCLE, category=slug)


@pytest.mark.parametrize(
    ("viewer", "error"),
    [
        (STRANGER, SignInNeeded),
        (AMIRA, NotFound),
        (MODERATOR, NotFound),
        (ADMIN, NotFound),
        (INSIDER, Forbidden),
        (GROUP_MODERATOR.model_copy(update={"archived": frozenset({GROUP})}), Forbidden),
        (GROUP_MODERATOR.model_copy(update={"scopes": frozenset({"read", "write"})}), Forbidden),
    ],
)
def test_nobody_else_adds_or_changes_one(session: Session, viewer: Viewer, error: type[Exception]) -> None:
    slug = add(session)
    before = len(all_events(session))
    with pytest.raises(error):
        add(session, viewer)
    with pytest.raises(error):
        group_categories.set_group_category(
            session, viewer, slug, SetGroupCategory(language="en", closed=True)
        )
    assert len(all_events(session)) == before


def test_a_public_category_is_no_groups(session: Session) -> None:
    with pytest.raises(NotFound):
        group_categories.set_group_category(
            session, GROUP_MODERATOR, "general", SetGroupCategory(language="en", closed=True)
        )
    with pytest.raises(NotFound):
        group_categories.add_group_category(session, ADMIN, ADD.model_copy(update={"audience": PUBLIC}))
    assert not [each for each in log(session) if "night" in each.item]


def log(session: Session) -> list[LogEntry]:
    return category_queries.administration_log(session, ADMIN, None, None, 100).items


def test_of_two_who_add_the_last_one_at_one_moment_one_is_refused(database: Database) -> None:
    with database.writing() as session:
        for _ in range(rules.CATEGORIES_OF_A_GROUP - 1):
            add(session)
    error = meet(database, add, add)
    assert isinstance(error, Conflict)
    assert error.code == "categories-many"
