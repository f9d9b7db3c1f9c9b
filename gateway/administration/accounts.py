"""/admin/people/<name>/account: what administrators do with an account as a whole."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import SpaceError, invalid
from contracts.own_account import RenamePerson, VanishPerson
from core.names import name_key
from gateway.concurrency import load_people
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import services, viewer

blueprint = Blueprint("admin_accounts", __name__)


@blueprint.get("/admin/people/<name>/account")
def show(name: str) -> str:
    return _page(name, {})


@blueprint.post("/admin/people/<name>/account")
def change(name: str) -> AnyResponse:
    """Change what the form's hidden field `do` names."""
    form, do = Form(request.form), request.form.get("do", "")
    changes = {"rename": _rename, "vanish": _vanish}
    if do not in changes:
        raise invalid("do", "choice-unknown")

    def page(_: SpaceError) -> str:
        return _page(name, {do: form})

    # Two forms of one page can't have a field of the same name.
    names = {"reason": "vanish_reason"} if do == "vanish" else {}
    with shown_again(form, page, names=names, passing=(401, 404)):
        return changes[do](name, form)


def _rename(name: str, form: Form) -> AnyResponse:
    command = build(RenamePerson, name=form.text("name"), reason=form.text("reason"))
    new = services().people.rename_person(viewer(), name, command)
    return redirect_with(f"/admin/people/{quote(new, safe='')}", "space-own-person-renamed", new)


def _vanish(name: str, form: Form) -> AnyResponse:
    if name_key(form.text("typed")) != name_key(name):
        raise invalid("typed", "name-not-typed")
    command = build(VanishPerson, reason=form.text("vanish_reason"))
    services().people.vanish_person(viewer(), name, command)
    return redirect_with("/admin/people", "space-own-person-vanished")


def _page(name: str, forms: dict[str, Form]) -> str:
    me, people = viewer(), services().people
    profile = people.person(me, name)
    # Refuses whoever is no administrator.
    people.administration_log(me, profile.id, None, 1)
    load_people(profile.id)
    return render_template(
        "administration/account.html",
        profile=profile,
        rename_form=forms.get("rename") or Form(),
        vanish_form=forms.get("vanish") or Form(),
    )
