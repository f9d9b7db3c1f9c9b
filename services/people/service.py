"""The entrypoints of the people service: accounts, sessions, profiles, roles, groups and members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bus.entrypoints import call
from bus.service import Service
from contracts.common import Cursor, Page, PageSize
from contracts.people import (
    Account,
    ChangePassword,
    ChangeProfile,
    CreateGroup,
    CreateToken,
    GroupLine,
    GroupView,
    Membership,
    MemberState,
    NewToken,
    PeopleApi,
    PersonCard,
    Profile,
    Register,
    SetGroupText,
    SignedIn,
    SignIn,
    TokenView,
)
from core.audience import Role, Viewer
from services.people import actions, queries
from services.people.actions import sign_in, stale
from services.people.actions.descriptions import recook_groups, recook_people


class PeopleService(Service):
    """Calls; `contracts.people.PeopleApi` documents them.

    A call that returns a token does not use `write`, which stores results for repeated requests: the token
    would stay readable.
    """

    name = "people"
    api = PeopleApi
    publishers = stale.PUBLISHERS
    recooks = (recook_people, recook_groups)

    @call
    def register(self, viewer: Viewer, command: Register) -> SignedIn:
        return sign_in.register(self.resources.database, viewer, command)

    @call
    def sign_in(self, viewer: Viewer, command: SignIn) -> SignedIn:
        return sign_in.sign_in(self.resources.database, viewer, command)

    @call
    def sign_out(self, viewer: Viewer, token: str) -> None:
        self.write(actions.sign_out, viewer, token)

    @call
    def viewer_of_session(self, viewer: Viewer, token: str) -> Viewer | None:
        return sign_in.viewer_of_session(self.resources.database, viewer, token)

    @call
    def viewer_of_token(self, viewer: Viewer, token: str) -> Viewer | None:
        return sign_in.viewer_of_token(self.resources.database, viewer, token)

    @call
    def create_token(self, viewer: Viewer, command: CreateToken) -> NewToken:
        return sign_in.create_token(self.resources.database, viewer, command)

    @call
    def tokens(self, viewer: Viewer) -> list[TokenView]:
        return self.read(queries.tokens, viewer)

    @call
    def revoke_token(self, viewer: Viewer, token_id: str) -> None:
        self.write(actions.revoke_token, viewer, token_id)

    @call
    def me(self, viewer: Viewer) -> Account:
        return self.read(queries.me, viewer)

    @call
    def change_profile(self, viewer: Viewer, command: ChangeProfile) -> Account:
        return self.write(actions.change_profile, viewer, command)

    @call
    def change_password(self, viewer: Viewer, command: ChangePassword) -> SignedIn:
        return sign_in.change_password(self.resources.database, viewer, command)

    @call
    def grant_role(self, viewer: Viewer, name: str, role: Role, held: bool) -> Profile:
        return self.write(actions.grant_role, viewer, name, role, held)

    @call
    def person(self, viewer: Viewer, name: str) -> Profile:
        return self.read(queries.person, viewer, name)

    @call
    def cards(self, viewer: Viewer, ids: list[str]) -> list[PersonCard]:
        return self.read(queries.cards, viewer, ids)

    @call
    def cards_by_name(self, viewer: Viewer, names: list[str]) -> list[PersonCard]:
        return self.read(queries.cards_by_name, viewer, names)

    @call
    def people(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[PersonCard]:
        return self.read(queries.people, viewer, after, limit)

    @call
    def create_group(self, viewer: Viewer, command: CreateGroup) -> GroupView:
        return self.write(actions.create_group, viewer, command)

    @call
    def set_group_text(self, viewer: Viewer, slug: str, command: SetGroupText) -> GroupView:
        return self.write(actions.set_group_text, viewer, slug, command)

    @call
    def groups(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[GroupLine]:
        return self.read(queries.groups, viewer, after, limit)

    @call
    def group(self, viewer: Viewer, slug: str) -> GroupView:
        return self.read(queries.group, viewer, slug)

    @call
    def groups_by_id(self, viewer: Viewer, ids: list[str]) -> list[GroupLine]:
        return self.read(queries.groups_by_id, viewer, ids)

    @call
    def members(
        self, viewer: Viewer, slug: str, state: MemberState | None, after: Cursor | None, limit: PageSize
    ) -> Page[Membership]:
        return self.read(queries.members, viewer, slug, state, after, limit)

    @call
    def join(self, viewer: Viewer, slug: str) -> GroupView:
        return self.write(actions.join, viewer, slug)

    @call
    def leave(self, viewer: Viewer, slug: str) -> None:
        self.write(actions.leave, viewer, slug)

    @call
    def set_member(
        self, viewer: Viewer, slug: str, name: str, state: Literal["member", "moderator"]
    ) -> Membership:
        return self.write(actions.set_member, viewer, slug, name, state)

    @call
    def remove_member(self, viewer: Viewer, slug: str, name: str) -> None:
        self.write(actions.remove_member, viewer, slug, name)


if TYPE_CHECKING:
    _: type[PeopleApi] = PeopleService
