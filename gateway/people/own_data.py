"""/settings/data: all that the site has of a person, as one archive that they download."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import SignInNeeded
from core import clock
from core.audience import Viewer
from gateway.forms import Form, shown_again
from gateway.people.export_archive import archive
from gateway.request_context import services, viewer
from gateway.services import Services

blueprint = Blueprint("own_data", __name__)

MEDIA_TYPE = "application/zip"


@blueprint.get("/settings/data")
def show() -> str:
    if not viewer().signed_in:
        raise SignInNeeded
    return _page(Form())


@blueprint.post("/settings/data")
def export() -> AnyResponse:
    """Send the archive while it is made: nothing of it is stored here."""
    me, api = viewer(), services()
    if not me.signed_in:
        raise SignInNeeded
    form = Form(request.form)
    with shown_again(form, lambda _: _page(form)):
        return download(api, me)


def download(api: Services, viewer: Viewer) -> Response:
    """The archive of the viewer's data. Raises `TooMany("exports-too-many")`."""
    api.people.begin_export(viewer)
    response = Response(archive(api, viewer), mimetype=MEDIA_TYPE)
    name = f"space-{clock.now():%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    # nginx gathers answers unless it is told not to.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _page(form: Form) -> str:
    return render_template("account/data.html", form=form)
