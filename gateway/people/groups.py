"""/groups: the list, one group with its members and content, joining, and creating one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import ArticleQuery
from contracts.common import Page
from contracts.errors import NotFound, SignInNeeded, invalid
from contracts.events import EventQuery
from contracts.forum import ForumCategory, TopicLine, TopicQuery
from contracts.groups import AskToJoin
from contracts.people import CreateGroup, GroupView, SetGroupText
from core.audience import Viewer, group_audience
from gateway.concurrency import load_people, nothing, optional, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.paths import group_path
from gateway.request_context import request_context, services, viewer

blueprint = Blueprint("groups", __name__)

MEMBERS_SHOWN = 60
REQUESTS_SHOWN = 50


@blueprint.get("/groups")
def groups() -> str:
    me, people = viewer(), services().people
    after = request.args.get("after")
    page, invitations = run_concurrently(
        optional("people", lambda: people.groups(me, after, 60)),
        optional("people", lambda: people.invitations(me)) if me.signed_in else nothing,
    )
    load_people(*(each.by_id for each in invitations or ()))
    return render_template("groups/list.html", groups=page, invitations=invitations, archived=False)


@blueprint.get("/groups/archived")
def archived_groups() -> str:
    me, people = viewer(), services().people
    after = request.args.get("after")
    (page,) = run_concurrently(optional("people", lambda: people.archived_groups(me, after, 60)))
    return render_template("groups/list.html", groups=page, invitations=[], archived=True)


@blueprint.get("/groups/new")
def new() -> str:
    if not viewer().signed_in:
        raise SignInNeeded
    return render_template(
        "groups/new.html", form=Form.filled(kind="open", language=request_context().reading_language)
    )


@blueprint.post("/groups/new")
def create() -> AnyResponse:
    form = Form(request.form)
    with shown_again(form, lambda _: render_template("groups/new.html", form=form), passing=(401,)):
        command = build(
            CreateGroup,
            slug=form.text("slug"),
            kind=form.get("kind"),
            members_shown=not form.checked("members_hidden"),
            language=form.get("language"),
            name=form.text("name"),
            about=form.get("about"),
        )
        group = services().people.create_group(viewer(), command)
    return redirect_with(group_path(group.slug), "space-groups-founded")


@blueprint.get("/groups/<slug>")
def group(slug: str) -> AnyResponse | str:
    me, people = viewer(), services().people
    # Raises `NotFound` for a group that the reader may not know of, before any other call.
    (found,) = run_concurrently(lambda: people.group(me, slug))
    if found.slug != slug:  # not for good: where an address leads depends on the reader
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        return redirect(group_path(found.slug) + query, 302)
    return _page(found, Form())


def _shown_again(slug: str, form: Form) -> str:
    me, people = viewer(), services().people
    (found,) = run_concurrently(lambda: people.group(me, slug))
    return _page(found, form)


def _page(group: GroupView, form: Form) -> str:
    api, me, slug = services(), viewer(), group.slug
    after = request.args.get("after")
    audience = group_audience(group.id)
    members, requests, invited, (categories, topics), articles, events = run_concurrently(
        optional("people", lambda: api.people.members(me, slug, None, after, MEMBERS_SHOWN)),
        optional("people", lambda: api.people.members(me, slug, "requested", None, REQUESTS_SHOWN))
        if group.may_moderate
        else nothing,
        optional("people", lambda: api.people.invited(me, slug, None, REQUESTS_SHOWN))
        if group.may_moderate
        else nothing,
        (lambda: _talk(me, audience)) if group.may_read else lambda: ([], None),
        optional("blog", lambda: api.blog.articles(me, ArticleQuery(audience=audience, limit=4)))
        if group.may_read
        else nothing,
        optional("events", lambda: api.events.events(me, EventQuery(audience=audience, limit=5, once=True)))
        if group.may_read
        else nothing,
    )
    load_people(
        *(one for line in (topics.items if topics else ()) for one in (line.author_id, line.last_author_id)),
        *(line.author_id for line in (articles.items if articles else ())),
        *(each.person_id for each in (invited.items if invited else ())),
    )
    return render_template(
        "groups/group.html",
        group=group, members=members, requests=requests, invited=invited, topics=topics, articles=articles,
        events=events, form=form, audience=audience,
        categories=categories,
    )  # fmt: skip


def _talk(me: Viewer, audience: str) -> tuple[list[ForumCategory], Page[TopicLine] | None]:
    """The group's own categories, and its latest topics; None if the forum does not reply."""
    forum = services().forum
    categories = optional("forum", lambda: forum.categories(me))() or []
    topics = optional("forum", lambda: forum.topics(me, TopicQuery(audience=audience, limit=8)))()
    return [each for each in categories if each.audience == audience], topics


