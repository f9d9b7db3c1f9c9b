"""Makes the contract's views of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import cast, get_args

from contracts.passkeys import PasskeyView
from contracts.people import (
    Account,
    GroupKind,
    GroupLine,
    GroupState,
    GroupText,
    GroupView,
    LanguagesChanged,
    Membership,
    MemberState,
    PersonCard,
    PersonState,
    Place,
    Profile,
    ProfileField,
    SessionView,
    TokenView,
    words_leave,
)
from contracts.wiki_accounts import WikiAccountView
from core.audience import STRANGER, Role, Viewer, group_audience, group_of
from core.columns import AnyRow
from core.cooked_columns import current_html
from core.languages import choose
from services.people import own_rules, rules
from services.people.passkey_tables import Passkey
from services.people.passwords import session_id
from services.people.tables import ApiToken, BrowserSession, Group, Member, Person
from services.people.wiki_tables import WikiAccount
from services.shared.views import view_of

_ROLES: tuple[Role, ...] = get_args(Role)


def roles(person: Person) -> list[Role]:
    """A person's roles: `member`, which everybody has, then others in the contract's order."""
    return in_order(each.role for each in person.roles_held if not each.part)


def in_order(held: Iterable[str]) -> list[Role]:
    """These roles for the whole site and `member`, in the contract's order."""
    held = {"member", *held}
    return [role for role in _ROLES if role in held]


def delegated(person: Person, groups: Collection[str]) -> list[str]:
    """A person's roles for parts of the site, as viewers have them. `groups` are those that they are in: in any other a
    role is nothing."""
    parts = [each for each in person.roles_held if each.part]
    inside = set(map(group_audience, groups)) if parts else set()
    return [
        f"{each.role}:{each.part}" for each in parts if group_of(each.part) is None or each.part in inside
    ]


def place(person: Person) -> Place | None:
    """A person's place, as they gave it."""
    if not person.place_name and not person.place_country:
        return None
    return Place(name=person.place_name, country=person.place_country)


def card(person: Person | AnyRow, ambiguous: Collection[str], held: list[Role]) -> PersonCard:
    """A person's name and id, for lists, with the roles that they hold. `ambiguous`: the ids of people whose display
    name looks like another's."""
    return PersonCard(
        id=person.id,
        name=person.name,
        display_name=person.display_name or person.name,
        shown_name=rules.shown_name(person.name, person.display_name, person.id in ambiguous),
        roles=held,
        vanished=person.vanished_at is not None,
    )


def profile(
    person: Person,
    groups: list[GroupLine],
    ambiguous: Collection[str],
    shown: Collection[ProfileField],
    wiki_account: WikiAccount | None,
) -> Profile:
    """A person's profile, with the fields that are `shown` to the viewer, and those of their `groups` that the viewer
    may know of."""
    wiki_name = wiki_account.username if wiki_account and "wiki_name" in shown else None
    return Profile(
        **card(person, ambiguous, roles(person)).model_dump(),
        languages=person.languages if "languages" in shown else [],
        pronouns=person.pronouns if "pronouns" in shown else "",
        place=place(person) if "place" in shown else None,
        website=person.website if "website" in shown else "",
        wiki_name=wiki_name or "",
        about=person.about if "about" in shown else "",
        html=current_html(person) if "about" in shown else None,
        joined_at=person.joined_at,
        groups=groups,
    )


def account(
    person: Person,
    groups: list[GroupLine],
    ambiguous: Collection[str],
    recovery_codes: int,
    app: bool,
    passkeys: Sequence[Passkey],
    wiki_account: WikiAccount | None,
) -> Account:
    """A person's own account. `app`: whether it asks for codes of an authenticator app."""
    return Account(
        **profile(person, groups, ambiguous, own_rules.FIELDS, wiki_account).model_dump(),
        field_audiences=own_rules.audiences_of(person.field_audiences),
        email=person.email,
        new_email=person.new_email,
        new_email_refused=person.new_email is not None and person.new_email_refused,
        second_factor=app or bool(passkeys),
        recovery_codes=recovery_codes,
        authenticator_app=app,
        passkeys=[view_of(PasskeyView, each) for each in passkeys],
        has_password=bool(person.password_hash),
        wiki_account=view_of(WikiAccountView, wiki_account) if wiki_account else None,
        interface_language=person.interface_language,
    )


