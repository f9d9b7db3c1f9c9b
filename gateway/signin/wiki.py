"""/sign-in/wiki: signing in with a wiki account (OAuth 2), linking one, and proving by it who sets a first password."""

from __future__ import annotations

from typing import cast, get_args

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, invalid
from contracts.people import SignedIn
from contracts.sign_up_requests import AskForAccount, OwnSignUpRequest
from contracts.wiki_accounts import LinkWikiAccount, RegisterWithWiki, SetFirstPassword, WikiIdentity
from core import languages
from core.audience import STRANGER
from gateway.forms import Form, build, shown_again
from gateway.notices import flash_message, redirect_with
from gateway.paths import parts_of
from gateway.problems import sentence
from gateway.request_context import request_context, safe_next, services, settings, viewer
from gateway.signin import errand, wiki_requests
from gateway.signin.cookies import start_session
from gateway.signin.devices import origin_of
from gateway.signin.welcome import sign_in_page, way_on, welcome
from gateway.signin.wiki_client import WikiAway, WikiClient, WikiRefused
from gateway.signin.wiki_requests import AuthorizationRequest, Purpose
from gateway.site.words import site

blueprint = Blueprint("wiki_sign_in", __name__)

SETTINGS = "/settings#s-wiki"


@blueprint.app_template_global("wiki_host")
def wiki_host(script_path: str = "") -> str:
    """The host of the wiki with these scripts, or of the one whose accounts sign in here; `""` without one."""
    wiki = settings().oauth
    return parts_of(script_path).hostname or "" if script_path else wiki.host if wiki else ""


@blueprint.get("/sign-in/wiki")
def go() -> AnyResponse:
    """Send a stranger to the wiki to sign in."""
    client, target = _client(), safe_next(request.args.get("next"))
    if request_context().viewer.signed_in:
        return redirect(target, 303)
    invitation = request.args.get("invitation", "")[:100]
    sent = wiki_requests.new_request("sign-in", next=target, invitation=invitation)
    return wiki_requests.remember(make_response(redirect(_address(client, sent), 303)), sent)


@blueprint.post("/sign-in/wiki")
def begin() -> Response:
    """Send somebody to the wiki by a form, with what they have written, or as who is signed in."""
    client, purpose, me = _client(), _purpose(), viewer()
    if purpose != "sign-in" and not me.signed_in:
        raise SignInNeeded
    sent = wiki_requests.new_request(
        purpose,
        next=safe_next(request.form.get("next")),
        title_key=request.form.get("title_key", "")[:100],
        person_id=me.person_id or "",
        written=errand.sent()[0],
    )
    # A page in between, since browsers check each redirect after a form against the policy for forms (`form-action`),
    # and a wiki may send people to another host of its own to sign in.
    page = render_template("signin/wiki_go.html", address=_address(client, sent))
    return wiki_requests.remember(make_response(page), sent)


@blueprint.get("/sign-in/wiki/callback")
def callback() -> AnyResponse:
    """Where the wiki sends people back to."""
    client, sent = _client(), wiki_requests.known()
    if sent is None or not sent.matches(request.args.get("state", "")):
        return wiki_requests.private(_failed(None, "wiki-request-over", 400))
    return wiki_requests.forget(_answered(client, sent))


@blueprint.get("/sign-in/wiki/name")
@blueprint.get("/sign-in/wiki/ask")
@blueprint.get("/sign-in/wiki/withdraw")
@blueprint.get("/sign-in/wiki/link")
@blueprint.get("/sign-in/wiki/password")
def start_again() -> AnyResponse:
    """Send on whoever reloads the page of a form: its answer from the wiki is used up."""
    _client()
    return redirect(SETTINGS if viewer().signed_in else "/sign-in", 303)


@blueprint.post("/sign-in/wiki/name")
def choose_name() -> AnyResponse:
    """Sign up with a name that the person chose, since that of the wiki account can't be used here."""
    _client()
    form = Form(request.form)
    if (identity := _identity(form, "sign-in")) is None:
        return _over(form, errand.sent())
    with shown_again(form, lambda _: _page("signin/wiki_name.html", form, identity, errand.sent())):
        name = build(RegisterWithWiki, identity=identity, name=form.text("name")).name
        signed_in = _register(identity, name, form.text("invitation"))
    return welcome(signed_in, form, errand.sent(), "space-frame-signed-up")


