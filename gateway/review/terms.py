"""/admin/terms: blocked terms, words and patterns, and what they would have matched."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import SpaceError, invalid
from contracts.writing_rules import AddTerm, RemoveTerm, TermMatch, TermMatches
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.redirects import redirect_to_page
from gateway.request_context import services, viewer

blueprint = Blueprint("admin_terms", __name__)

ACTIONS = ("hold", "refuse", "flag")
MATCHES = 20


@blueprint.get("/admin/terms")
def terms() -> str:
    """The terms, and a preview of the one that `try` says."""
    form = Form.filled(action="hold", text=request.args.get("try"))
    wanted = request.args.get("try", "").strip()[:100]
    try:
        preview = _preview(wanted) if wanted else None
    except SpaceError as error:
        if error.status != 422:
            raise
        form.refuse(error)
        preview = None
    return _page(form, preview)


@blueprint.get("/admin/words")
def former_address() -> AnyResponse:
    return redirect_to_page("/admin/terms", 301)


@blueprint.post("/admin/terms")
def change() -> AnyResponse:
    """Add the term of the form, or remove the one that its button names."""
    form, people = Form(request.form), services().people
    do = form.get("do")
    names = {"reason": "remove_reason"} if do == "remove" else None
    with shown_again(form, lambda _: _page(form, None), names=names, passing=(401, 403, 404)):
        if do == "add":
            command = build(
                AddTerm, text=form.text("text"), action=form.get("action"), reason=form.text("reason")
            )
            people.add_term(viewer(), command)
        elif do == "remove":
            reason = form.text("remove_reason")
            people.remove_term(viewer(), build(RemoveTerm, text=form.text("term"), reason=reason))
        else:
            raise invalid("do", "choice-unknown")
    return redirect_with("/admin/terms", f"space-review-term-done-{do}")


def _page(form: Form, preview: TermMatches | None) -> str:
    me, people = viewer(), services().people
    rules, versions = run_concurrently(
        lambda: people.writing_rules(me), lambda: people.writing_rules_versions(me, "terms")
    )
    load_people(
        *(one.by_id for one in versions), *(one.author_id for one in (preview.items if preview else ()))
    )
    return render_template(
        "review/terms.html",
        rules=rules,
        versions=versions,
        form=form,
        preview=preview,
        actions=ACTIONS,
    )


def _preview(term: str) -> TermMatches:
    """What the term matches in all services, the newest first. Raises `Invalid`."""
    me, api = viewer(), services()
    # That of the forum says what is wrong with the term.
    of_forum, of_events = run_concurrently(
        lambda: api.forum.term_matches(me, term),
        optional("events", lambda: api.events.term_matches(me, term)),
    )
    pages = [page for page in (of_forum, of_events) if page is not None]
    items: list[TermMatch] = sorted(
        (item for page in pages for item in page.items), key=lambda item: item.at, reverse=True
    )
    return TermMatches(
        items=items[:MATCHES],
        matches=sum(page.matches for page in pages),
        looked_at=sum(page.looked_at for page in pages),
        all=all(page.all for page in pages),
    )
