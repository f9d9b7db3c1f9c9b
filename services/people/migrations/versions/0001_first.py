"""The first tables: people, sessions, tokens, groups, membership, and the bus's own."""

import sqlalchemy as sa
from alembic import op

from bus.eventlog.migrations import create_bus_tables
from core.columns import Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_bus_tables()
    op.create_table(
        "person",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False, unique=True),
        sa.Column("display_name", sa.String(80), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("email", sa.String(200)),
        sa.Column("languages", Json, nullable=False),
        sa.Column("interface_language", sa.String(20)),
        sa.Column("place_name", sa.String(100), nullable=False),
        sa.Column("place_country", sa.String(2), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("joined_at", Moment, nullable=False),
    )
    op.create_table(
        "role_held",
        sa.Column(
            "person_id", sa.String(16), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("role", sa.String(20), primary_key=True),
        sa.Index("role_held_by_role", "role"),
    )
    op.create_table(
        "browser_session",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.String(16), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Index("browser_session_by_person", "person_id"),
        sa.Index("browser_session_by_end", "expires_at"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("person_id", sa.String(16), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Index("api_token_by_person", "person_id", "id"),
    )
    op.create_table(
        "sign_in_window",
        sa.Column("name_hash", sa.String(64), primary_key=True),
        sa.Column("since", Moment, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Index("sign_in_window_by_since", "since"),
    )
    op.create_table(
        "space_group",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("slug", sa.String(80), nullable=False, unique=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("founder_id", sa.String(16), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Index("space_group_by_founder", "founder_id", "created_at"),
    )
    op.create_table(
        "group_words",
        sa.Column(
            "group_id", sa.String(16), sa.ForeignKey("space_group.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("language", sa.String(20), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
    )
    op.create_table(
        "member",
        sa.Column(
            "group_id", sa.String(16), sa.ForeignKey("space_group.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            "person_id", sa.String(16), sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Index("member_by_person", "person_id"),
        sa.Index("member_by_group", "group_id", "since", "person_id"),
    )
