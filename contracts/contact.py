"""people, third part: messages to the site's moderators by people who say to nobody who they are."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import StringConstraints

from contracts.common import CLEAN_TEXT, Command, Event, View, needs_scope
from contracts.credentials import Secret
from core.audience import MEMBERS, Viewer

MessageWords = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), CLEAN_TEXT
]

ContactState = Literal["waiting", "answered", "closed"]
"""Of a conversation, by its last word: the moderators', or else whether they have closed it."""


# Commands


class OpenContact(Command):
    """Write to the moderators for the first time. `code` is 16 digits, which nobody else has, and opens the
    conversation from then on. The same again changes nothing.

    Raises `Conflict("contact-code-taken")` for a code of another conversation, `TooMany("contact-full")`.
    """

    code: Secret
    words: MessageWords


class ReadContact(Command):
    """Open a conversation by its code. Raises `Forbidden("contact-code-wrong")`, also for what is purged by now."""

    code: Secret


class ContinueContact(Command):
    """Write on in a conversation. The same words twice in a row are one message.

    Raises `Forbidden("contact-code-wrong")`, `Conflict("contact-unanswered")` after many without an answer.
    """

    code: Secret
    words: MessageWords


class AnswerContact(Command):
    """Answer a message, as a moderator who has claimed its case."""

    words: MessageWords


# Views


class ContactMessage(View):
    """One message of a conversation. `by_moderators`: it is an answer; to moderators `by_id` says whose.

    Only days are stored, so that a time leads to nobody.
    """

    by_moderators: bool
    on: date
    words: str
    by_id: str | None = None


class ContactView(View):
    """A conversation, as who has the code sees it."""

    state: ContactState
    messages: list[ContactMessage]


# Events


class ContactWaits(Event):
    """A message waits for moderators. `person_ids` are those who may answer it, up to 100."""

    type: ClassVar[str] = "people.contact.waits"
    case_id: str
    person_ids: list[str]

    def subject(self) -> str:
        return f"case/{self.case_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class ContactApi(Protocol):
    """The calls about such messages, a part of `contracts.people.PeopleApi`. The viewer of the first three counts for
    nothing."""

    @needs_scope(None)
    def open_contact(self, viewer: Viewer, command: OpenContact) -> ContactView: ...
    @needs_scope(None)
    def read_contact(self, viewer: Viewer, command: ReadContact) -> ContactView: ...
    @needs_scope(None)
    def continue_contact(self, viewer: Viewer, command: ContinueContact) -> ContactView: ...
    @needs_scope("moderate")
    def answer_contact(self, viewer: Viewer, case_id: str, command: AnswerContact) -> None:
        """Answer. Raises `Conflict("case-not-claimed")`, `Conflict("case-is-no-message")`."""

    @needs_scope("moderate")
    def close_contact(self, viewer: Viewer, case_id: str) -> None:
        """Close the case of a message; it opens again if its writer writes on. Raises as `answer_contact` does."""
