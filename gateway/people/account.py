"""/settings: one's own profile, password, address, sessions and API tokens."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.errors import SignInNeeded, SpaceError, invalid
from contracts.people import (
    Account,
    ChangeEmail,
    ChangePassword,
    ChangeProfile,
    CreateToken,
    FieldAudience,
    NewToken,
    ProfileField,
)
from core import languages
from gateway.concurrency import run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.i18n.formats import locale_for
from gateway.notices import flash_message, redirect_with
from gateway.people import second_factor
from gateway.request_context import request_context, services, viewer
from gateway.security import unkept
from gateway.signin import wiki
from gateway.signin.cookies import end_session, forget_pages, start_session
from gateway.signin.devices import origin_of

blueprint = Blueprint("account", __name__)

FIELDS: tuple[ProfileField, ...] = get_args(ProfileField)
AUDIENCES: tuple[FieldAudience, ...] = get_args(FieldAudience)
SCOPES = ("read", "write", "moderate")
# In days: how long a token may work, as the page offers it.
LIVES = (30, 90, 180, 365)
# What the forms call the password that they ask for, by their field `do`.
PASSWORD_FIELDS = {
    "email": "email_password",
    "factor": "factor_password",
    "factor-remove": "factor_password",
}


@blueprint.get("/settings")
def settings() -> str:
    return _page()


@blueprint.post("/settings")
def change() -> AnyResponse:
    """Change what the form's hidden field `do` names."""
    form, do = Form(request.form), request.form.get("do", "")
    changes = {
        "profile": _profile,
        "password": _password,
        "email": _email,
        "email-again": _email_again,
        "session-end": _end_session,
        "sessions-end-others": _end_other_sessions,
        "sessions-end-all": _end_sessions,
        "factor": second_factor.begin,
        "factor-confirm": second_factor.confirm,
        "factor-remove": second_factor.remove,
        "wiki-unlink": wiki.unlink,
        "token": _new_token,
        "revoke": _revoke,
    }
    if do not in changes:
        raise invalid("do", "choice-unknown")
    if not viewer().signed_in:
        raise SignInNeeded
    names = {
        "old": "old_password",
        "new": "new_password",
        "password": PASSWORD_FIELDS.get(do, "token_password"),
    }

    def page(_: SpaceError) -> str | Response:
        return second_factor.setup_page(form) if do == "factor-confirm" else _page({do: form})

    with shown_again(form, page, names=names):
        return changes[do](form)


def _profile(form: Form) -> AnyResponse:
    codes = [
        languages.normalise(code) if languages.is_language(code) else code for code in form.all("languages")
    ]
    command = build(
        ChangeProfile,
        display_name=form.text("display_name"),
        about=form.get("about"),
        place_name=form.text("place_name"),
        place_country=form.text("place_country"),
        pronouns=form.text("pronouns"),
        website=form.text("website"),
        languages=list(dict.fromkeys(codes)),
        field_audiences={
            field: chosen for field in FIELDS if (chosen := form.optional(f"{field}_audience")) is not None
        },
        interface_language=form.optional("interface_language"),
    )
    services().people.change_profile(viewer(), command)
    return redirect_with("/settings", "space-account-settings-saved")


def _password(form: Form) -> AnyResponse:
    command = build(ChangePassword, old=form.get("old_password"), new=form.get("new_password"))
    with coming_from(origin_of(viewer().name or "")):
        fresh = services().people.change_password(viewer(), command)
    flash_message("space-account-password-changed")
    return start_session(make_response(redirect("/settings", 303)), fresh)


def _email(form: Form) -> AnyResponse:
    command = build(ChangeEmail, email=form.text("email"), password=form.get("email_password"))
    with coming_from(origin_of(viewer().name or "")):
        account = services().people.change_email(viewer(), command)
    key = "space-account-email-sent" if account.new_email else "space-account-settings-saved"
    return redirect_with("/settings#s-email", key if command.email else "space-account-email-removed")


