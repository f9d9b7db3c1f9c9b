"""Withholding earlier texts of posts from the history, and showing them again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import NotFound
from contracts.forum import RevisionShown, RevisionWithheld
from contracts.revisions import Withhold
from core.audience import Viewer
from core.revision_rows import withholds
from services.forum import rules
from services.forum.actions import helpers
from services.forum.tables import Post, PostRevision
from services.shared.authorisation import writer
from services.shared.powers import part_of
from services.shared.revisions import show_again, withhold


def withhold_revision(
    session: Session, viewer: Viewer, post_id: str, revision: int, command: Withhold
) -> None:
    """Withhold an earlier text; one that is withheld stays as it is."""
    by_id = writer(viewer)
    post, row, moderates = _find(session, viewer, post_id, revision)
    # The last text of a deleted post is in its history, too; it comes back with the post.
    if withhold(row, viewer, by_id, moderates, row.revision >= post.revision, command.reason):
        _note(session, post, row, by_id, RevisionWithheld)


def show_revision(session: Session, viewer: Viewer, post_id: str, revision: int) -> None:
    """Show a text again that was withheld."""
    by_id = writer(viewer)
    post, row, moderates = _find(session, viewer, post_id, revision)
    if show_again(row, moderates):
        _note(session, post, row, by_id, RevisionShown)


def _find(session: Session, viewer: Viewer, post_id: str, revision: int) -> tuple[Post, PostRevision, bool]:
    """As in the history: that of a deleted post is for moderators. Also whether the viewer is one."""
    post, topic = helpers.post_for_change(session, viewer, post_id)
    row = session.get(PostRevision, (post.id, revision), populate_existing=True)
    moderates = rules.moderates(viewer, part_of(topic))
    if row is None or (post.deleted_at is not None and not moderates):
        raise NotFound()
    return post, row, moderates


def _note(
    session: Session, post: Post, row: PostRevision, by_id: str, event: type[RevisionWithheld | RevisionShown]
) -> None:
    post.withholds = withholds(session, PostRevision, PostRevision.post_id == post.id)
    append_event(
        session,
        event(
            item=f"post/{post.id}",
            item_audience=post.audience,
            language=post.language,
            revision=row.revision,
            by_id=by_id,
        ),
    )
