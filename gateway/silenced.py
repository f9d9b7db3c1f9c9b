"""What silenced people see in place of forms that would refuse them: why, until when, and how to appeal."""

from __future__ import annotations

import re

from flask import Flask, request

from contracts.errors import Forbidden
from contracts.moderation import DecisionView
from gateway.concurrency import optional
from gateway.request_context import services, viewer

_FORMS = re.compile(r"/(new|submit|edit|delete|translate(/<[^/]+>)?)$")
"""The ends of the routes of pages that are a form for writing."""


def silence() -> DecisionView | None:
    """The decision that silences the viewer longest; None if there is none, or it can't be asked for now."""
    me = viewer()
    return optional("people", lambda: services().people.silence(me))() if me.silenced else None


def install(app: Flask) -> None:
    """Answer a silenced person's request for such a page by the refusal that its form would get."""
    app.jinja_env.globals["silence"] = silence

    @app.before_request
    def refuse_forms() -> None:
        rule = request.url_rule.rule if request.url_rule else ""
        if request.method == "GET" and _FORMS.search(rule) and viewer().silenced:
            raise Forbidden("silenced")
