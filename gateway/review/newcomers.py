"""/admin/new-people: how much new people may write, until when somebody is new, and whether a person is."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.trust import SetTrust, TrustGiven
from contracts.writing_rules import NewcomerLimits, SetNewcomerLimits
from gateway.administration.people import person_admin_path
from gateway.concurrency import load_people, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import services, viewer

blueprint = Blueprint("admin_newcomers", __name__)

GIVEN: tuple[TrustGiven, ...] = get_args(TrustGiven)
PARTS = (
    ("a-day", ("topics_a_day", "replies_a_day", "events_a_day", "links_a_day", "mentions_a_day")),
    ("each", ("links_each", "mentions_each", "pictures_each")),
    ("repeats", ("most_repeats",)),
    ("member", ("member_days", "member_items")),
)
"""The numbers as the page groups them."""

NUMBERS = tuple(name for _, names in PARTS for name in names)


@blueprint.get("/admin/new-people")
def limits() -> str:
    return _page(None)


@blueprint.post("/admin/new-people")
def set_limits() -> AnyResponse:
    form = Form(request.form)
    with shown_again(form, lambda _: _page(form), passing=(401, 403)):
        given = {name: form.text(name) for name in NUMBERS}
        command = build(
            SetNewcomerLimits,
            limits=build(NewcomerLimits, review_all=form.checked("review_all"), **given),
            revision=form.get("revision"),
            reason=form.text("reason"),
        )
        services().people.set_newcomer_limits(viewer(), command)
    return redirect_with("/admin/new-people", "space-review-limits-done")


def _page(form: Form | None) -> str:
    me, people = viewer(), services().people
    rules, versions = run_concurrently(
        lambda: people.writing_rules(me), lambda: people.writing_rules_versions(me, "limits")
    )
    load_people(*(one.by_id for one in versions))
    if form is None:
        given = rules.limits.model_dump()
        review_all = "1" if given.pop("review_all") else None
        form = Form.filled(revision=rules.limits_revision, review_all=review_all, **given)
    return render_template("review/newcomers.html", form=form, parts=PARTS, versions=versions)


@blueprint.get("/admin/people/<name>/trust")
def trust(name: str) -> str:
    return _trust_page(name, None)


@blueprint.post("/admin/people/<name>/trust")
def set_trust(name: str) -> AnyResponse:
    """Say that somebody is a member or new, or leave it to what they do."""
    form = Form(request.form)
    with shown_again(form, lambda _: _trust_page(name, form), passing=(401, 403, 404)):
        command = build(SetTrust, given=form.get("given"), reason=form.text("reason"))
        services().people.set_trust(viewer(), name, command)
    return redirect_with(person_admin_path(name), "space-review-trust-done")


def _trust_page(name: str, form: Form | None) -> str:
    me, people = viewer(), services().people
    found, profile = run_concurrently(lambda: people.trust(me, name), lambda: people.person(me, name))
    load_people(profile.id)
    return render_template(
        "review/trust.html",
        trust=found,
        profile=profile,
        form=form or Form.filled(given=found.given),
        given=GIVEN,
        path=person_admin_path(profile.name),
    )