@blueprint.post("/sign-in/wiki/ask")
def ask() -> AnyResponse:
    """Ask the administrators for an account, where only the invited sign up."""
    _client()
    form = Form(request.form)
    if (identity := _identity(form, "sign-in")) is None:
        return _over(form, errand.sent())
    with shown_again(form, lambda _: _page("signin/wiki_name.html", form, identity, errand.sent())):
        command = build(
            AskForAccount,
            identity=identity,
            words=form.text("words"),
            email=form.text("email"),
            language=request_context().reading_language,
        )
        with coming_from(origin_of("")):
            asked = services().people.ask_for_account(STRANGER, command)
    return _waiting(identity, asked)


@blueprint.post("/sign-in/wiki/withdraw")
def withdraw() -> AnyResponse:
    """Take such a request back."""
    _client()
    form = Form(request.form)
    if (identity := _identity(form, "sign-in")) is None:
        return _over(form)
    services().people.withdraw_sign_up_request(STRANGER, identity)
    return redirect_with("/sign-in", "space-signin-request-withdrawn")


@blueprint.post("/sign-in/wiki/link")
def link() -> AnyResponse:
    """Link the wiki account, once the password has been entered."""
    _client()
    form = Form(request.form)
    if (identity := _identity(form, "link")) is None:
        return _over(form)
    with shown_again(form, lambda _: _page("signin/wiki_link.html", form, identity)):
        command = build(LinkWikiAccount, identity=identity, password=form.get("password"))
        with coming_from(origin_of(viewer().name or "")):
            services().people.link_wiki_account(viewer(), command)
    return redirect_with(SETTINGS, "space-signin-wiki-linked")


@blueprint.post("/sign-in/wiki/password")
def set_password() -> AnyResponse:
    """Set the first password of an account that the wiki account signs in."""
    _client()
    form = Form(request.form)
    if (identity := _identity(form, "password")) is None:
        return _over(form)
    with shown_again(form, lambda _: _page("signin/wiki_password.html", form, identity)):
        command = build(SetFirstPassword, identity=identity, new=form.get("new"))
        with coming_from(origin_of(viewer().name or "")):
            fresh = services().people.set_first_password(viewer(), command)
    flash_message("space-signin-password-set")
    return start_session(make_response(redirect("/settings#s-password", 303)), fresh)


def unlink(form: Form) -> AnyResponse:
    """Undo the link, from /settings."""
    services().people.unlink_wiki_account(viewer())
    return redirect_with(SETTINGS, "space-signin-wiki-unlinked")


def _client() -> WikiClient:
    """What talks to the wiki. Raises `NotFound` where none is set."""
    wiki = settings().oauth
    if wiki is None:
        raise NotFound()
    return WikiClient(wiki, f"{settings().base_url}/sign-in/wiki/callback")


def _address(client: WikiClient, sent: AuthorizationRequest) -> str:
    language = languages.language(request_context().frame_language).bcp47
    return client.authorization_address(sent.state, sent.verifier, language)


def _purpose() -> Purpose:
    purpose = request.form.get("purpose", "sign-in")
    if purpose not in get_args(Purpose):
        raise invalid("purpose", "choice-unknown")
    return cast(Purpose, purpose)


def _identity(form: Form, purpose: Purpose) -> WikiIdentity | None:
    """Who the wiki said that this is, on the page that this form stood on; None if that is too long ago."""
    return wiki_requests.opened_identity(form.get("identity"), purpose)


def _over(form: Form, carried: errand.Carried = ("", "")) -> Response:
    """The page to begin again from, to where the person wanted to go."""
    kept = {name: form.get(name) for name in ("title_key", "invitation")}
    page = _begin_again(Form.filled(next=safe_next(form.get("next")), **kept), "wiki-request-over", carried)
    return wiki_requests.private(make_response(page, 403))


