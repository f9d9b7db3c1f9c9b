"""How PostgreSQL finds what is somebody's own: never by reading everybody's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from core.audience import Viewer
from core.ids import new_id
from services.notify import mail_preview, mail_queries, queries
from services.notify.actions import mail_turns
from tests.unit.harness import plans_of
from tests.unit.notify.harness import NotifyHarness

LATER = new_id()


@pytest.mark.parametrize(
    "read",
    [
        lambda session, sam: queries.notifications(session, sam, False, None, 20),
        lambda session, sam: queries.notifications(session, sam, False, LATER, 20),
        lambda session, sam: queries.notifications(session, sam, True, None, 20),
        lambda session, sam: queries.unread(session, sam),
        lambda session, sam: queries.follows(session, sam, None, 20),
        lambda session, sam: queries.follow_state(session, sam, "topic", LATER),
        lambda session, sam: mail_queries.mail_settings(session, sam),
        lambda session, sam: mail_queries.unmailed(session, sam.person_id or "", f"topic/{LATER}"),
        lambda session, sam: mail_queries.unmailed(session, sam.person_id or "", "daily"),
        lambda session, sam: mail_queries.last_mail(session, sam.person_id or "", f"topic/{LATER}"),
        lambda session, sam: mail_preview.mail_preview(session, sam, None),
        lambda session, sam: mail_queries.own_whens(session, sam.person_id or ""),
        lambda session, sam: mail_queries.last_active(session, sam.person_id or ""),
        lambda session, sam: mail_turns.any_due(session),
    ],
    ids=[
        "all",
        "older",
        "unread",
        "count",
        "follows",
        "one",
        "mail",
        "topic",
        "daily",
        "last",
        "preview",
        "own",
        "active",
        "due",
    ],
)
def test_each_read_has_an_index_on_postgresql(
    harness: NotifyHarness, read: Callable[[Session, Viewer], object]
) -> None:
    harness.people("sam")
    with harness.database.reading() as session:
        for plan in plans_of(session, lambda: read(session, harness.viewer("sam"))):
            assert "Seq Scan" not in plan, plan
            # What one person follows has a limit, and is sorted.
            assert "Sort" not in plan or "on follow" in plan, plan
