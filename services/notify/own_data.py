"""What notify has of a person, for them to take along: what they follow, and notifications that they may see."""

from sqlalchemy import select

from bus.own_data import exporter_of
from core.audience import audiences
from core.exporting import Section, owned_by
from services.notify.push_tables import PushChoice, PushDevice
from services.notify.tables import Follow, MailChoice, Notification, SavedSearch

SECTIONS = (
    owned_by("notify/follows", Follow.person_id),
    Section(
        "notify/searches",
        SavedSearch,
        lambda viewer: SavedSearch.id.in_(
            select(Follow.target).where(Follow.person_id == viewer.person_id, Follow.kind == "search")
        ),
    ),
    Section(
        "notify/notifications",
        Notification,
        lambda viewer: (
            (Notification.person_id == viewer.person_id)
            & Notification.audience.in_(audiences(viewer))
            & Notification.hidden.is_(False)
        ),
        frozenset({"hidden", "source_id"}),
    ),
    owned_by("notify/mail", MailChoice.person_id),
    # Where messages go is a secret between the browser and us.
    owned_by(
        "notify/devices", PushDevice.person_id, "endpoint", "endpoint_hash", "p256dh", "auth", "session_id"
    ),
    owned_by("notify/phones", PushChoice.person_id),
)

export_of = exporter_of(SECTIONS)
