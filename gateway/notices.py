"""One-time messages: said on the page that follows a form that was accepted."""

from __future__ import annotations

from flask import flash, redirect
from werkzeug.wrappers import Response

from gateway.i18n.messages import message
from gateway.request_context import request_context


def flash_message(key: str, *params: object) -> None:
    """Show a message on the next page, in the reader's language."""
    flash(message(key, request_context().language, *params), "success")


def redirect_with(target: str, key: str, *params: object) -> Response:
    """Redirect after a form that was accepted, and say there what was done."""
    flash_message(key, *params)
    return redirect(target, 303)
