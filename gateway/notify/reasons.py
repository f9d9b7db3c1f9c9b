"""Why a notification came, in words: what its reader follows, or what they have to do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from markupsafe import Markup

from contracts.notify import FollowTarget, NotificationView
from gateway import paths
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.helpers import lang_attrs, person_link
from gateway.i18n import messages
from gateway.notify import phrases
from gateway.notify.phrases import WHY_ITEM
from gateway.request_context import request_context, services, viewer

T = TypeVar("T")

Names = dict[tuple[str, str], Markup]


def names_of(notifications: Sequence[NotificationView]) -> Names:
    """The followed tags, categories, groups, people and searches that these notifications came for, as links."""
    targets = {(one.kind, one.id) for each in notifications for one in each.followed}
    me, api = viewer(), services()
    group_ids = sorted(id for kind, id in targets if kind == "group")
    categories = {id.partition("/")[0] for kind, id in targets if kind == "category"}
    groups, of_talk, of_news = run_concurrently(
        _if(group_ids, optional("people", lambda: api.people.groups_by_id(me, group_ids))),
        _if("talk" in categories, optional("forum", lambda: api.forum.categories(me))),
        _if("news" in categories, optional("blog", lambda: api.blog.categories(me))),
    )
    load_people(*(id for kind, id in targets if kind == "person"))
    names: Names = {}
    for kind, id in targets:
        if kind == "tag":
            names[kind, id] = _link(paths.tag_path(id), id)
        elif kind == "search":
            names[kind, id] = _link(f"{paths.search_path(id)}&sort=newest", id)
        elif kind == "person":
            names[kind, id] = person_link(id)
    for group in groups or ():
        names["group", group.id] = _link(paths.group_path(group.slug), group.name, group.language)
    for category in of_talk or ():
        path = paths.talk_category_path(category.slug)
        names["category", f"talk/{category.slug}"] = _link(path, category.name, category.language)
    for section in of_news or ():
        path = f"/news?category={section.slug}"
        names["category", f"news/{section.slug}"] = _link(path, section.name, section.language)
    return names


def reasons(one: NotificationView, names: Names) -> list[Markup]:
    """A sentence for each reason, what concerns the reader in person first."""
    lang = request_context().language
    keys = [key for reason in one.reasons if (key := phrases.why(one.what, reason)) is not None]
    said = [messages.markup(key, lang) for key in keys]
    if {"follow", "search"} & {*one.reasons}:
        said += _followed(one.followed, names)
    return said


def _followed(targets: Sequence[FollowTarget], names: Names) -> list[Markup]:
    lang = request_context().language
    own = [messages.markup(WHY_ITEM[each.kind], lang) for each in targets if each.kind in WHY_ITEM]
    known = [names[each.kind, each.id] for each in targets if (each.kind, each.id) in names]
    if known:
        separator = messages.markup("space-notify-why-separator", lang)
        own.append(messages.markup("space-notify-why-follow", lang, separator.join(known)))
    return own or [messages.markup("space-notify-why-followed", lang)]


def _link(path: str, name: str, language: str | None = None) -> Markup:
    return Markup('<a href="{}"><bdi{}>{}</bdi></a>').format(path, lang_attrs(language), name)


def _if(wanted: object, call: Callable[[], T | None]) -> Callable[[], T | None]:
    return call if wanted else lambda: None
