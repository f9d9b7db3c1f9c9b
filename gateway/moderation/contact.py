"""/contact-moderators: write to the moderators without saying who one is, and read the answer by a code.

Nobody is signed in here (`gateway.without_identity`), no cookie is set, and codes are in the bodies of forms alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from math import ceil
from typing import cast

from flask import Blueprint, Response, current_app, g, render_template, request
from pydantic import SecretStr

from contracts.contact import ContactView, ContinueContact, OpenContact, ReadContact
from contracts.errors import Conflict, Forbidden, TooMany
from core.audience import STRANGER
from core.limiter import Budget, Limiter
from gateway.forms import Form, build, shown_again
from gateway.limits.clients import client_peer
from gateway.request_context import services, settings
from gateway.security import unkept

blueprint = Blueprint("contact", __name__)

DIGITS = 16
TRIES = 20
"""So many codes are tried until one is free: each is with half of all taken, which are not allowed to be more."""

NEW_OF_A_PEER = Budget(5, 1 / 1800)
"""First messages from one network, counted in memory alone."""

WRONG_CODES = Budget(5, 1 / 60)
"""Wrong codes that begin alike, from one network. Whose code it is can use it from any other."""

_LOOKUP = 4
_LONGEST = 100


@blueprint.get("/contact-moderators")
def contact() -> Response:
    return unkept(_page(Form()))


@blueprint.post("/contact-moderators")
def send() -> Response:
    form = Form(request.form)
    act = {"open": _open, "continue": _continue}.get(form.get("do"), _write)
    return unkept(act(form))


def _write(form: Form) -> str:
    with shown_again(form, lambda _: _page(form)):
        command = build(OpenContact, code=SecretStr(_code(form, 0)), words=form.text("words"))
        if key := _counted("new", form):
            _refuse(_limiter().spend(key, 1, NEW_OF_A_PEER), "contact-new-many")
        for number in range(TRIES):
            command = command.model_copy(update={"code": SecretStr(_code(form, number))})
            try:
                found = services().people.open_contact(STRANGER, command)
            except Conflict:
                continue
            return _conversation(found, command.code, new=True)
        raise TooMany("contact-full", params={"seconds": 3600})


def _open(form: Form) -> str:
    return _conversation(_opened(form), _typed(form))


def _continue(form: Form) -> str:
    found = _opened(form)
    code = _typed(form)
    with shown_again(form, lambda _: _conversation(found, code, form)):
        command = build(ContinueContact, code=code, words=form.text("words"))
        return _conversation(services().people.continue_contact(STRANGER, command), code)


def _opened(form: Form) -> ContactView:
    """The conversation of the code that was typed; else the first page again."""
    code, key = _typed(form), _counted("wrong", form)
    with shown_again(form, lambda _: _page(form)):
        _refuse(_limiter().wait(key, 1, WRONG_CODES) if key else 0, "contact-codes-many")
        try:
            return services().people.read_contact(STRANGER, ReadContact(code=code))
        except Forbidden:
            if key:
                _limiter().charge(key, 1, WRONG_CODES)
            raise
    raise AssertionError("shown again")


def _typed(form: Form) -> SecretStr:
    return SecretStr(form.text("code")[:_LONGEST])


def _page(form: Form) -> str:
    g.personal = True  # no cache keeps it, nor shares it
    nonce = form.get("nonce") or secrets.token_urlsafe(16)
    return render_template("moderation/contact.html", form=form, nonce=nonce)


def _conversation(found: ContactView, code: SecretStr, form: Form | None = None, *, new: bool = False) -> str:
    g.personal = True
    digits = code.get_secret_value()
    return render_template(
        "moderation/conversation.html",
        conversation=found,
        code=digits,
        groups=" ".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
        form=form or Form(),
        new=new,
    )


def _code(form: Form, number: int) -> str:
    """The code of a new conversation. It is made of what is written and of the form, so that a form that is sent twice
    opens one conversation and shows its code both times, though nothing but the code's hash is stored."""
    said = f"{form.get('nonce')[:40]}|{form.text('words')}|{number}".encode("utf-8", "surrogatepass")
    digest = hmac.new(settings().key_for("contact"), said, hashlib.sha256).digest()
    return str(int.from_bytes(digest) % 10**DIGITS).zfill(DIGITS)


# Limits, which leave no trace


def _counted(what: str, form: Form) -> str:
    """The key under which this request counts: of its network, and where a code is typed with how that begins; `""`
    where nothing is limited."""
    peer = client_peer() if settings().rate_limits else None
    begins = "".join(each for each in form.get("code") if each.isdecimal())[:_LOOKUP]
    return f"{what} {peer} {begins}" if peer else ""


def _limiter() -> Limiter:
    return cast(Limiter, current_app.extensions.setdefault("space.contact", Limiter()))


def _refuse(wait: float, code: str) -> None:
    if wait:
        raise TooMany(code, params={"minutes": ceil(wait / 60), "seconds": ceil(wait)})
