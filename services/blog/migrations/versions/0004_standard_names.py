"""The bus's tables under the field's standard names."""

from bus.eventlog.migrations import use_standard_names

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    use_standard_names()
