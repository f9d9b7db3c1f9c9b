"""Seats, waiting lists, and which date the log says is the next one."""

import sqlalchemy as sa
from alembic import op

from core import clock
from core.columns import Moment

revision = "0017"
down_revision = "0016"

_EVENT = sa.table(
    "event", sa.column("id"), sa.column("created_at", Moment), sa.column("next_ends_at", Moment)
)
_DATE = sa.table("occurrence", sa.column("event_id"), sa.column("ends_at", Moment))


def upgrade() -> None:
    """Add the columns. The log doesn't say yet whether one can go to an event: for those with a date ahead the time to
    say it is long past, so the service does it at its start."""
    op.add_column("event", sa.Column("seats", sa.Integer(), nullable=True))
    op.add_column("event", sa.Column("next_ends_at", Moment, nullable=True))
    op.create_index("event_by_next_end", "event", ["next_ends_at"])
    op.add_column("attendance", sa.Column("waits", sa.Integer(), nullable=True))
    op.create_index("attendance_by_wait", "attendance", ["event_id", "occurrence", "waits"])
    ahead = sa.select(_DATE.c.event_id).where(_DATE.c.ends_at > clock.now())
    op.execute(sa.update(_EVENT).where(_EVENT.c.id.in_(ahead)).values(next_ends_at=_EVENT.c.created_at))
