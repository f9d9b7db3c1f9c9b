"""/admin/invitations: codes by which somebody may create an account while nobody else may."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.sign_up_invitations import CreateSignUpInvitation, NewSignUpInvitation, RevokeSignUpInvitation
from gateway.concurrency import load_people, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import services, viewer
from gateway.security import unkept

blueprint = Blueprint("admin_invitations", __name__)

INVITATIONS = 30


@blueprint.get("/admin/invitations")
def invitations() -> Response:
    """All of them, and a form for a new one."""
    return _page(Form.filled(uses="1", days="14"), None)


@blueprint.post("/admin/invitations")
def create() -> AnyResponse:
    """Make a code, which only the page that answers shows."""
    form = Form(request.form)
    with shown_again(form, lambda _: _page(form, None), passing=(401, 403)):
        command = build(
            CreateSignUpInvitation,
            uses=form.text("uses"),
            days=form.text("days"),
            reason=form.text("reason"),
        )
        made = services().people.create_sign_up_invitation(viewer(), command)
    return _page(Form.filled(uses="1", days="14"), made)


@blueprint.post("/admin/invitations/<invitation_id>/revoke")
def revoke(invitation_id: str) -> AnyResponse:
    """Let nobody sign up with a code any more."""
    form = Form(request.form)
    names = {"reason": f"reason-{invitation_id}"}
    with shown_again(form, lambda _: _page(form, None), names=names, passing=(401, 403, 404)):
        command = build(RevokeSignUpInvitation, reason=form.text(f"reason-{invitation_id}"))
        services().people.revoke_sign_up_invitation(viewer(), invitation_id, command)
    return redirect_with("/admin/invitations", "space-administration-invitation-revoked")


def _page(form: Form, made: NewSignUpInvitation | None) -> Response:
    me, people, after = viewer(), services().people, request.args.get("after")
    site, page = run_concurrently(
        lambda: people.site(me), lambda: people.sign_up_invitations(me, after, INVITATIONS)
    )
    load_people(*(each.by_id for each in page.items))
    shown = render_template(
        "administration/invitations.html", form=form, made=made, invitations=page, state=site
    )
    return unkept(shown)
