"""Tags in their canonical form: `İstanbul` and `istanbul` are one."""

from core.tag_migration import rename_tags

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Rename the stored tags."""
    rename_tags("article", "article_tag", "article_id")
