"""Moderators of a language: they change, delete and restore events of it, and read their log."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from contracts.deletion import Delete
from contracts.errors import Forbidden, NotFound
from contracts.events import EventView
from core.audience import Viewer
from core.database import Database
from services.events import actions, queries
from tests.unit.events.harness import ANNA, Make
from tests.unit.users import person

GERMAN: Viewer = person("german", delegated=frozenset({"moderator:language:de"}))
EDITOR: Viewer = person("edits", delegated=frozenset({"editor:language:de"}))


def test_they_moderate_events_of_their_language_alone(database: Database, make: Make) -> None:
    german, english = make(ANNA, language="de"), make(ANNA)
    with database.writing() as session:
        moderate(session, german, english)


def moderate(session: Session, german: EventView, english: EventView) -> None:
    rights = [queries.event(session, GERMAN, each.id, None, None) for each in (german, english)]
    assert [(each.may_edit, each.may_delete) for each in rights] == [(True, True), (False, False)]
    assert not queries.event(session, EDITOR, german.id, None, None).may_edit
    for viewer, event in ((GERMAN, english), (EDITOR, german)):
        with pytest.raises(Forbidden, match="not-deleter"):
            actions.delete_event(session, viewer, event.id, Delete(reason="spam"))
    for event in (german, english):
        actions.delete_event(session, ANNA, event.id, Delete())
        actions.restore_event(session, ANNA, event.id)
    actions.delete_event(session, GERMAN, german.id, Delete(reason="spam"))
    actions.delete_event(session, ANNA, english.id, Delete())
    listed = queries.deletions(session, GERMAN, None, 10).items
    assert {line.item_id for line in listed} == {german.id}
    with pytest.raises(NotFound):
        queries.event(session, GERMAN, english.id, None, None)
    assert queries.event(session, GERMAN, german.id, None, None).may_restore
    actions.restore_event(session, GERMAN, german.id)
    with pytest.raises(Forbidden, match="not-deleter"):
        queries.deletions(session, EDITOR, None, 10)
