"""/admin/tags: renaming, merging and removing tags, wherever they are."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import NotFound, invalid
from contracts.tags import ReplaceTag
from core import slugs
from gateway.administration.log import load_named
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import services, viewer

blueprint = Blueprint("admin_tags", __name__)

TAGS_SHOWN, CHANGES_SHOWN, ENTRIES = 100, 20, 20


@blueprint.get("/admin/tags")
def tags() -> str:
    """The tags by use, those that begin with `q`; and the newest changes, with how far each is."""
    me, api, prefix = viewer(), services(), request.args.get("q", "").strip()[:40]
    changes, found = run_concurrently(
        lambda: api.people.tag_changes(me, CHANGES_SHOWN),
        optional("search", lambda: api.search.tags(me, prefix, TAGS_SHOWN)),
    )
    load_people(*(change.by_id for change in changes))
    return render_template("merges/tags.html", tags=found, changes=changes, prefix=prefix)


@blueprint.get("/admin/tags/<tag>")
def tag(tag: str) -> str:
    """One tag: how much it is used, and what was decided about it."""
    return _page(tag, Form())


@blueprint.post("/admin/tags/<tag>")
def replace(tag: str) -> AnyResponse:
    """`do`: replace, by the tag that `into` says; or remove."""
    form = Form(request.form)
    do = form.get("do")
    if do not in ("replace", "remove"):
        raise invalid("do", "choice-unknown")
    names = {"reason": "remove_reason"} if do == "remove" else None
    with shown_again(form, lambda _: _page(tag, form), names=names, passing=(401, 403, 404)):
        if do == "remove":
            command = build(ReplaceTag, tag=tag, reason=form.text("remove_reason"))
        else:
            into, reason = form.text("into"), form.text("reason")
            if not into:
                raise invalid("into", "tag-shape", tag=into)
            command = build(ReplaceTag, tag=tag, into=into, reason=reason)
        services().people.replace_tag(viewer(), command)
    return redirect_with("/admin/tags", "space-merges-tag-started")


def _page(tag: str, form: Form) -> str:
    me, api = viewer(), services()
    try:
        wanted = slugs.tag(tag)
    except ValueError:
        raise NotFound from None
    entries, found, followers = run_concurrently(
        lambda: api.people.administration_log(me, wanted, request.args.get("after"), ENTRIES),
        optional("search", lambda: api.search.tags(me, wanted, TAGS_SHOWN)),
        optional("notify", lambda: api.notify.followers(me, "tag", wanted)),
    )
    load_named(entries.items)
    used = None if found is None else next((one.items for one in found if one.tag == wanted), 0)
    return render_template(
        "merges/tag.html",
        tag=wanted, used=used, followers=followers, form=form, entries=entries,
        path=f"/admin/tags/{quote(wanted, safe='')}",
    )  # fmt: skip
