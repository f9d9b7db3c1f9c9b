"""The index by which the mails of each topic have their turn."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the index."""
    op.create_index("mail_waiting_by_thread", "mail_waiting", ["thread", "due_at"])
