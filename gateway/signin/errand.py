"""What a stranger was about to do: named on the page where they sign in, and carried through it.

A form that arrives without a session (it ended while somebody wrote) is not lost: the page that asks for the sign-in
holds what was written, signed and bound to this browser, and the form is shown again after it, to be checked and sent.
Nothing is stored here meanwhile.
"""

from __future__ import annotations

import base64
import hashlib
import io
from binascii import Error as NotBase64

from flask import Response, current_app, request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import EnvironBuilder

from core import clock
from gateway import csrf
from gateway.forms import FORM_ID, RESUMED
from gateway.paths import parts_of
from gateway.request_context import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    THEME_COOKIE,
    TIMEZONE_COOKIE,
    request_context,
    safe_next,
    settings,
)

FIELD, FILE_FIELD = "errand", "errand_file"
Carried = tuple[str, str]
"""The values of these two fields."""

SECONDS = 3600
# A larger file has to be chosen again; as base64 it must fit into the form that signs in.
LARGEST_FILE = 4_000_000
LARGEST_FIELDS = 300_000

# Forms that are shown again after the sign-in, and what they are called. Each calls `shown_again` before it writes.
FORMS = {
    "writing.do_submit": "space-frame-submit-news",
    "writing.do_edit": "space-blog-edit-title",
    "writing.do_translate": "space-frame-errand-translate",
    "news.reply": "space-frame-errand-reply",
    "talk_writing.create": "space-forum-new",
    "talk_writing.reply": "space-frame-errand-reply",
    "talk_writing.change_post": "space-forum-edit-post",
    "talk_writing.change_topic": "space-forum-edit-topic",
    "talk_writing.set_version": "space-frame-errand-translate",
    "event_writing.create": "space-events-new",
    "event_writing.change": "space-events-edit-title",
    "event_writing.set_version": "space-frame-errand-translate",
    "groups.create": "space-groups-new",
    "groups.set_text": "space-groups-edit",
    "account.change": "space-frame-menu-settings",
}

# Other pages that need a person.
PAGES = {
    "writing.submit": "space-frame-submit-news",
    "writing.edit": "space-blog-edit-title",
    "writing.translate": "space-frame-errand-translate",
    "writing.drafts": "space-frame-menu-drafts",
    "board.board": "space-frame-menu-board",
    "board.agenda": "space-blog-agenda",
    "talk_writing.new": "space-forum-new",
    "talk_writing.edit_post": "space-forum-edit-post",
    "talk_writing.edit_topic": "space-forum-edit-topic",
    "talk_writing.translate": "space-frame-errand-translate",
    "event_writing.new": "space-events-new",
    "event_writing.edit": "space-events-edit-title",
    "event_writing.translate": "space-frame-errand-translate",
    "groups.new": "space-groups-new",
    "groups.edit": "space-groups-edit",
    "groups.join": "space-groups-join",
    "account.settings": "space-frame-menu-settings",
    "notifications.notifications": "space-notify-title",
    "notifications.follows": "space-notify-follows",
    "notifications.follow": "space-notify-follow",
    "": "space-frame-errand",
}

TITLES = frozenset({*FORMS.values(), *PAGES.values()})


def title_key() -> str:
    """The message that names what this request is about."""
    endpoint = request.endpoint or ""
    return FORMS.get(endpoint) or PAGES.get(endpoint, PAGES[""])


def way_back() -> str:
    """Where to go after signing in: the page itself, or the page whose button was pressed."""
    if request.method == "GET":
        return safe_next(request.full_path.rstrip("?"))
    came_from = parts_of(request.referrer or "")
    if came_from.netloc != request.host:
        return "/"
    return safe_next(came_from.path + (f"?{came_from.query}" if came_from.query else ""))


def session_ended() -> bool:
    """Whether this is one of our own forms, sent by somebody whose session is over."""
    return (
        request.endpoint in FORMS
        and not request_context().viewer.signed_in
        and "people" not in request_context().missing
        and request.accept_mimetypes.best != "application/json"
        and _from_here()
    )


def _from_here() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin") or request.referrer or ""
    return parts_of(origin).netloc == request.host


def sent() -> Carried:
    """The fields `errand` and `errand_file` of the form that was sent to sign in."""
    return request.form.get(FIELD, ""), request.form.get(FILE_FIELD, "")


def carried() -> Carried:
    """The fields `errand` and `errand_file` for the form that signs in; both are empty where there is nothing."""
    if request.path in ("/sign-in", "/sign-up"):
        return sent()
    if not (request.method == "POST" and session_ended()):
        return "", ""
    hidden = (csrf.FIELD, FORM_ID, FIELD, FILE_FIELD)
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in hidden and "password" not in name
    ]
    if sum(len(value) for _, value in fields) > LARGEST_FIELDS:
        return "", ""
    file, content = _file()
    errand = {
        "at": clock.now().timestamp(),
        "path": request.full_path.rstrip("?"),
        "fields": fields,
        "file": file,
    }
    return str(_signer().dumps(errand)), content


def _file() -> tuple[list[str] | None, str]:
    """Name, file name, type and digest of the file that was sent, and its content in base64."""
    for name, file in request.files.items():
        content = file.read(LARGEST_FILE + 1)
        if file.filename and 0 < len(content) <= LARGEST_FILE:
            digest = hashlib.sha256(content).hexdigest()
            return [name, file.filename, file.mimetype, digest], base64.b64encode(content).decode("ascii")
    return None, ""


def go_on(token: str, carried: Carried) -> Response | None:
    """The form that the errand holds, filled in, for the session `token`; None if there is none, or it is too old."""
    field, file = carried
    try:
        errand = _signer().loads(field)
    except BadData:
        return None
    if clock.now().timestamp() - errand["at"] > SECONDS:
        return None
    data: MultiDict[str, str | FileStorage] = MultiDict(tuple(pair) for pair in errand["fields"])
    if errand["file"] and (content := _content(file, errand["file"][3])):
        name, filename, mimetype, _ = errand["file"]
        data.add(name, FileStorage(io.BytesIO(content), filename, name, mimetype))
    kept = (LANGUAGE_COOKIE, TIMEZONE_COOKIE, THEME_COOKIE)
    cookies = {SESSION_COOKIE: token, **{name: request.cookies.get(name) for name in kept}}
    builder = EnvironBuilder(
        path=errand["path"],
        base_url=request.host_url,
        method="POST",
        data=data,
        headers=[
            ("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items() if value)),
            ("Accept-Language", request.headers.get("Accept-Language", "")),
            ("Accept", "text/html"),
        ],
        environ_base={RESUMED: True, "REMOTE_ADDR": request.remote_addr or ""},
    )
    # An application context of its own: the request's viewer is kept in it.
    with current_app.app_context(), current_app.request_context(builder.get_environ()):
        return current_app.full_dispatch_request()


def _content(file: str, digest: str) -> bytes | None:
    try:
        content = base64.b64decode(file, validate=True)
    except (NotBase64, ValueError):
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None


def _signer() -> URLSafeSerializer:
    """Signs for this browser alone: by the cookie that strangers' forms are bound to."""
    return URLSafeSerializer(settings().secret_key, salt=f"space-errand {csrf.visit()}")
