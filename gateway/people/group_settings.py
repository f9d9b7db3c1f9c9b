"""/groups/<slug>/…: answering an invitation, and what a group's moderators decide about it as a whole."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import NotFound, invalid
from contracts.group_categories import AddGroupCategory, SetGroupCategory
from contracts.groups import ChangeGroup
from contracts.people import GroupView
from contracts.removed_categories import MergeCategory
from gateway.concurrency import nothing, optional, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.paths import group_path
from gateway.request_context import services, viewer

blueprint = Blueprint("group_settings", __name__)

_CHANGES = {
    "archive": (ChangeGroup(archived=True), "space-groups-archived"),
    "take-up": (ChangeGroup(archived=False), "space-groups-taken-up"),
    "show-members": (ChangeGroup(members_shown=True), "space-groups-saved"),
    "hide-members": (ChangeGroup(members_shown=False), "space-groups-saved"),
    "words-by-mail": (ChangeGroup(words_by_mail=True), "space-groups-saved"),
    "no-words-by-mail": (ChangeGroup(words_by_mail=False), "space-groups-saved"),
}
_CLOSES = {"close-category": True, "open-category": False}


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
    """`do`: archive, take-up, show-members, hide-members, words-by-mail or no-words-by-mail; hand-over, to `name`;
    add-category, called `category`; close-category and open-category, whose address is `slug`; or merge-category,
    `which` of them `into` another."""
    form, me, people = Form(request.form), viewer(), services().people
    do, name = form.get("do"), form.text("name")
    names = {"name": "category"} if do == "add-category" else None
    with shown_again(form, lambda _: _page(_group(slug), form), names=names, passing=(401, 403, 404)):
        if do == "hand-over":
            people.hand_over(me, slug, name)
            return redirect_with(group_path(slug), "space-groups-handed-over", name)
        if do in ("add-category", *_CLOSES):
            _change_category(do, _group(slug), form)
            return redirect_with(f"{group_path(slug)}/settings", "space-groups-saved")
        if do == "merge-category":
            _merge_category(_group(slug), form)
            return redirect_with(f"{group_path(slug)}/settings", "space-merges-category-merged")
        if do not in _CHANGES:
            expected = (*_CHANGES, *_CLOSES, "hand-over", "add-category", "merge-category")
            raise invalid("do", "choice-unknown", expected=", ".join(expected))
        command, key = _CHANGES[do]
        people.change_group(me, slug, command)
    return redirect_with(group_path(slug), key)


def _change_category(do: str, group: GroupView, form: Form) -> None:
    me, forum, language = viewer(), services().forum, group.original_language
    if do == "add-category":
        fields = {"name": form.text("category"), "about": form.text("about")}
        forum.add_group_category(
            me, build(AddGroupCategory, audience=group.audience, language=language, **fields)
        )
        return
    command = build(SetGroupCategory, language=language, closed=_CLOSES[do])
    forum.set_group_category(me, form.text("slug"), command)


def _merge_category(group: GroupView, form: Form) -> None:
    """Move all topics of one of the group's own categories into another, and remove it."""
    me, forum = viewer(), services().forum
    command = build(MergeCategory, into=form.text("into"), reason=form.text("reason"))
    which = form.text("which")
    own = {each.slug for each in forum.categories(me) if each.audience == group.audience}
    if which not in own:
        raise invalid("which", "choice-unknown")
    forum.merge_category(me, which, command)


def _group(slug: str) -> GroupView:
    """The group, for who may change something here. Raises `NotFound` for others."""
    me, people = viewer(), services().people
    (group,) = run_concurrently(lambda: people.group(me, slug))
    if not (group.may_moderate or group.may_take_up):
        raise NotFound
    return group


def _page(group: GroupView, form: Form) -> str:
    me, forum = viewer(), services().forum
    find = optional("forum", lambda: forum.categories(me)) if group.may_moderate else nothing
    (categories,) = run_concurrently(find)
    own = [each for each in categories or () if each.audience == group.audience]
    return render_template("groups/settings.html", group=group, form=form, categories=own)
