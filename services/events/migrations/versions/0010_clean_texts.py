"""Texts that were stored before there were rules for what can be seen are cleaned (`core.text_migration`)."""

from core.text_migration import beginning, clean, note_stale

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Clean them, and note the events to publish."""
    versions = clean(
        "event_version",
        ["event_id", "language"],
        ["title"],
        ["body"],
        instead=lambda row: beginning(row["body"]),
        cooked=True,
    )
    places = clean("event", ["id"], ["place_name"], instead=lambda row: beginning(""))
    events = [*places, *clean("event", ["id"], ["venue", "online_url"])]
    note_stale(f"event/{row['event_id']}" for row in versions)
    note_stale(f"event/{row['id']}" for row in events)
    clean("deletion", ["id"], ["title"], ["note"])
