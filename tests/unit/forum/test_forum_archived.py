"""In an archived group its members read as before, and write nothing."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from contracts.deletion import Delete
from contracts.errors import Forbidden
from services.forum import actions, queries
from tests.unit.forum.harness import WRITES, events, first_post, reply, topic
from tests.unit.users import CIRCLE, GROUP, GROUP_MODERATOR, INSIDER

ARCHIVED = {"archived": frozenset({GROUP})}
MEMBER, MODERATOR = (each.model_copy(update=ARCHIVED) for each in (INSIDER, GROUP_MODERATOR))


@pytest.mark.parametrize("name", [name for name in WRITES if name not in ("open", "category")])
def test_nobody_writes_in_it(session: Session, name: str) -> None:
    opened = topic(session, INSIDER, audience=CIRCLE)
    post = first_post(session, opened)
    before = len(events(session))
    for viewer in (MEMBER, MODERATOR):
        with pytest.raises(Forbidden, match="group-archived"):
            WRITES[name](session, viewer, opened, post)
        with pytest.raises(Forbidden, match="group-archived"):
            topic(session, viewer, audience=CIRCLE)
        with pytest.raises(Forbidden, match="group-archived"):
            actions.delete_topic(session, viewer, opened.id, Delete(reason="spam"))
    assert len(events(session)) == before
    topic(session, MEMBER)


def test_its_topics_say_that_nothing_can_be_done_with_them(session: Session) -> None:
    opened = topic(session, INSIDER, audience=CIRCLE)
    reply(session, INSIDER, opened)
    for viewer in (MEMBER, MODERATOR):
        seen = queries.topic(session, viewer, opened.id, None)
        rights = (seen.may_edit, seen.may_delete, seen.may_moderate, seen.may_reply, seen.may_translate)
        assert not any(rights)
        posts = queries.posts(session, viewer, opened.id, None, 10).items
        assert [each.body for each in posts] == ["Un texto.", "Yes."]
        assert not any(each.may_edit or each.may_delete for each in posts)
    actions.delete_topic(session, GROUP_MODERATOR, opened.id, Delete(reason="spam"))
    assert not queries.topic(session, MODERATOR, opened.id, None).may_restore