def _answered(client: WikiClient, sent: AuthorizationRequest) -> Response:
    """The page that follows the wiki's answer to a request of this browser."""
    code = request.args.get("code", "")
    if sent.purpose != "sign-in" and viewer().person_id != sent.person_id:
        return _failed(sent, "wiki-request-over", 403)
    if "error" in request.args or not code:
        return _failed(sent, "wiki-cancelled", 403)
    try:
        identity = client.identity(code, sent.verifier)
    except WikiRefused:
        return _failed(sent, "wiki-refused", 403)
    except WikiAway:
        return _failed(sent, "wiki-away", 503)
    if sent.purpose == "link":
        return _page("signin/wiki_link.html", Form(), identity)
    if sent.purpose == "password":
        return _page("signin/wiki_password.html", Form(), identity)
    return _sign_in(sent, identity)


def _sign_in(sent: AuthorizationRequest, identity: WikiIdentity) -> Response:
    form = Form.filled(next=sent.next, title_key=sent.title_key)
    carried = wiki_requests.written(sent), ""
    try:
        with coming_from(origin_of("")):
            signed_in = services().people.sign_in_with_wiki(STRANGER, identity)
        return welcome(signed_in, form, carried, "space-frame-signed-in")
    except Forbidden as error:
        if error.code != "wiki-account-unknown":
            return make_response(way_on(error, form, carried))
    try:
        signed_up = _register(identity, None, sent.invitation)
        return welcome(signed_up, form, carried, "space-frame-signed-up")
    except (Invalid, Forbidden, Conflict) as error:
        by_code = error.code == "sign-up-closed" and site().sign_up_by_invitation
        if by_code and (asked := _asked(identity)) is not None:
            return _waiting(identity, asked)
        if by_code or isinstance(error, Invalid):
            form.put("name", "_".join((identity.username or "").split()))
            form.put("invitation", sent.invitation)
            # What was not asked for yet is not wrong yet.
            if identity.username and not by_code:
                form.refuse(error)
            return _page("signin/wiki_name.html", form, identity, carried)
        form.refuse(error)
        return make_response(sign_in_page("signin/sign_in.html", form, carried), error.status)


def _register(identity: WikiIdentity, name: str | None, invitation: str) -> SignedIn:
    command = build(
        RegisterWithWiki,
        identity=identity,
        name=name,
        languages=[request_context().reading_language],
        invitation=invitation,
    )
    with coming_from(origin_of("")):
        return services().people.register_with_wiki(STRANGER, command)


def _asked(identity: WikiIdentity) -> OwnSignUpRequest | None:
    """The request of who can't sign up without an invitation."""
    return services().people.own_sign_up_request(STRANGER, identity) if site().sign_up_by_invitation else None


def _waiting(identity: WikiIdentity, asked: OwnSignUpRequest) -> Response:
    """The page that says what has become of a request, and how its answer arrives."""
    sealed = wiki_requests.sealed_identity(identity, "sign-in")
    return wiki_requests.private(
        make_response(
            render_template("signin/wiki_waiting.html", asked=asked, identity=identity, sealed=sealed)
        )
    )


def _page(template: str, form: Form, identity: WikiIdentity, carried: errand.Carried = ("", "")) -> Response:
    """A page whose form goes on with who the wiki said that this is."""
    purposes: dict[str, Purpose] = {
        "signin/wiki_name.html": "sign-in",
        "signin/wiki_link.html": "link",
        "signin/wiki_password.html": "password",
    }
    sealed = wiki_requests.sealed_identity(identity, purposes[template])
    # Whom administrators have accepted needs no code.
    asked = _asked(identity) if template == "signin/wiki_name.html" else None
    by_code = site().sign_up_by_invitation and (asked is None or asked.state != "accepted")
    page = render_template(
        template, form=form, identity=identity, sealed=sealed, carried=carried, by_code=by_code
    )
    return wiki_requests.private(make_response(page))


def _failed(sent: AuthorizationRequest | None, code: str, status: int) -> Response:
    """The page to begin again from, with why it didn't work, and with what was written."""
    form = Form.filled(next=sent.next if sent else "/", title_key=sent.title_key if sent else "")
    form.put("invitation", sent.invitation if sent else "")
    carried = ("" if viewer().signed_in else wiki_requests.written(sent)), ""
    return make_response(_begin_again(form, code, carried), status)


def _begin_again(form: Form, code: str, carried: errand.Carried) -> str:
    form.error("", sentence(code, request_context().language))
    if viewer().signed_in:
        return render_template("signin/wiki_failed.html", form=form)
    return sign_in_page("signin/sign_in.html", form, carried)
