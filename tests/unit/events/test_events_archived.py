"""In an archived group its members see its events as before, and add and change none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from contracts.deletion import Delete
from contracts.errors import Forbidden
from core.audience import Viewer
from core.database import Database
from services.events import actions, queries
from tests.unit.events.harness import Make, command
from tests.unit.users import CIRCLE, GROUP, GROUP_MODERATOR, INSIDER

ARCHIVED = {"archived": frozenset({GROUP})}
VIEWERS = tuple(each.model_copy(update=ARCHIVED) for each in (INSIDER, GROUP_MODERATOR))
WRITES: dict[str, Callable[[Session, Viewer, str], object]] = {
    "create": lambda session, viewer, _: actions.create_event(session, viewer, command(audience=CIRCLE)),
    "attend": lambda session, viewer, event: actions.attend(session, viewer, event, None, "going"),
    "delete": lambda session, viewer, event: actions.delete_event(
        session, viewer, event, Delete(reason="spam")
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_nobody_writes_in_it(database: Database, make: Make, name: str) -> None:
    event = make(INSIDER, audience=CIRCLE)
    for viewer in VIEWERS:
        with pytest.raises(Forbidden, match="group-archived"), database.writing() as session:
            WRITES[name](session, viewer, event.id)


def test_its_events_say_that_nothing_can_be_done_with_them(database: Database, make: Make) -> None:
    event = make(INSIDER, audience=CIRCLE)
    for viewer in VIEWERS:
        with database.reading() as session:
            seen = queries.event(session, viewer, event.id, None, None)
        rights = (seen.may_edit, seen.may_translate, seen.may_attend, seen.may_delete, seen.attendance_open)
        assert not any(rights)
        assert seen.title == event.title
