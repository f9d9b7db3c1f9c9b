"""/languages: the interface's language, time zone and theme; kept in cookies, the language also in the account."""

from __future__ import annotations

import contextlib

from flask import Blueprint, Response, make_response, redirect, render_template, request

from contracts.errors import Unavailable, invalid
from contracts.people import ChangeProfile
from core import languages
from core.languages import Language
from gateway.forms import Form, build
from gateway.i18n.messages import catalogue
from gateway.request_context import (
    THEMES,
    all_timezones,
    known_language,
    request_context,
    safe_next,
    services,
    theme,
    timezone,
)
from gateway.signin.cookies import remember_choices

blueprint = Blueprint("display", __name__)


@blueprint.get("/languages")
def display() -> str:
    return _page(Form.filled(next=safe_next(request.args.get("next")), q=request.args.get("q")))


@blueprint.post("/languages")
def choose() -> Response:
    """Keep the choices that were sent: a language's button sends only that."""
    form = Form(request.form)
    language, zone, chosen_theme = (
        form.optional("language"),
        form.optional("timezone"),
        form.optional("theme"),
    )
    code = known_language(language) if language else None
    if language and not code:
        raise invalid("language", "language-unknown")
    if zone and not timezone(zone):
        form.refuse(invalid("timezone", "timezone-unknown"))
        return make_response(_page(form), 422)
    me = request_context().viewer
    if code and me.signed_in:
        # The cookie keeps the choice in this browser even while `people` is unavailable.
        with contextlib.suppress(Unavailable):
            services().people.change_profile(me, build(ChangeProfile, interface_language=code))
    response = make_response(redirect(_without_uselang(safe_next(form.get("next"))), 303))
    return remember_choices(
        response, language=code, timezone=zone, theme=theme(chosen_theme) if chosen_theme else None
    )


def _page(form: Form) -> str:
    wanted = form.text("q").casefold()
    translated = set(catalogue().languages())
    near = [request_context().reading_language, *request_context().viewer.languages, *_accepted_languages()]
    everything = [each for each in languages.all_languages() if not wanted or _matches(each, wanted)]
    first = [each for each in everything if each.code in translated or each.code in near]
    rest = [each for each in everything if each not in first]
    if not form.get("timezone"):
        form = Form.filled(next=form.get("next"), q=form.get("q"), timezone=request_context().timezone)
    return render_template(
        "site/display.html", form=form, first=first, rest=rest, zones=sorted(all_timezones()), themes=THEMES
    )


def _matches(language: Language, wanted: str) -> bool:
    return wanted in language.code or wanted in language.autonym.casefold()


def _accepted_languages() -> list[str]:
    codes = [known_language(tag) for tag, _ in request.accept_languages]
    return [code for code in codes if code]


def _without_uselang(target: str) -> str:
    """The page to return to, without `uselang`, which would override the choice."""
    path, _, query = target.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("uselang=")]
    return f"{path}?{'&'.join(kept)}" if kept else path
