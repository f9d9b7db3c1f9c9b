"""Hidden groups get addresses that nobody can take or guess; their former ones stay valid for those inside."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table of addresses, and move each hidden group to `<slug>--<its id>`."""
    addresses = op.create_table(
        "group_address",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("group_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["space_group.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("slug", "group_id"),
    )
    op.create_index("group_address_by_group", "group_address", ["group_id"], unique=False)
    groups = sa.table("space_group", sa.column("id"), sa.column("slug"), sa.column("kind"))
    hidden = (
        op.get_bind()
        .execute(sa.select(groups.c.id, groups.c.slug).where(groups.c.kind == "hidden").order_by(groups.c.id))
        .all()
    )
    former = []
    for group_id, slug in hidden:
        # A group whose slug an outsider took was moved to `<slug>-<its id>`.
        chosen = slug.removesuffix(f"-{group_id}")
        former += [{"slug": each, "group_id": group_id} for each in dict.fromkeys((chosen, slug))]
        op.execute(groups.update().where(groups.c.id == group_id).values(slug=f"{chosen}--{group_id}"))
    if former:
        op.bulk_insert(addresses, former)
