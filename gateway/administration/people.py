"""/admin/people: finding people, and granting and revoking roles."""

from __future__ import annotations

from typing import get_args
from urllib.parse import quote

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.administration import ChangeRole, PeopleQuery, Power
from contracts.errors import invalid
from gateway.administration.log import load_named
from gateway.concurrency import load_people, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.helpers import msg, role_words
from gateway.notices import redirect_with
from gateway.request_context import services, viewer

blueprint = Blueprint("admin_people", __name__)

POWERS: tuple[Power, ...] = get_args(Power)
ENTRIES = 20


@blueprint.get("/admin/people")
def people() -> str:
    """People by name and role; at first those who have one."""
    form, me, api = Form(request.args), viewer(), services()
    text = form.text("q")
    holding = form.optional("role") if "role" in request.args else "any"
    query = build(PeopleQuery, text=text, holding=holding, after=request.args.get("after"))
    (found,) = run_concurrently(lambda: api.people.people_found(me, query))
    load_people(*(card.id for card in found.items))
    shown = Form.filled(q=text, role=holding)
    return render_template("administration/people.html", form=shown, people=found, powers=POWERS)


@blueprint.get("/admin/people/<name>")
def person(name: str) -> str:
    """One person's roles, and what was decided about them."""
    return _page(name, Form())


@blueprint.post("/admin/people/<name>")
def change(name: str) -> AnyResponse:
    """Grant or revoke the role that the form names."""
    form = Form(request.form)
    with shown_again(
        form, lambda _: _page(name, form), names={"role": "change", "part": "change"}, passing=(401, 404)
    ):
        held, _, which = form.get("change").partition("-")
        if held not in ("grant", "revoke"):
            raise invalid("change", "missing")
        role, _, part = which.partition(" ")
        command = build(ChangeRole, role=role, held=held == "grant", part=part, reason=form.text("reason"))
        profile = services().people.change_role(viewer(), name, command)
    return redirect_with(person_admin_path(profile.name), "space-administration-role-changed", profile.name)


def _page(name: str, form: Form) -> str:
    me, api = viewer(), services()
    profile = api.people.person(me, name)
    entries = api.people.administration_log(me, profile.id, request.args.get("after"), ENTRIES)
    load_named(entries.items)
    options: list[tuple[str, str, str]] = [
        (
            f"{do}-{power}",
            msg(f"space-administration-{do}", role_words(power, "")),
            msg(f"space-administration-power-{power}"),
        )
        for power in POWERS
        for do in ("revoke" if power in profile.roles else "grant",)
    ]
    options += [
        (
            f"revoke-{each.role} {each.part}",
            msg("space-administration-revoke", role_words(each.role, each.part)),
            "",
        )
        for each in api.people.roles_held(me, profile.name)
    ]
    invited_by = api.people.invited_by(me, profile.name).by_id
    load_people(profile.id, invited_by)
    return render_template(
        "administration/person.html",
        profile=profile,
        options=options,
        form=form,
        entries=entries,
        invited_by=invited_by,
        path=person_admin_path(profile.name),
    )


def person_admin_path(name: str) -> str:
    """The page of administrators about a person."""
    return f"/admin/people/{quote(name, safe='')}"
