"""The tables of people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from core.columns import Json, Moment
from core.cooked_columns import CookedColumns
from core.shared_columns import AdministrationColumns


class Base(DeclarativeBase):
    """Base of the tables of people."""


class Person(CookedColumns, Base):
    """A person with an account. `name_key` is the name's normal form, in which it is unique.

    `password_hash` is Argon2's encoded form; no password matches an empty one. `email` was confirmed, and `email_key`
    is what it is found by; `new_email` waits to be confirmed; a mail server may have refused it. `html` is made of
    `about`, with links to wikis in the first of the person's `languages`. `field_audiences`: who sees a field, where
    the person has chosen (`own_rules.audiences_of`). `renamed_at`: when they last took another
    name by themselves. `vanishes_at`: they asked to leave, and will, unless they sign in before; `vanished_at`: they
    have, and the row says nothing of them any more. `silenced_until`, `suspended_until`: the latest ends of what the
    decisions that stand (`case_tables.CaseDecision`) say of them.
    """

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    display_name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(200))
    email_key: Mapped[str | None] = mapped_column(String(400), index=True)
    new_email: Mapped[str | None] = mapped_column(String(200))
    new_email_refused: Mapped[bool] = mapped_column(default=False, server_default=false())
    languages: Mapped[list[str]] = mapped_column(Json)
    interface_language: Mapped[str | None] = mapped_column(String(20))
    place_name: Mapped[str] = mapped_column(String(100))
    place_country: Mapped[str] = mapped_column(String(2))
    pronouns: Mapped[str] = mapped_column(String(40), default="", server_default="")
    website: Mapped[str] = mapped_column(String(200), default="", server_default="")
    about: Mapped[str] = mapped_column(Text)
    field_audiences: Mapped[dict[str, str]] = mapped_column(Json, default=dict, server_default="{}")
    joined_at: Mapped[datetime] = mapped_column(Moment)
    renamed_at: Mapped[datetime | None] = mapped_column(Moment)
    vanishes_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    vanished_at: Mapped[datetime | None] = mapped_column(Moment)
    silenced_until: Mapped[datetime | None] = mapped_column(Moment)
    suspended_until: Mapped[datetime | None] = mapped_column(Moment)
    roles_held: Mapped[list[RoleHeld]] = relationship(lazy="selectin", cascade="all, delete-orphan")


class NameLookAlike(Base):
    """A key (`core.look_alikes`) of an account's name.

    Of accounts that looked alike before there were keys, and of those that an import makes, the first has it.
    """

    __tablename__ = "name_look_alike"
    __table_args__ = (Index("name_look_alike_by_person", "person_id"),)

    key: Mapped[str] = mapped_column(String(400), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))


class DisplayLookAlike(Base):
    """A key of a person's display name. Several people may have the same."""

    __tablename__ = "display_look_alike"
    __table_args__ = (Index("display_look_alike_by_person", "person_id"),)

    key: Mapped[str] = mapped_column(String(400), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)


class RoleHeld(Base):
    """A role other than `member`, which everybody has. `part`: the part of the site that it is for, as
    `contracts.administration.PartName` names it, but a group by its id; `""` is everything."""

    __tablename__ = "role_held"
    __table_args__ = (Index("role_held_by_role", "role"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    part: Mapped[str] = mapped_column(String(120), primary_key=True, default="", server_default="")


class Decision(AdministrationColumns, Base):
    """A decision of an administrator about people, or about the site."""

    __tablename__ = "decision"


class SiteVersion(CookedColumns, Base):
    """One version of a text of the site, the newest being the one with the highest `revision`: rows are only added.

    `kind` is one of `contracts.site.SiteKind`, or `sign-up`, whose text is `closed` or empty. `language` is empty for
    what is the same in all. `html` is made of the texts of `/about` and `/conduct`.
    """

    __tablename__ = "site_version"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)
    by_id: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Moment)


