"""Requests for an account, by people with a wiki account, on a site where only the invited sign up."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.administration import Reason
from contracts.common import (
    CLEAN_TEXT,
    Command,
    Cursor,
    LanguageCode,
    Page,
    PageSize,
    View,
    needs_scope,
    safe,
)
from contracts.wiki_accounts import WikiIdentity
from core.audience import Viewer

RequestState = Literal["waiting", "accepted", "declined"]


class AskForAccount(Command):
    """Ask the administrators for an account. `words` are for them alone; to `email`, if there is one, the answer goes
    in `language`, and it is the account's address, to be confirmed, once there is one.

    Faults: `email-shape`. Raises `Forbidden("sign-up-closed")` where not even the invited sign up,
    `Conflict("wiki-account-taken")`, `Conflict("sign-up-declined")` as long as the answer to the last request is kept,
    and `TooMany("sign-up-requests-too-many")`.
    """

    identity: WikiIdentity
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), CLEAN_TEXT] = ""
    email: Annotated[str, StringConstraints(max_length=200)] = ""
    language: LanguageCode


class OwnSignUpRequest(View):
    """What has become of a request, for who asked. It is kept until `expires_at`; an accepted one is used up by the
    sign-in that makes the account. `answer` is what the administrators say to it."""

    state: RequestState
    asked_at: AwareDatetime
    expires_at: AwareDatetime
    answer: str = ""


class SignUpRequest(View):
    """A request that waits for administrators. `username` is the name at the wiki, None for a hidden user. `has_email`:
    the answer is mailed."""

    id: str
    wiki: str
    username: str | None = None
    words: str = ""
    has_email: bool = False
    asked_at: AwareDatetime
    expires_at: AwareDatetime


class AnswerSignUpRequest(Command):
    """Let somebody have an account, or not. Who asked reads the `reason`, and it is in the log."""

    accepted: bool
    reason: Reason


class SignUpRequests(Protocol):
    """The calls about such requests, a part of `contracts.people.PeopleApi`. The viewer of the first three counts for
    nothing: who asks is whom the wiki named to the gateway."""

    @needs_scope(None)
    def ask_for_account(self, viewer: Viewer, command: AskForAccount) -> OwnSignUpRequest:
        """Ask; who has a request that waits keeps it as it is."""

    @safe
    @needs_scope(None)
    def own_sign_up_request(self, viewer: Viewer, identity: WikiIdentity) -> OwnSignUpRequest | None:
        """The request of a wiki account."""

    @needs_scope(None)
    def withdraw_sign_up_request(self, viewer: Viewer, identity: WikiIdentity) -> None:
        """Delete a request that waits, or was accepted."""

    @safe
    def sign_up_requests(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[SignUpRequest]:
        """Those that wait, the newest first, for administrators."""

    @needs_scope("moderate")
    def answer_sign_up_request(self, viewer: Viewer, request_id: str, command: AnswerSignUpRequest) -> None:
        """Answer, as an administrator. Raises `NotFound` if it waits no more."""


__all__ = [
    "AnswerSignUpRequest", "AskForAccount", "OwnSignUpRequest", "RequestState", "SignUpRequest", "SignUpRequests",
]  # fmt: skip
