"""/settings/people: whom one has blocked or muted."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blocks import BlockPerson
from contracts.errors import NotFound, SignInNeeded, SpaceError, invalid
from gateway.concurrency import load_people, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import request_context, services, viewer

blueprint = Blueprint("blocks", __name__)

PATH = "/settings/people"
LISTED = 50


@blueprint.get(PATH)
def show() -> str:
    """Whom one has blocked or muted, and with `id` what to do about that person."""
    return _page(Form(), request.args.get("id", ""))


@blueprint.post(PATH)
def change() -> AnyResponse:
    """Block or mute a person, or neither, as the form's button says."""
    form = Form(request.form)
    do, chosen = form.get("do"), form.text("id")
    if do not in ("block", "mute", "clear"):
        raise invalid("do", "choice-unknown")
    if not viewer().signed_in:
        raise SignInNeeded

    def page(_: SpaceError) -> str:
        return _page(form, chosen)

    with shown_again(form, page, names={"name": ""}, passing=(404,)):
        name = _name_of(chosen)
        if do == "clear":
            services().people.unblock(viewer(), name)
        else:
            services().people.block(viewer(), name, build(BlockPerson, level=do))
    return redirect_with(PATH, f"space-own-block-done-{do}", name)


def _page(form: Form, chosen: str) -> str:
    me, people = viewer(), services().people
    if not me.signed_in:
        raise SignInNeeded
    (page,) = run_concurrently(lambda: people.blocks(me, request.args.get("after"), LISTED))
    load_people(*(each.person_id for each in page.items), chosen)
    if chosen and chosen not in request_context().cards:
        raise NotFound
    return render_template("account/blocks.html", form=form, blocks=page, chosen=chosen)


def _name_of(person_id: str) -> str:
    """The name of the person with this id. Raises `NotFound`."""
    cards = services().people.cards(viewer(), [person_id])
    if not cards:
        raise NotFound
    return cards[0].name
