"""/admin/people/<name>/parts: giving a role for a part of the site: a language, a category or a group."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, render_template
from flask import request as http_request
from werkzeug.wrappers import Response as AnyResponse

from contracts.administration import ChangeRole
from contracts.errors import Invalid, invalid
from gateway.concurrency import load_people, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.helpers import msg
from gateway.notices import redirect_with
from gateway.request_context import services, viewer

blueprint = Blueprint("admin_parts", __name__)

FIELDS = {"language": "language:", "category": "", "group": "group:"}
"""The fields of which one says the part, and how the part's name begins."""


@blueprint.get("/admin/people/<name>/parts")
def ask(name: str) -> str:
    return _page(name, Form.filled(role="moderator"))


@blueprint.post("/admin/people/<name>/parts")
def grant(name: str) -> AnyResponse:
    """Give the role that the form names, for the part that one of its fields says."""
    form = Form(http_request.form)
    given = [field for field in FIELDS if form.text(field)]
    names = {"part": given[0] if given else "language"}
    with shown_again(form, lambda _: _page(name, form), names=names, passing=(401, 403, 404)):
        if len(given) != 1:
            raise invalid("part", "part-one")
        part = FIELDS[given[0]] + form.text(given[0])
        try:
            command = build(
                ChangeRole, role=form.get("role"), held=True, part=part, reason=form.text("reason")
            )
        except Invalid as refused:
            raise _readable(refused) from None
        profile = services().people.change_role(viewer(), name, command)
    return redirect_with(_path(profile.name), "space-administration-role-changed", profile.name)


def _readable(refused: Invalid) -> Invalid:
    """The same refusal; a group's address that can't be one is that of no group."""
    faults = [
        fault.model_copy(update={"code": "group-unknown", "params": {}}) if fault.field == "part" else fault
        for fault in refused.faults
    ]
    return Invalid(faults=faults)


def _page(name: str, form: Form) -> str:
    me, api = viewer(), services()
    # Raises `Forbidden` for who is no administrator, before any other call.
    held = api.people.roles_held(me, name)
    profile, talk, news = run_concurrently(
        lambda: api.people.person(me, name),
        lambda: api.forum.categories(me),
        lambda: api.blog.categories(me),
    )
    load_people(profile.id)
    categories = [
        (f"{domain}:{one.slug}", msg(f"space-administration-part-{domain}", one.name))
        for domain, found in (("talk", talk), ("news", news))
        for one in found
    ]
    return render_template(
        "administration/parts.html",
        profile=profile, form=form, categories=categories, held=held, path=_path(profile.name),
    )  # fmt: skip


def _path(name: str) -> str:
    return f"/admin/people/{quote(name, safe='')}"