@blueprint.post("/groups/<slug>/join")
def join(slug: str) -> AnyResponse:
    form, me, people = Form(request.form), viewer(), services().people
    with shown_again(form, lambda _: _shown_again(slug, form), passing=(401, 403, 404)):
        people.ask_to_join(me, slug, build(AskToJoin, words=form.get("words")))
    group = people.group(me, slug)
    key = "space-groups-joined" if group.may_read else "space-groups-asked"
    return redirect_with(group_path(group.slug), key, group.name)


@blueprint.get("/groups/<slug>/leave")
def ask_to_leave(slug: str) -> str:
    me, people = viewer(), services().people
    (group,) = run_concurrently(lambda: people.group(me, slug))
    if not group.may_leave:
        raise NotFound
    return render_template("groups/leave.html", group=group)


@blueprint.post("/groups/<slug>/leave")
def leave(slug: str) -> AnyResponse:
    me, people = viewer(), services().people
    (group,) = run_concurrently(lambda: people.group(me, slug))
    people.leave(me, slug)
    # A hidden group does not exist for those who left it.
    return redirect_with("/groups" if group.kind == "hidden" else group_path(group.slug), "space-groups-left")


@blueprint.post("/groups/<slug>/members")
def manage(slug: str) -> AnyResponse:
    """`do`: accept, refuse, promote, demote, remove, invite, withdraw; `name`: whom."""
    form, me = Form(request.form), viewer()
    name, what = form.text("name"), form.get("do")
    passing = (401,) if what == "invite" else (401, 403, 404)
    with shown_again(form, lambda _: _shown_again(slug, form), passing=passing):
        _change_membership(me, slug, what, name)
    messages = {
        "accept": "space-groups-accepted", "invite": "space-groups-invite-sent",
        "withdraw": "space-groups-invite-withdrawn", "refuse": "space-groups-refused",
        "promote": "space-groups-promoted", "demote": "space-groups-demoted", "remove": "space-groups-removed",
    }  # fmt: skip
    return redirect_with(group_path(slug), messages[what], name)


def _change_membership(me: Viewer, slug: str, what: str, name: str) -> None:
    people = services().people
    if what in ("accept", "demote"):
        people.set_member(me, slug, name, "member")
    elif what == "invite":
        people.invite(me, slug, name)
    elif what == "withdraw":
        people.withdraw_invitation(me, slug, name)
    elif what == "promote":
        people.set_member(me, slug, name, "moderator")
    elif what in ("refuse", "remove"):
        people.remove_member(me, slug, name)
    else:
        raise invalid(
            "do", "choice-unknown", expected="accept, refuse, promote, demote, remove, invite, withdraw"
        )


@blueprint.get("/groups/<slug>/edit")
def edit(slug: str) -> str:
    group = _moderated(slug)
    wanted = request.args.get("lang") or group.original_language
    text = next((each for each in group.texts if each.language == wanted), None)
    form = Form.filled(language=wanted, name=text.name if text else "", about=text.about if text else "")
    return render_template("groups/edit.html", group=group, form=form)


@blueprint.post("/groups/<slug>/edit")
def set_text(slug: str) -> AnyResponse:
    form, group = Form(request.form), _moderated(slug)
    with shown_again(
        form, lambda _: render_template("groups/edit.html", group=group, form=form), passing=(401,)
    ):
        command = build(
            SetGroupText, language=form.get("language"), name=form.text("name"), about=form.get("about")
        )
        services().people.set_group_text(viewer(), slug, command)
    return redirect_with(group_path(slug), "space-groups-saved")


def _moderated(slug: str) -> GroupView:
    """The group, for its moderators. Raises `NotFound` for others."""
    me, people = viewer(), services().people
    (group,) = run_concurrently(lambda: people.group(me, slug))
    if not group.may_moderate:
        raise NotFound
    return group