class BrowserSession(Base):
    """A signed-in browser. `token_hash` is SHA-256 in hexadecimal; the token itself is not stored. `browser` is a
    family of browsers, and no more than the day of the last use is known."""

    __tablename__ = "browser_session"
    __table_args__ = (
        Index("browser_session_by_person", "person_id"),
        Index("browser_session_by_end", "expires_at"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    browser: Mapped[str] = mapped_column(String(20), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    last_used_on: Mapped[date | None] = mapped_column(Date)


class AccountLink(Base):
    """A link that was mailed to `email`: it confirms that address or sets a password, by its `purpose`, once. The
    secret in it is hashed as a session's is. A mail that is sent again has a link of its own."""

    __tablename__ = "account_link"
    __table_args__ = (
        Index("account_link_by_person", "person_id"),
        Index("account_link_by_end", "expires_at"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(Moment)


class SecondFactor(Base):
    """What makes the codes of a person's authenticator app (`totp`), encrypted (`sealing`); it counts from
    `confirmed_at`. `last_step` is the step of the last code that was used."""

    __tablename__ = "second_factor"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    last_step: Mapped[int] = mapped_column(Integer)


class RecoveryCode(Base):
    """A code, hashed with its person's id, that is taken once in place of one of the app."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index("recovery_code_by_person", "person_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))


class SignInChallenge(Base):
    """A sign-in whose password was right and that waits for a code."""

    __tablename__ = "sign_in_challenge"
    __table_args__ = (
        Index("sign_in_challenge_by_person", "person_id"),
        Index("sign_in_challenge_by_end", "expires_at"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(Moment)


class ApiToken(Base):
    """An API token, hashed as a browser session's is."""

    __tablename__ = "api_token"
    __table_args__ = (Index("api_token_by_person", "person_id", "id"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(80))
    scopes: Mapped[list[Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    last_used_on: Mapped[date | None] = mapped_column(Date)


class SignInWindow(Base):
    """Attempts to sign in with one name from one place since `since`. Both are hashed, since some type a password as
    the name; a row is deleted a quarter of an hour later."""

    __tablename__ = "sign_in_window"
    __table_args__ = (Index("sign_in_window_by_since", "since"),)

    name_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(Integer)


class SpentAllowance(Base):
    """What was spent of an allowance (`services.shared.limits`) of a name or a network: whole again at `whole_at`, when
    the row is deleted. `key` is a hash."""

    __tablename__ = "spent_allowance"
    __table_args__ = (Index("spent_allowance_by_whole_at", "whole_at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    whole_at: Mapped[datetime] = mapped_column(Moment)


class Group(Base):
    """A group. `members` counts members and moderators. `members_shown`: those outside see who they are. `archived_by`:
    the decision of the site's moderators that archived it, if one did. `words_by_mail`: as in
    `contracts.people.GroupState`."""

    __tablename__ = "space_group"
    __table_args__ = (Index("space_group_by_founder", "founder_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(20))
    founder_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    members: Mapped[int] = mapped_column(Integer)
    members_shown: Mapped[bool] = mapped_column(default=True, server_default=true())
    words_by_mail: Mapped[bool | None]
    archived_at: Mapped[datetime | None] = mapped_column(Moment)
    archived_by: Mapped[str | None] = mapped_column(String(16))
    texts: Mapped[list[GroupWords]] = relationship(lazy="selectin", cascade="all, delete-orphan")


class GroupAddress(Base):
    """A slug by which those inside a hidden group reach it: the one that its founder chose, and former ones.

    Outsiders don't find the group by it, so it is not unique: a public group, or another hidden one, may have it too.
    """

    __tablename__ = "group_address"
    __table_args__ = (Index("group_address_by_group", "group_id"),)

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("space_group.id", ondelete="CASCADE"), primary_key=True)


class GroupWords(CookedColumns, Base):
    """A group's name and description in one language. `html` and `excerpt` are made of `about`."""

    __tablename__ = "group_words"

    group_id: Mapped[str] = mapped_column(ForeignKey("space_group.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    about: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(300), default="", server_default="")


class Member(Base):
    """A person in a group, or who asked to join: `state` is `requested`, `member` or `moderator`. `words`: what they
    wrote with the request, while it waits."""

    __tablename__ = "member"
    __table_args__ = (
        Index("member_by_person", "person_id"),
        Index("member_by_group", "group_id", "since", "person_id"),
    )

    group_id: Mapped[str] = mapped_column(ForeignKey("space_group.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    since: Mapped[datetime] = mapped_column(Moment)
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    person: Mapped[Person] = relationship(lazy="raise")


class GroupInvitation(Base):
    """An invitation to a group; of one that was declined it is stored for a while, so that it is not made again.

    A `withheld` one is by somebody whom the person has blocked: it is open for the group's moderators, and the person
    never learns of it."""

    __tablename__ = "group_invitation"
    __table_args__ = (
        UniqueConstraint("group_id", "person_id", name="group_invitation_once"),
        Index("group_invitation_by_person", "person_id"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("space_group.id", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    by_id: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Moment)
    declined_at: Mapped[datetime | None] = mapped_column(Moment)
    withheld: Mapped[bool] = mapped_column(default=False, server_default=false())
