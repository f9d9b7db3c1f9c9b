"""Reads of accounts, sessions and tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, bindparam, select, tuple_
from sqlalchemy.orm import Session

from contracts.common import Cursor, Page, PageSize
from contracts.errors import invalid
from contracts.people import Account, PersonCard, Profile, TokenView
from core import clock
from core.audience import Viewer
from core.columns import AnyRow, AnySelect
from services.people import own_rules, rules, views
from services.people.passwords import token_hash
from services.people.queries.former_names import person_once_named
from services.people.queries.groups import groups_of_person, person_named
from services.people.queries.look_alikes import ambiguous
from services.people.queries.passkeys import passkeys_of
from services.people.queries.second_factor import recovery_codes_left, second_factor_of
from services.people.queries.trust import is_new
from services.people.queries.wiki_accounts import wiki_account_of
from services.people.tables import ApiToken, BrowserSession, Group, Member, Person, RoleHeld
from services.shared.authorisation import signed_in
from services.shared.ids import checked_ids, is_id

# Of tables, not of mapped classes: that takes a third of the time, and some people are in hundreds of groups.
_MEMBER: Any = Member.__table__
_GROUP: Any = Group.__table__
_PERSON: Any = Person.__table__
_ROLE: Any = RoleHeld.__table__
_CARD = (_PERSON.c.id, _PERSON.c.name, _PERSON.c.display_name, _PERSON.c.vanished_at)
_IDS = bindparam("ids", type_=String, expanding=True)
_CARDS: AnySelect = select(*_CARD).where(_PERSON.c.id.in_(_IDS))
_CARDS_BY_NAME: AnySelect = select(*_CARD).where(
    _PERSON.c.name_key.in_(bindparam("keys", type_=String, expanding=True))
)
_ROLES: AnySelect = select(_ROLE.c.person_id, _ROLE.c.role).where(
    _ROLE.c.person_id.in_(_IDS), _ROLE.c.part == ""
)
_INSIDE: AnySelect = (
    select(_MEMBER.c.group_id, _MEMBER.c.state, _GROUP.c.archived_at)
    .join(_GROUP, _GROUP.c.id == _MEMBER.c.group_id)
    .where(_MEMBER.c.person_id == bindparam("person_id"), _MEMBER.c.state.in_(rules.INSIDE))
)


def password_of(session: Session, name: str) -> tuple[str, str] | None:
    """The id and password hash of the person with this name."""
    found = person_named(session, name)
    return (found.id, found.password_hash) if found else None


def viewer_of_person(session: Session, person: Person, scopes: Iterable[str] | None = None) -> Viewer:
    """The viewer that other services get for a person: roles, groups, and the languages they read."""
    inside = session.execute(_INSIDE, {"person_id": person.id}).all()
    held = frozenset(scopes) if scopes is not None else None
    if rules.lasts(person.silenced_until):
        held = rules.scopes_of_silenced(held)
    roles = views.roles(person)
    if roles == ["member"] and is_new(session, person.id):
        roles = []
    groups = frozenset(group_id for group_id, *_ in inside)
    powers = rules.may_moderate_by(held)
    return Viewer(
        person_id=person.id,
        name=person.name,
        roles=rules.roles_under(held, roles),
        groups=groups,
        moderates=frozenset(group_id for group_id, state, _ in inside if state == "moderator" and powers),
        archived=frozenset(group_id for group_id, _, at in inside if at is not None),
        delegated=frozenset(views.delegated(person, groups) if powers else ()),
        languages=tuple(views.languages_read(person)),
        scopes=held,
    )


def viewer_of_session(session: Session, viewer: Viewer, token: str) -> Viewer | None:
    """The viewer of a browser session; None if it is unknown, has expired, or rests while its person is suspended."""
    person = session.scalar(
        select(Person)
        .join(BrowserSession, BrowserSession.person_id == Person.id)
        .where(BrowserSession.token_hash == token_hash(token), BrowserSession.expires_at > clock.now())
    )
    return viewer_of_person(session, person) if person and not rules.lasts(person.suspended_until) else None


def session_wants_renewal(session: Session, token: str) -> bool:
    """Whether a session is used for the first time in a day (UTC): it is extended, and the day noted."""
    used = session.execute(
        select(BrowserSession.last_used_on).where(BrowserSession.token_hash == token_hash(token))
    ).first()
    return used is not None and used.last_used_on != clock.now().date()


def viewer_of_token(session: Session, viewer: Viewer, token: str) -> Viewer | None:
    """The viewer of an API token; None if it is unknown, has expired, or rests while its person is suspended."""
    found = session.execute(
        select(Person, ApiToken.scopes)
        .join(ApiToken, ApiToken.person_id == Person.id)
        .where(ApiToken.token_hash == token_hash(token), ApiToken.expires_at > clock.now())
    ).first()
    if found is None or rules.lasts(found[0].suspended_until):
        return None
    return viewer_of_person(session, found[0], found[1])


def token_use_is_noted(session: Session, token: str) -> bool:
    """Whether it is stored already that this API token was used today."""
    used = session.scalar(select(ApiToken.last_used_on).where(ApiToken.token_hash == token_hash(token)))
    return used == clock.now().date()


def tokens(session: Session, viewer: Viewer) -> list[TokenView]:
    """One's own API tokens, oldest first."""
    rows = session.scalars(
        select(ApiToken).where(ApiToken.person_id == signed_in(viewer)).order_by(ApiToken.id)
    )
    return [views.token_view(row) for row in rows]


