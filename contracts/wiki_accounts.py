"""people, another part: accounts of a wiki that people sign in with (OAuth 2).

The gateway talks to the wiki, and says here who somebody is there. Only the gateway may call these methods, as all that
name a viewer: `bus.rpc.signing`.
"""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import AwareDatetime, Field, SecretStr, StringConstraints

from contracts.common import CLEAN_LINE, Command, LanguageCode, View, also_silenced, needs_scope
from contracts.credentials import Password, PersonName, Secret
from contracts.signing_in import SignedIn
from core.audience import Viewer


class WikiIdentity(Command):
    """Who somebody is on a wiki, as its answer to the gateway said.

    `wiki` is the address of its scripts. `central_id` never changes; `username` may, and is None for a hidden user.
    `edits` and `blocked` decide who starts as trusted, and are not stored.
    """

    wiki: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    central_id: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,19}$")]
    username: Annotated[str, StringConstraints(min_length=1, max_length=255), CLEAN_LINE] | None = None
    edits: Annotated[int, Field(ge=0)] = 0
    blocked: bool = False


class WikiAccountView(View):
    """The wiki account that one's own account is linked to; `username` is None for a hidden user."""

    wiki: str
    username: str | None = None
    linked_at: AwareDatetime


class RegisterWithWiki(Command):
    """Sign up with a wiki account. Without a `name` the account gets that of the wiki account, as far as names here may
    be the same; with spaces as `_`.

    Raises what `Register` does of names, closed sign-up and the code of an `invitation`, and
    `Conflict("wiki-account-taken")` if the wiki account is linked already.
    """

    identity: WikiIdentity
    name: PersonName | None = None
    languages: list[LanguageCode] = []
    invitation: Secret = SecretStr("")


class LinkWikiAccount(Command):
    """Link a wiki account to one's own account. Faults: `password-wrong`. Raises `Conflict("wiki-account-taken")` if it
    is linked to another account, `Conflict("wiki-account-other")` if the own account is linked to another one."""

    identity: WikiIdentity
    password: Secret


class SetFirstPassword(Command):
    """Give one's own account, which has none, a password. `identity` proves who asks: it must be the linked one.

    Raises `Forbidden("wiki-account-unknown")` if it is not, and `Conflict("password-set")`. Faults as in `Register`.
    """

    identity: WikiIdentity
    new: Password


class WikiAccountsApi(Protocol):
    """The calls of people on wiki accounts."""

    @needs_scope(None)
    def sign_in_with_wiki(self, viewer: Viewer, identity: WikiIdentity) -> SignedIn:
        """Sign in to the account that a wiki account is linked to. Raises `Forbidden("wiki-account-unknown")` if there
        is none; `Forbidden("code-needed")`, with the `challenge` for `SignInWithCode` and the account's `name`; and
        `Forbidden("suspended")` as `sign_in` does."""

    @needs_scope(None)
    def register_with_wiki(self, viewer: Viewer, command: RegisterWithWiki) -> SignedIn: ...
    @also_silenced
    def link_wiki_account(self, viewer: Viewer, command: LinkWikiAccount) -> None: ...
    @also_silenced
    def unlink_wiki_account(self, viewer: Viewer) -> None:
        """Undo the link. Raises `Conflict("last-way-in")` if the account has no password."""

    @also_silenced
    def set_first_password(self, viewer: Viewer, command: SetFirstPassword) -> SignedIn:
        """All other sessions end, as with every new password."""
