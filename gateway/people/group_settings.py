"""/groups/<slug>/…: answering an invitation, and what a group's moderators decide about it as a whole."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import NotFound, invalid
from contracts.groups import ChangeGroup
from contracts.people import GroupView
from gateway.concurrency import run_concurrently
from gateway.forms import Form, shown_again
from gateway.notices import redirect_with
from gateway.paths import group_path
from gateway.request_context import services, viewer

blueprint = Blueprint("group_settings", __name__)

_CHANGES = {
    "archive": (ChangeGroup(archived=True), "space-groups-archived"),
    "take-up": (ChangeGroup(archived=False), "space-groups-taken-up"),
    "show-members": (ChangeGroup(members_shown=True), "space-groups-saved"),
    "hide-members": (ChangeGroup(members_shown=False), "space-groups-saved"),
}


@blueprint.post("/groups/<slug>/invitation")
def answer(slug: str) -> AnyResponse:
    """`do`: accept or decline."""
    do, me, people = Form(request.form).get("do"), viewer(), services().people
    if do not in ("accept", "decline"):
        raise invalid("do", "choice-unknown", expected="accept, decline")
    people.answer_invitation(me, slug, do == "accept")
    if do == "decline":  # a hidden group is not there for them any more
        return redirect_with("/groups", "space-groups-invite-declined")
    group = people.group(me, slug)
    return redirect_with(group_path(group.slug), "space-groups-joined", group.name)


@blueprint.get("/groups/<slug>/settings")
def settings(slug: str) -> str:
    return _page(_group(slug), Form())


@blueprint.post("/groups/<slug>/settings")
def change(slug: str) -> AnyResponse:
    """`do`: archive, take-up, show-members or hide-members; or hand-over, to `name`."""
    form, me, people = Form(request.form), viewer(), services().people
    do, name = form.get("do"), form.text("name")
    with shown_again(form, lambda _: _page(_group(slug), form), passing=(401, 403, 404)):
        if do == "hand-over":
            people.hand_over(me, slug, name)
            return redirect_with(group_path(slug), "space-groups-handed-over", name)
        if do not in _CHANGES:
            raise invalid("do", "choice-unknown", expected=", ".join((*_CHANGES, "hand-over")))
        command, key = _CHANGES[do]
        people.change_group(me, slug, command)
    return redirect_with(group_path(slug), key)


def _group(slug: str) -> GroupView:
    """The group, for who may change something here. Raises `NotFound` for others."""
    me, people = viewer(), services().people
    (group,) = run_concurrently(lambda: people.group(me, slug))
    if not (group.may_moderate or group.may_take_up):
        raise NotFound
    return group


def _page(group: GroupView, form: Form) -> str:
    return render_template("groups/settings.html", group=group, form=form)
