"""People, groups, accounts and tokens as JSON."""

from __future__ import annotations

from bus.rpc.context import coming_from
from contracts.common import Page
from contracts.people import (
    Account,
    ChangeProfile,
    CreateGroup,
    CreateToken,
    GroupLine,
    GroupView,
    Membership,
    NewToken,
    PersonCard,
    Profile,
    SetGroupText,
    TokenView,
)
from core.audience import Viewer
from gateway.api.common import language_in_path, whole
from gateway.api.router import Area
from gateway.api.schemas import GroupListQuery, GroupTextBody, MemberBody, MemberQuery, PeopleQuery
from gateway.request_context import services
from gateway.signin.devices import origin_of

area = Area("people")


@area.post("/tokens", status=201, open_to_all=True)
def create_token(viewer: Viewer, body: CreateToken) -> NewToken:
    """Create a token by name and password. Its secret is shown only now."""
    with coming_from(origin_of(body.name)):
        return services().people.create_token(viewer, body)


@area.get("/tokens")
def list_tokens(viewer: Viewer) -> Page[TokenView]:
    """One's own tokens, without their secrets."""
    return whole(services().people.tokens(viewer))


@area.delete("/tokens/{token_id}")
def revoke_token(viewer: Viewer, token_id: str) -> None:
    """Revoke a token."""
    services().people.revoke_token(viewer, token_id)


@area.get("/me")
def get_me(viewer: Viewer) -> Account:
    """One's own account."""
    return services().people.me(viewer)


@area.patch("/me")
def change_me(viewer: Viewer, body: ChangeProfile) -> Account:
    """Change one's own profile."""
    return services().people.change_profile(viewer, body)


@area.get("/people")
def list_people(viewer: Viewer, query: PeopleQuery) -> Page[PersonCard]:
    """All people; with `ids` or `names` the cards of these."""
    people = services().people
    if not query.ids and not query.names:
        return people.people(viewer, query.cursor, query.limit)
    by_id = people.cards(viewer, query.ids) if query.ids else []
    by_name = people.cards_by_name(viewer, query.names) if query.names else []
    return whole({card.id: card for card in (*by_id, *by_name)}.values())


@area.get("/people/{name}")
def get_person(viewer: Viewer, name: str) -> Profile:
    """Somebody's public profile."""
    return services().people.person(viewer, name)


@area.get("/groups")
def list_groups(viewer: Viewer, query: GroupListQuery) -> Page[GroupLine]:
    """The groups that one may know of; with `archived` those that are archived."""
    people = services().people
    if query.archived:
        return people.archived_groups(viewer, query.cursor, query.limit)
    return people.groups(viewer, query.cursor, query.limit)


@area.post("/groups", status=201, location="/groups/{slug}")
def create_group(viewer: Viewer, body: CreateGroup) -> GroupView:
    """Create a group, as its first moderator."""
    return services().people.create_group(viewer, body)


@area.get("/groups/{slug}")
def get_group(viewer: Viewer, slug: str) -> GroupView:
    """One group."""
    return services().people.group(viewer, slug)


@area.put("/groups/{slug}/texts/{lang}")
def set_group_text(viewer: Viewer, slug: str, lang: str, body: GroupTextBody) -> GroupView:
    """Write a group's name and description in one language (its moderators)."""
    command = SetGroupText(language=language_in_path(lang), name=body.name, about=body.about)
    return services().people.set_group_text(viewer, slug, command)


@area.post("/groups/{slug}/join")
def join_group(viewer: Viewer, slug: str) -> GroupView:
    """Join an open group, or ask to join a closed one."""
    return services().people.join(viewer, slug)


@area.get("/groups/{slug}/members")
def list_members(viewer: Viewer, slug: str, query: MemberQuery) -> Page[Membership]:
    """A group's members and moderators; `state=requested`: requests to join (its moderators)."""
    return services().people.members(viewer, slug, query.state, query.cursor, query.limit)


@area.put("/groups/{slug}/members/{name}")
def set_member(viewer: Viewer, slug: str, name: str, body: MemberBody) -> Membership:
    """Admit, promote or demote somebody; who has not asked to join is invited, and their state is `none` until they
    accept (the group's moderators)."""
    return services().people.set_member(viewer, slug, name, body.state)


@area.delete("/groups/{slug}/members/{name}")
def remove_member(viewer: Viewer, slug: str, name: str) -> None:
    """Leave the group, if `name` is one's own; else reject a request or remove a member (the group's moderators)."""
    services().people.remove_member(viewer, slug, name)
