"""People and commands that the tests of events share."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from contracts.events import CreateEvent, EventView
from core.audience import Viewer
from core.ids import new_id

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

ANNA = Viewer(person_id=new_id(), name="Anna", roles=frozenset({"member"}))
BEN = Viewer(person_id=new_id(), name="Ben", roles=frozenset({"member"}))
MODERATOR = Viewer(person_id=new_id(), name="Mona", roles=frozenset({"member", "moderator"}))

Make = Callable[..., EventView]


def command(**fields: Any) -> CreateEvent:
    plain: dict[str, Any] = {
        "language": "en",
        "title": "Edit evening",
        "body": "Bring a laptop.",
        "start": datetime(2026, 12, 1, 18, 0),  # noqa: DTZ001 - local time
        "minutes": 120,
        "timezone": "Europe/Berlin",
        "online_url": "https://meet.example.org/evening",
    }
    return CreateEvent.model_validate(plain | fields)
