"""Administrators replace and remove tags; which services have carried it out, and where the former tags lead."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.errors import Forbidden, SignInNeeded
from contracts.tags import BlogTagReplaced, EventsTagReplaced, ForumTagReplaced, ReplaceTag
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import queries
from services.people.actions.tags import carried_out, replace_tag
from services.people.queries.tags import tag_changes, tag_now
from tests.unit.harness import NOON, meet
from tests.unit.people.harness import Enrol, Events, refusal

pytestmark = pytest.mark.slow

RECORDED = Recorded(
    producer="blog", seq=1, id="event00000000000", type="blog.tag.replaced", version=1, subject="tag-change/x",
    audience="members", occurred_at=NOON, data={},
)  # fmt: skip


def replace(session: Session, viewer: Viewer, tag: str, into: str = "") -> None:
    replace_tag(session, viewer, ReplaceTag(tag=tag, into=into, reason="One word for one thing"))


def test_a_change_is_logged_published_and_done_once_all_have_said_so(
    database: Database, enrol: Enrol, events: Events
) -> None:
    ada = enrol("Ada", "administrator")
    with database.writing() as session:
        replace(session, ada, "Photo", "PHOTOS")
    told = events()[-1]
    assert (told.type, told.audience, told.data["tag"], told.data["into"]) == (
        "people.tag.replaced",
        "members",
        "photo",
        "photos",
    )
    change_id = told.data["change_id"]
    with database.writing() as session:
        (change,) = tag_changes(session, ada, 10)
        assert (change.pending, change.items, change.by_id) == (["blog", "forum", "events"], 0, ada.person_id)
        carried_out(session, BlogTagReplaced(change_id=change_id, items=2), RECORDED)
        for _ in range(2):
            carried_out(session, ForumTagReplaced(change_id=change_id, items=3), RECORDED)
        (change,) = tag_changes(session, ada, 10)
        assert (change.pending, change.items) == (["events"], 5)
        carried_out(session, EventsTagReplaced(change_id=change_id, items=0), RECORDED)
        carried_out(session, EventsTagReplaced(change_id="never0000000000x", items=0), RECORDED)
        assert tag_changes(session, ada, 10)[0].pending == []
        entry = queries.administration_log(session, ada, "photo", None, 10).items[0]
    assert (entry.action, entry.detail, entry.reason) == ("tag-replaced", "photos", "One word for one thing")


def test_former_tags_lead_to_those_of_now(database: Database, enrol: Enrol) -> None:
    ada = enrol("Ada", "administrator")
    with database.writing() as session:
        replace(session, ada, "a", "b")
        replace(session, ada, "b", "c")
        assert [tag_now(session, STRANGER, each) for each in "abc"] == ["c", "c", None]
        replace(session, ada, "x", "a")
        assert tag_now(session, STRANGER, "x") == "c", "what leads on is followed"
        replace(session, ada, "c", "b")  # back
        assert [tag_now(session, STRANGER, each) for each in "abcx"] == ["b", None, "b", "b"]
        replace(session, ada, "b")
        assert [tag_now(session, STRANGER, each) for each in "abcx"] == [None] * 4
        assert tag_now(session, STRANGER, "0" * 500) is None


def test_who_is_no_administrator_changes_nothing(database: Database, enrol: Enrol) -> None:
    for viewer in (enrol("Sam"), enrol("Mod", "moderator", "editor")):
        with pytest.raises(Forbidden), database.writing() as session:
            replace(session, viewer, "a", "b")
        with pytest.raises(Forbidden), database.reading() as session:
            tag_changes(session, viewer, 10)
    with pytest.raises(SignInNeeded), database.writing() as session:
        replace(session, STRANGER, "a", "b")


@pytest.mark.parametrize(
    ("tag", "into", "fault"),
    [
        ("Photo", "photo", ("into", "tag-same")),
        ("!", "a", ("tag", "tag-shape")),
        ("a", "?", ("into", "tag-shape")),
    ],
)
def test_bad_changes_are_refused(
    database: Database, enrol: Enrol, tag: str, into: str, fault: tuple[str, str]
) -> None:
    ada = enrol("Ada", "administrator")
    assert refusal(database, lambda session: replace(session, ada, tag, into)) == [fault]


def test_two_administrators_at_one_moment_both_succeed(database: Database, enrol: Enrol) -> None:
    ada, bea = enrol("Ada", "administrator"), enrol("Bea", "administrator")
    error = meet(
        database,
        lambda session: replace(session, ada, "a", "b"),
        lambda session: replace(session, bea, "a", "c"),
    )
    assert error is None
    with database.reading() as session:
        assert tag_now(session, STRANGER, "a") == "c"
