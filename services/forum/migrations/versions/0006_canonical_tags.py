"""Tags in their canonical form: `İstanbul` and `istanbul` are one."""

from core.tag_migration import rename_tags

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Rename the stored tags."""
    rename_tags("topic", "topic_tag", "topic_id")
