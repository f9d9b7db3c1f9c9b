"""/admin/categories/<domain>/<slug>/merge: merging a category into another one, and removing an empty one."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import NotFound, invalid
from contracts.removed_categories import MergeCategory, RemoveCategory
from gateway.administration.categories import category_path, of_domain, shown_text
from gateway.concurrency import optional, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import services, viewer

blueprint = Blueprint("admin_merging", __name__)


@blueprint.get("/admin/categories/<domain>/<slug>/merge")
def ask(domain: str, slug: str) -> str:
    """Which category to merge it into, and what that would move."""
    return _page(domain, slug, Form(request.args))


@blueprint.post("/admin/categories/<domain>/<slug>/merge")
def merge(domain: str, slug: str) -> AnyResponse:
    """`do`: merge, into the category that `into` says; or remove."""
    api, form = of_domain(domain), Form(request.form)
    do = form.get("do")
    if do not in ("merge", "remove"):
        raise invalid("do", "choice-unknown")
    names = {"reason": "remove_reason"} if do == "remove" else None
    with shown_again(form, lambda _: _page(domain, slug, form), names=names, passing=(401, 403, 404)):
        if do == "merge":
            command = build(MergeCategory, into=form.text("into"), reason=form.text("reason"))
            api.merge_category(viewer(), slug, command)
            return redirect_with(category_path(domain, command.into), "space-merges-category-merged")
        api.remove_category(viewer(), slug, build(RemoveCategory, reason=form.text("remove_reason")))
    return redirect_with("/admin/categories", "space-merges-category-removed")


def _page(domain: str, slug: str, form: Form) -> str:
    me, api, all_ = viewer(), of_domain(domain), services()
    rows, content, holders, followers = run_concurrently(
        lambda: api.category_details(me),
        lambda: api.category_content(me, slug),
        optional("people", lambda: all_.people.role_holders(me, f"{domain}:{slug}")),
        optional("notify", lambda: all_.notify.followers(me, "category", f"{domain}/{slug}")),
    )
    found = next((one for one in rows if one.slug == slug), None)
    if found is None:
        raise NotFound
    others = {one.slug: shown_text(one) for one in rows if one is not found}
    return render_template(
        "merges/category.html",
        domain=domain, category=found, shown=shown_text(found), others=others, into=others.get(form.get("into")),
        content=content, holders=holders, followers=followers, form=form, path=category_path(domain, slug),
    )  # fmt: skip