def me(session: Session, viewer: Viewer) -> Account:
    """One's own account."""
    row = rules.known(session.get(Person, signed_in(viewer)))
    return views.account(
        row,
        groups_of_person(session, viewer, row.id),
        ambiguous(session, [row]),
        recovery_codes_left(session, row.id),
        second_factor_of(session, row.id) is not None,
        passkeys_of(session, row.id),
        wiki_account_of(session, row.id),
    )


def person(session: Session, viewer: Viewer, name: str) -> Profile:
    """The public page of a person, also by a name that they had until lately."""
    row = rules.known(person_once_named(session, name))
    shared = select(Member.group_id).where(Member.person_id == row.id, Member.state.in_(rules.INSIDE))
    shared = shared.where(Member.group_id.in_(viewer.groups))
    shown = own_rules.fields_shown(row.field_audiences, row.id, session.scalars(shared).all(), viewer)
    groups = groups_of_person(session, viewer, row.id)
    return views.profile(row, groups, ambiguous(session, [row]), shown, wiki_account_of(session, row.id))


def cards(session: Session, viewer: Viewer, ids: list[str]) -> list[PersonCard]:
    """The cards of those `ids` that exist."""
    wanted = checked_ids(ids, rules.AT_ONCE)
    return cards_of(session, session.execute(_CARDS, {"ids": list(wanted)}).all())


def cards_by_name(session: Session, viewer: Viewer, names: list[str]) -> list[PersonCard]:
    """The cards of the people with these names."""
    keys = rules.checked_names(names)
    return cards_of(session, session.execute(_CARDS_BY_NAME, {"keys": list(keys)}).all())


def people(session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[PersonCard]:
    """All people by name. The cursor is the id of the previous page's last person."""
    return page_by_name(session, [Person.vanished_at.is_(None)], after, limit)


def page_by_name(
    session: Session, which: Sequence[ColumnElement[bool]], after: Cursor | None, limit: PageSize
) -> Page[PersonCard]:
    """A page of people by name. The cursor is the id of the previous page's last person."""
    query: AnySelect = select(*_CARD).where(*which).order_by(Person.name_key, Person.id).limit(limit + 1)
    if after is not None:
        named = select(Person.name_key).where(Person.id == after)
        last = session.scalar(named) if is_id(after) else None
        if last is None:
            raise invalid("after", "cursor-shape")
        query = query.where(tuple_(Person.name_key, Person.id) > (last, after))
    rows = session.execute(query).all()
    more = len(rows) > limit
    return Page(items=cards_of(session, rows[:limit]), next=rows[limit - 1].id if more else None)


def cards_of(session: Session, rows: Sequence[AnyRow]) -> list[PersonCard]:
    """The cards of people of whom `_CARD` was read."""
    if not rows:
        return []
    marked = ambiguous(session, rows)
    held: dict[str, list[str]] = {row.id: [] for row in rows}
    for person_id, role in session.execute(_ROLES, {"ids": list(held)}):
        held[person_id].append(role)
    return [views.card(row, marked, views.in_order(held[row.id])) for row in rows]
