"""Room for encrypted secrets of second factors. The service encrypts those that are there when it starts."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Make the column longer."""
    with op.batch_alter_table("second_factor") as table:
        table.alter_column(
            "secret", existing_type=sa.String(64), type_=sa.String(200), existing_nullable=False
        )
