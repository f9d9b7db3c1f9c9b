"""The outbox tasks of notify: mail about notifications, and messages to phones."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from bus.outbox.tasks import OutboxTask


class SendMail(OutboxTask):
    """Make and send the mail to a person about a subject, or a digest (`thread`, as in `tables.MailWaiting`).

    What it says is looked up when it goes out. Each mail is a subject of its own: one that can't be delivered holds up
    no other.
    """

    kind: ClassVar[str] = "notify.send-mail"
    person_id: str
    thread: str
    due_at: datetime

    def key(self) -> str:
        return f"mail/{self.person_id}/{self.thread}/{self.due_at:%Y%m%dT%H%M%S%f}"

    def subject(self) -> str:
        return self.key()


class SendPush(OutboxTask):
    """Send a message about notifications (`ids`) of a subject (`thread`) to a device.

    What it says is looked up when it goes out. Each message is a subject of its own, as with mail.
    """

    kind: ClassVar[str] = "notify.send-push"
    device_id: str
    person_id: str
    thread: str
    ids: list[str]
    due_at: datetime

    def key(self) -> str:
        # Several may be due at one moment, when quiet hours end.
        return f"push/{self.device_id}/{self.thread}/{self.due_at:%Y%m%dT%H%M%S%f}/{self.ids[-1]}"

    def subject(self) -> str:
        return f"push/{self.device_id}/{self.ids[-1]}"