def _email_again(form: Form) -> AnyResponse:
    services().people.send_confirmation(viewer())
    return redirect_with("/settings#s-email", "space-account-email-sent")


def _end_session(form: Form) -> AnyResponse:
    services().people.end_session(viewer(), form.text("session_id"))
    return redirect_with("/settings#s-sessions", "space-account-session-ended")


def _end_other_sessions(form: Form) -> AnyResponse:
    services().people.end_other_sessions(viewer(), request_context().token or "")
    return redirect_with("/settings#s-sessions", "space-account-sessions-others-ended")


def _end_sessions(form: Form) -> AnyResponse:
    services().people.end_sessions(viewer())
    response = make_response(redirect_with("/", "space-account-sessions-all-ended"))
    return forget_pages(end_session(response))


def _new_token(form: Form) -> AnyResponse:
    command = build(
        CreateToken,
        name=viewer().name,
        password=form.get("token_password"),
        label=form.text("label"),
        scopes=[scope for scope in form.all("scopes") if scope in SCOPES],
        expires_in_days=form.get("expires_in_days", "90"),
    )
    with coming_from(origin_of(command.name)):
        fresh = services().people.create_token(viewer(), command)
    # The secret is stored nowhere, so it is shown in this response and not after a redirect.
    return unkept(_page(new_token=fresh))


def _revoke(form: Form) -> AnyResponse:
    services().people.revoke_token(viewer(), form.text("token_id"))
    return redirect_with("/settings", "space-account-token-revoked")


def _page(sent: dict[str, Form] | None = None, new_token: NewToken | None = None) -> str:
    """Render the page; `sent` holds a refused form by the value of its field `do`."""
    forms = sent or {}
    people, me = services().people, viewer()
    if not me.signed_in:
        raise SignInNeeded
    token = request_context().token
    account, tokens, sessions = run_concurrently(
        lambda: people.me(me), lambda: people.tokens(me), lambda: people.sessions(me, token)
    )
    return render_template(
        "account/settings.html",
        account=account,
        tokens=tokens,
        sessions=sessions,
        profile_form=forms.get("profile") or _filled(account),
        password_form=forms.get("password") or Form(),
        email_form=forms.get("email") or forms.get("email-again") or Form(),
        token_form=forms.get("token") or forms.get("revoke") or _new_token_form(),
        wiki_form=forms.get("wiki-unlink") or Form(),
        factor_form=forms.get("factor") or forms.get("factor-remove") or Form(),
        new_token=new_token,
        countries=countries(request_context().frame_language),
        scopes=SCOPES,
        audiences=AUDIENCES,
        lives=LIVES,
    )


def _new_token_form() -> Form:
    return Form.filled(scopes=["read", "write"], expires_in_days=90)


def _filled(account: Account) -> Form:
    return Form.filled(
        display_name=account.display_name,
        about=account.about,
        place_name=account.place.name if account.place else None,
        place_country=account.place.country if account.place else None,
        pronouns=account.pronouns,
        website=account.website,
        languages=account.languages,
        **{f"{field}_audience": account.field_audiences.get(field, "public") for field in FIELDS},
        interface_language=account.interface_language,
    )


def countries(lang: str) -> list[tuple[str, str]]:
    """Country codes with their names in `lang`, sorted by name."""
    names = {str(code): str(name) for code, name in locale_for(lang).territories.items()}
    found = [
        pair
        for pair in names.items()
        if len(pair[0]) == 2 and pair[0].isalpha() and pair[0] not in _NOT_COUNTRIES
    ]
    return sorted(found, key=lambda pair: pair[1].casefold())


# Territories of CLDR that are not countries: pseudo-locales, European Union, Eurozone, UN, outlying Oceania, unknown.
_NOT_COUNTRIES = {"XA", "XB", "EU", "EZ", "UN", "QO", "ZZ"}
