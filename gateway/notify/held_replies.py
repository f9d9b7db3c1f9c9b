"""/mail/held/<token>: a reply that came by mail and was not posted, for whoever has the link that was mailed to its
author. To open it does nothing, as programs open links too; its button posts it."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import NotFound, SpaceError
from contracts.mail_in import HeldReply
from core.audience import STRANGER
from gateway import problems
from gateway.request_context import request_context, services
from gateway.security import unkept

blueprint = Blueprint("held_replies", __name__)

PATH = "/mail/held/"


@blueprint.get(PATH + "<token>")
def show(token: str) -> Response:
    return _page(services().mail.held_reply(STRANGER, _checked(token)))


@blueprint.post(PATH + "<token>")
def post(token: str) -> AnyResponse:
    """Post it. What keeps it from being posted is said beside it."""
    try:
        services().mail.post_held_reply(STRANGER, _checked(token))
    except NotFound as error:
        if error.code == "mail-link-unknown":
            raise
        return _refused(token, error)
    except SpaceError as error:
        return _refused(token, error)
    return redirect(f"{PATH}{token}", 303)


def _refused(token: str, error: SpaceError) -> Response:
    held = services().mail.held_reply(STRANGER, _checked(token))
    response = _page(held, _why(error.code, error.params, error))
    response.status_code = error.status
    return response


def _page(held: HeldReply, refused: str = "") -> Response:
    """It is kept by no browser, and its address goes to nobody: it is for one reader alone."""
    why = refused or ("" if held.post_id or held.waits else _why(held.code, held.params))
    response = unkept(render_template("notify/held_reply.html", held=held, why=why))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _why(code: str, params: dict[str, str | int], error: SpaceError | None = None) -> str:
    lang = request_context().frame_language
    if error is not None and error.faults:
        return problems.fault_sentence(error.faults[0], lang)
    return problems.sentence(code, lang, params, error.kind if error is not None else "error")


def _checked(token: str) -> str:
    """The token, if it can be one. Raises `NotFound`."""
    if len(token) > 100 or not token.isascii():
        raise NotFound("mail-link-unknown")
    return token
