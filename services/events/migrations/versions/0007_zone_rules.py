"""Each event remembers which rules of its time zone its dates were computed with."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the fingerprint of the rules, unknown at first, so that the dates of all events are looked through once."""
    op.add_column("event", sa.Column("zone_rules", sa.String(16), nullable=False, server_default=""))
    op.create_index("event_by_zone", "event", ["timezone", "zone_rules"])
