"""Writes the demo's people, groups, categories and follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from contracts.notify import FollowKind
from contracts.people import ChangeProfile, CreateGroup, Register, SetGroupText
from contracts.validation import parse
from services.notify import actions as notify
from services.people import actions as people
from services.people.actions import invitations
from space.demo import model
from space.demo.context import SYSTEM, DemoContext, progress, writing
from space.demo.passwords import make_passwords
from space.seed import write_blog_categories, write_forum_categories

STARTED_DAYS_AGO = 120.0


def write_people(context: DemoContext) -> None:
    passwords = make_passwords(context.system.settings)
    with writing(context.system.databases["people"]) as write:
        for number, person in enumerate(progress(model.people(), "people")):
            moment = context.ago(STARTED_DAYS_AGO - number * 0.4)
            known = passwords.get(person.name)
            command = parse(
                Register,
                {
                    "name": person.name,
                    "password": known or "not used at all",
                    "languages": person.languages,
                },
            )
            # The others get no valid password: nobody is meant to sign in as them.
            signed_in = write(moment, people.register, SYSTEM, command, None if known else "")
            viewer = signed_in.viewer
            context.users.ids[person.name] = viewer.person_id or ""
            context.users.roles[person.name] = frozenset(person.roles)
            context.users.languages[person.name] = tuple(person.languages)
            place = person.place
            write(
                moment,
                people.change_profile,
                viewer,
                ChangeProfile(
                    # These are the accounts to try the demo with: they should not start in French or German.
                    interface_language="en" if known else None,
                    display_name=person.display_name,
                    about=person.about,
                    place_name=place.city if place else "",
                    place_country=place.country if place else "",
                ),
            )
            for role in person.roles:
                if role != "member":
                    write(moment, people.grant_role, SYSTEM, person.name, role, True)


def write_groups(context: DemoContext) -> None:
    with writing(context.system.databases["people"]) as write:
        for number, group in enumerate(model.groups()):
            moment = context.ago(STARTED_DAYS_AGO - 15 - number)
            creator, *others = group.moderators
            made = write(
                moment,
                people.create_group,
                context.users.viewer(creator),
                CreateGroup(
                    slug=group.slug,
                    kind=group.kind,
                    language=group.language,
                    name=group.name,
                    about=group.about,
                ),
            )
            context.users.group_ids[group.slug] = made.id
            context.users.join(creator, group.slug, moderator=True)
            head = context.users.viewer(creator)
            for language, words in group.versions.items():
                text = SetGroupText(language=language, name=words.name, about=words.about)
                write(moment, people.set_group_text, head, group.slug, text)
            # Moderators of closed groups accept requests; those of hidden groups invite people.
            for name in [*others, *group.members]:
                if name == creator:
                    continue
                moderator = name in others
                person = context.users.viewer(name)
                if group.kind == "hidden":
                    write(moment, invitations.invite, head, made.slug, name)
                    write(moment, invitations.answer_invitation, person, made.slug, True)
                else:
                    write(moment, people.join, person, group.slug)
                if group.kind == "closed" or moderator:
                    state: Literal["moderator", "member"] = "moderator" if moderator else "member"
                    write(moment, people.set_member, head, group.slug, name, state)
                context.users.join(name, group.slug, moderator)
            for name in group.requests:
                write(context.ago(1), people.join, context.users.viewer(name), group.slug)


def write_categories(context: DemoContext) -> None:
    write_blog_categories(context.system.databases["blog"], context.ago(STARTED_DAYS_AGO))
    write_forum_categories(context.system.databases["forum"], context.ago(STARTED_DAYS_AGO))


def write_follows(context: DemoContext) -> None:
    with writing(context.system.databases["notify"]) as write:
        for follow in model.follows():
            kind: FollowKind = follow.kind
            write(
                context.ago(100),
                notify.follow,
                context.users.viewer(follow.person),
                kind,
                _followed_id(context, kind, follow.id),
                "watching",
            )


def _followed_id(context: DemoContext, kind: str, name: str) -> str:
    lookup: dict[str, Callable[[], str]] = {
        "person": lambda: context.users.ids[name],
        "group": lambda: context.users.group_ids[name],
        "topic": lambda: context.topic_ids[name],
    }
    return lookup[kind]() if kind in lookup else name