def person_state(person: Person, ambiguous: Collection[str]) -> PersonState:
    """A person, for their events: of the profile what everybody sees."""
    shown = own_rules.fields_shown(person.field_audiences, person.id, (), STRANGER)
    reads = "languages" in shown
    return PersonState(
        **card(person, ambiguous, roles(person)).model_dump(),
        languages=person.languages if reads else [],
        place=place(person) if "place" in shown else None,
        about=person.about if "about" in shown else "",
        interface_language=person.interface_language if reads else None,
        joined_at=person.joined_at,
    )


def hidden_languages(person: Person) -> LanguagesChanged | None:
    """The event of somebody whose languages `person_state` leaves out; None of anybody else."""
    if "languages" in own_rules.fields_shown(person.field_audiences, person.id, (), STRANGER):
        return None
    return LanguagesChanged(person_id=person.id, languages=languages_read(person))


def languages_read(person: Person) -> list[str]:
    """The languages that a person reads, the preferred one first."""
    wanted = [person.interface_language, *person.languages]
    return list(dict.fromkeys(code for code in wanted if code))


def session_view(row: BrowserSession, current: bool) -> SessionView:
    """A session without its secret."""
    return SessionView(
        id=session_id(row.token_hash),
        browser=row.browser,
        created_at=row.created_at,
        last_used_on=row.last_used_on or row.created_at.date(),
        current=current,
    )


def token_view(token: ApiToken) -> TokenView:
    """A token without its secret."""
    return view_of(TokenView, token)


def texts(group: Group) -> list[GroupText]:
    """A group's names and descriptions, by language code."""
    found = sorted(group.texts, key=lambda each: each.language)
    return [GroupText(language=each.language, name=each.name, about=each.about) for each in found]


def group_state(group: Group) -> GroupState:
    """A group, for its events."""
    return view_of(GroupState, group, texts=texts(group), archived=group.archived_at is not None)


def group_line(group: Group, slug: str, my_state: MemberState, languages: Sequence[str]) -> GroupLine:
    """A group in a list, in the first of `languages` that it has, else in its own. `slug` leads the viewer to it."""
    language = choose([each.language for each in group.texts], languages, group.language)
    words = next(each for each in group.texts if each.language == language)
    counted = rules.may_see_members(group.kind, group.members_shown, my_state)
    return GroupLine(
        id=group.id,
        slug=slug,
        name=words.name,
        about=words.about,
        excerpt=words.excerpt,
        html=current_html(words),
        language=language,
        kind=cast(GroupKind, group.kind),
        members=group.members if counted else 0,
        my_state=my_state,
        audience=group_audience(group.id),
        archived=group.archived_at is not None,
        members_shown=group.members_shown,
    )


def group_view(
    group: Group, slug: str, viewer: Viewer, my_state: MemberState, requests: int, invited: bool
) -> GroupView:
    """One group, for a viewer whose state in it is `my_state`. `slug` leads the viewer to it."""
    archived = group.archived_at is not None
    return GroupView(
        **group_line(group, slug, my_state, viewer.languages).model_dump(),
        created_at=group.created_at,
        original_language=group.language,
        texts=texts(group),
        requests=requests,
        words_by_mail=words_leave(group.kind, group.words_by_mail),
        may_join=rules.may_join(viewer, my_state, archived),
        may_leave=my_state != "none",
        may_read=my_state in rules.INSIDE,
        may_moderate=rules.may_moderate(viewer, my_state),
        may_see_members=rules.may_see_members(group.kind, group.members_shown, my_state),
        may_take_up=rules.may_take_up(viewer, group.kind, archived, group.archived_by is not None, my_state),
        invited=invited,
    )


def membership(
    member: Member, person: Person, viewer: Viewer, my_state: MemberState, ambiguous: Collection[str]
) -> Membership:
    """One person's membership, for a viewer whose state in the group is `my_state`."""
    return Membership(
        person=card(person, ambiguous, roles(person)),
        state=cast(MemberState, member.state),
        since=member.since,
        may_manage=rules.may_manage(viewer, my_state, person.id),
        words=member.words if rules.may_moderate(viewer, my_state) else "",
    )
