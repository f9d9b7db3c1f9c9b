"""/notifications: the reader's notifications and what they follow; POST /follow from any page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.concurrency import gather
from contracts.errors import NotFound, SignInNeeded, Unavailable, invalid
from contracts.mail import FollowMail
from contracts.notify import FollowKind, FollowView, Level, NotificationView
from core import clock
from core.audience import Viewer
from gateway import paths
from gateway.concurrency import load_people, run_concurrently
from gateway.forms import Form
from gateway.helpers import lang_attrs, person_link
from gateway.i18n import formats, messages
from gateway.i18n.messages import message
from gateway.notices import flash_message, redirect_with
from gateway.notify import phrases
from gateway.notify.reasons import names_of, reasons
from gateway.request_context import request_context, safe_next, services, viewer
from gateway.services import Services
from gateway.shown_names import shown_name

blueprint = Blueprint("notifications", __name__)

KINDS: tuple[FollowKind, ...] = get_args(FollowKind)
LEVELS: tuple[Level, ...] = get_args(Level)
MAILS: tuple[FollowMail, ...] = get_args(FollowMail)


@blueprint.get("/notifications")
def notifications() -> str:
    me, api = viewer(), services()
    if not me.signed_in:
        raise SignInNeeded
    unread_only, after = request.args.get("show") == "unread", request.args.get("after")
    (page,) = run_concurrently(lambda: api.notify.notifications(me, unread_only, after, 40))
    load_people(*(one.actor_id for one in page.items))
    if not unread_only and after is None and page.next is None:
        # All there are: the bell counts what the page shows, whatever comes meanwhile.
        request_context().unread = sum(not one.read for one in page.items)
    days: dict[str, list[NotificationView]] = {}
    for one in page.items:
        days.setdefault(_day(one), []).append(one)
    return render_template(
        "notify/list.html",
        notifications=page,
        days=days,
        unread_only=unread_only,
        words=words,
        reasons=reasons,
        names=names_of(page.items),
        target=target,
    )


def _day(one: NotificationView) -> str:
    """The heading of a notification's day in the reader's zone."""
    zone = ZoneInfo(request_context().timezone)
    day, today = one.at.astimezone(zone).date(), clock.now().astimezone(zone).date()
    if day == today:
        return message("space-notify-today", request_context().language)
    if day == today - timedelta(days=1):
        return message("space-notify-yesterday", request_context().language)
    return _date_heading(day)


def _date_heading(day: date) -> str:
    return formats.format_date(day, request_context().frame_language, "full")


def words(one: NotificationView) -> Markup:
    """A notification as a sentence with links to its person and target."""
    what = phrases.said(one.what, one.reasons)
    lang = request_context().language
    named = (
        (message("space-notify-message", lang), None)
        if what == phrases.NAMELESS
        else (one.title, one.language)
    )
    title = Markup('<a href="{}"><bdi{}>{}</bdi></a>').format(target(one), lang_attrs(named[1]), named[0])
    return messages.markup(f"space-notify-says-{what}", lang, person_link(one.actor_id), title)


def target(one: NotificationView) -> str:
    """The address of what a notification is about; a post's redirects to its page of the topic."""
    path, _, post = one.path.partition("#p")
    return paths.post_path(post) if post and path.startswith("/talk/") else safe_next(one.path)


@blueprint.post("/notifications/read")
def mark_read() -> AnyResponse:
    """Mark the notifications in the fields `id` as read; without any, all."""
    form = Form(request.form)
    ids = form.all("id")
    services().notify.mark_read(viewer(), ids or None)
    if not ids:
        flash_message("space-notify-marked")
    return redirect(safe_next(form.get("next"), "/notifications"), 303)


@blueprint.post("/follow")
def follow() -> AnyResponse:
    """Follow something at a `level`, and if `mail` is given, say when it goes out; the level `none` stops following
    it."""
    form, me = Form(request.form), viewer()
    kind = next((known for known in KINDS if known == form.get("kind")), None)
    level = next((known for known in LEVELS if known == form.get("level")), None)
    if kind is None:
        raise invalid("kind", "choice-unknown", expected=", ".join(KINDS))
    if level is None and form.get("level") != "none":
        raise invalid("level", "choice-unknown", expected=", ".join(("none", *LEVELS)))
    mail = next((known for known in MAILS if known == form.get("mail")), None)
    if mail is None and form.get("mail"):
        raise invalid("mail", "choice-unknown", expected=", ".join(MAILS))
    if level is None:
        services().notify.unfollow(me, kind, form.text("id"))
    else:
        services().notify.follow(me, kind, form.text("id"), level, mail)
    return redirect_with(
        safe_next(form.get("next"), "/notifications/follows"),
        "space-notify-followed" if level else "space-notify-unfollowed",
    )


@blueprint.get("/notifications/follows")
def follows() -> str:
    me, api = viewer(), services()
    if not me.signed_in:
        raise SignInNeeded
    after = request.args.get("after")
    (page,) = run_concurrently(lambda: api.notify.follows(me, after, 50))
    return render_template(
        "notify/follows.html", follows=page, kinds=_by_kind(page.items), levels=LEVELS, whens=MAILS
    )


@dataclass(frozen=True)
class Followed:
    """One followed thing in the list: its address, its title and the title's language."""

    follow: FollowView
    path: str = ""
    title: str = ""
    language: str | None = None


def _by_kind(found: list[FollowView]) -> dict[str, list[Followed]]:
    shown = gather(*(_loader_of(one) for one in found))
    kinds = {kind: [one for one in shown if one.follow.kind == kind] for kind in KINDS}
    return {kind: of_kind for kind, of_kind in kinds.items() if of_kind}


def _category(me: Viewer, api: Services, one: FollowView) -> Followed:
    """A followed category with its name, or its slug if it is gone or its service unavailable."""
    domain, _, slug = one.id.partition("/")
    path = paths.talk_category_path(slug) if domain == "talk" else f"/news?category={quote(slug)}"
    try:
        found = api.forum.categories(me) if domain == "talk" else api.blog.categories(me)
    except Unavailable:
        found = []
    for each in found:
        if each.slug == slug:
            return Followed(one, path, each.name, each.language)
    return Followed(one, path, slug)


def _loader_of(one: FollowView) -> Callable[[], Followed]:
    """A call for what is followed; without a title if the reader may not see it any more."""
    me, api, lang = viewer(), services(), request_context().language

    def load() -> Followed:
        if one.kind == "tag":
            return Followed(one, paths.tag_path(one.id), one.id)
        if one.kind == "search":
            return Followed(one, paths.search_path(one.id), one.id)
        if one.kind == "category":
            return _category(me, api, one)
        if one.kind == "topic":
            topic = api.forum.topic(me, one.id, None)
            return Followed(one, paths.topic_path(topic.id, topic.slug), topic.title, topic.language)
        if one.kind == "article":
            article = api.blog.article(me, one.id, None)
            return Followed(one, paths.article_path(article.slug), article.title, article.language)
        if one.kind == "event":
            event = api.events.event(me, one.id, None, None)
            return Followed(one, paths.event_path(event.id, event.slug), event.title, event.language)
        if one.kind == "group":
            for group in api.people.groups_by_id(me, [one.id]):
                return Followed(one, paths.group_path(group.slug), group.name, group.language)
        for card in api.people.cards(me, [one.id]) if one.kind == "person" else ():
            return Followed(one, paths.person_path(card.name), shown_name(card, lang))
        return Followed(one)

    def load_or_bare() -> Followed:
        try:
            return load()
        except (NotFound, Unavailable):
            return Followed(one)

    return load_or_bare
