"""Posts are deleted as topics are: with a reason, in the log, to be restored. Topics without a post are deleted."""

import sqlalchemy as sa
from alembic import op

from bus.eventlog.migrations import create_stale_subjects
from core.columns import Json, Moment
from core.ids import new_id
from core.markup import excerpt

revision = "0008"
down_revision = "0007"

_topic = sa.table(
    "topic",
    *(sa.column(name, sa.String) for name in ("id", "title", "audience", "category", "author_id")),
    *(sa.column(name, sa.String) for name in ("original_language", "article_id", "deletion_id")),
    sa.column("posts", sa.Integer),
)
_post = sa.table(
    "post",
    *(sa.column(name, sa.String) for name in ("id", "topic_id", "audience", "author_id", "language", "body")),
    *(sa.column(name, sa.String) for name in ("edited_by", "deleted_by", "deletion_id")),
    *(sa.column(name, Moment) for name in ("created_at", "edited_at", "deleted_at")),
    sa.column("revision", sa.Integer),
)
_revision = sa.table(
    "post_revision",
    *(sa.column(name, sa.String) for name in ("post_id", "body", "by_id")),
    sa.column("revision", sa.Integer),
    sa.column("at", Moment),
)
_deletion = sa.table(
    "deletion",
    *(sa.column(name, sa.String) for name in ("id", "kind", "item_id", "title", "language", "audience")),
    *(sa.column(name, sa.String) for name in ("author_id", "reason", "note", "by_id")),
    sa.column("at", Moment),
)
_count = sa.table(
    "category_count",
    *(sa.column(name, sa.String) for name in ("category", "audience")),
    sa.column("topics", sa.Integer),
)
_stale = sa.table("stale_subject", sa.column("subject", sa.String))


def upgrade() -> None:
    """Add the columns; give each deleted post an entry in the log, and delete topics whose posts are all deleted."""
    create_stale_subjects()
    op.add_column("deletion", sa.Column("kind", sa.String(10), nullable=False, server_default="topic"))
    op.add_column("deletion", sa.Column("translations", Json, nullable=True))
    op.drop_index("deletion_by_time", "deletion")
    op.create_index("deletion_by_time", "deletion", ["kind", "at", "id"])
    op.add_column("post", sa.Column("deletion_id", sa.String(16), nullable=True))
    _log_deleted_posts()
    _delete_empty_topics()


def _log_deleted_posts() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_post).where(_post.c.deleted_at.is_not(None))).all():
        by_id = row.deleted_by or row.author_id
        deletion_id = new_id(row.deleted_at)
        connection.execute(
            sa.insert(_deletion).values(
                id=deletion_id,
                kind="post",
                item_id=row.id,
                title=excerpt(row.body, 200),
                language=row.language,
                audience=row.audience,
                author_id=row.author_id,
                reason="author" if by_id == row.author_id else "unstated",
                note="",
                by_id=by_id,
                at=row.deleted_at,
            )
        )
        connection.execute(
            sa.insert(_revision).values(
                post_id=row.id,
                revision=row.revision,
                body=row.body,
                by_id=row.edited_by or row.author_id,
                at=row.edited_at or row.created_at,
            )
        )
        connection.execute(sa.update(_post).where(_post.c.id == row.id).values(deletion_id=deletion_id))


def _delete_empty_topics() -> None:
    connection = op.get_bind()
    empty = sa.select(_topic).where(
        _topic.c.posts == 0, _topic.c.article_id.is_(None), _topic.c.deletion_id.is_(None)
    )
    for row in connection.execute(empty).all():
        posts = sa.select(_post.c.deleted_at, _post.c.deleted_by, _post.c.author_id)
        last = connection.execute(
            posts.where(_post.c.topic_id == row.id).order_by(_post.c.deleted_at.desc()).limit(1)
        ).first()
        if last is None:
            continue
        deletion_id = new_id(last.deleted_at)
        connection.execute(
            sa.insert(_deletion).values(
                id=deletion_id,
                kind="topic",
                item_id=row.id,
                title=row.title,
                language=row.original_language,
                audience=row.audience,
                author_id=row.author_id,
                reason="no-posts",
                note="",
                by_id=last.deleted_by or last.author_id,
                at=last.deleted_at,
            )
        )
        connection.execute(sa.update(_topic).where(_topic.c.id == row.id).values(deletion_id=deletion_id))
        connection.execute(
            sa.update(_count)
            .where(_count.c.category == row.category, _count.c.audience == row.audience)
            .values(topics=_count.c.topics - 1)
        )
        connection.execute(sa.insert(_stale).values(subject=f"topic/{row.id}"))
