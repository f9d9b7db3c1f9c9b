"""The outbox tasks of people: mail about accounts and requests for one, and cases of profiles."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from bus.outbox.tasks import OutboxTask

MailTemplate = Literal[
    "confirm",
    "reset",
    "password-changed",
    "email-asked",
    "email-changed",
    "second-factor-on",
    "second-factor-off",
    "passkey-added",
    "passkey-removed",
    "wiki-linked",
    "wiki-unlinked",
    "vanishes",
    "exported",
]


class FindAccounts(OutboxTask):
    """Find whose password is to be reset, by what somebody typed.

    It is a task, so that the request takes the same steps, and the same time, whether or not there is an account.
    """

    kind: ClassVar[str] = "people.find-accounts"
    id: str
    typed: str
    asked_at: datetime

    def key(self) -> str:
        return f"find-accounts/{self.id}"

    def subject(self) -> str:
        return self.key()


class FlagProfile(OutboxTask):
    """Open the case of a profile in which these blocked terms were found."""

    kind: ClassVar[str] = "people.flag-profile"
    id: str
    person_id: str
    terms: list[str]

    def key(self) -> str:
        return f"flag-profile/{self.id}"

    def subject(self) -> str:
        return f"person/{self.person_id}"


class SendAccountMail(OutboxTask):
    """Send one mail to `email`, an address of the person. It has no secret: that of a link is made when it is sent.

    `id` is new for each cause. Each mail is a subject of its own: one that can't be delivered must not hold up the next
    one, to an address that was corrected.
    """

    kind: ClassVar[str] = "people.send-account-mail"
    id: str
    template: MailTemplate
    person_id: str
    email: str
    asked_at: datetime

    def key(self) -> str:
        return f"account-mail/{self.id}"

    def subject(self) -> str:
        return self.key()


class SendSignUpAnswer(OutboxTask):
    """Mail what administrators answered to a request for an account. Whoever asked has no account, and what the request
    said of them may be deleted by now: so all that the mail says is here."""

    kind: ClassVar[str] = "people.send-sign-up-answer"
    id: str
    accepted: bool
    answer: str
    email: str
    language: str
    site: str
    answered_at: datetime

    def key(self) -> str:
        return f"sign-up-answer/{self.id}"

    def subject(self) -> str:
        return self.key()
