"""The outbox tasks of mail: what has come in, and what is said of it to who sent it."""

from __future__ import annotations

from typing import ClassVar

from bus.outbox.tasks import OutboxTask


class HandleMail(OutboxTask):
    """Handle a mail that has come in. Its key is that of the mail, so that one that is handed over twice is handled
    once. Each is a subject of its own: one that can't be handled holds up no other."""

    kind: ClassVar[str] = "mail.handle"
    mail: str

    def key(self) -> str:
        return f"mail-in/{self.mail}"

    def subject(self) -> str:
        return f"mail/{self.mail}"


class SendNotice(OutboxTask):
    """Tell who sent a reply that it was not posted as it came, and why."""

    kind: ClassVar[str] = "mail.send-notice"
    held_id: str

    def key(self) -> str:
        return f"reply-notice/{self.held_id}"

    def subject(self) -> str:
        return self.key()
