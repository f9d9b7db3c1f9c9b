"""Where items take place, and which fields an index in Elasticsearch has."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the table and the column; the next change of an event, or a rebuild, says where it is."""
    op.create_table(
        "item_point",
        sa.Column("row", sa.Integer(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("latitude", "longitude", "x", "y", "z")),
        sa.PrimaryKeyConstraint("row"),
    )
    op.add_column(
        "elasticsearch_index", sa.Column("fields", sa.Integer(), nullable=False, server_default="1")
    )
    op.create_index("item_point_by_box", "item_point", ["z", "x", "y", "row"])
