"""How large a request may be, by what it is for: more is refused by its length, before any of it is read."""

from __future__ import annotations

from flask import Request

# All in bytes. A form without a long text, or JSON of an API command without one.
SMALL = 64_000
# A form with one long text: 50,000 characters, each as up to twelve bytes (`%F0%9F%97%BA`), and the fields beside it.
WITH_TEXT = 700_000
# A picture of 15 MB as a form's file, or as base64 in JSON, and the text with it.
WITH_FILE = 22_000_000

SIGN_INS = frozenset(
    {
        "signin.do_sign_in",
        "signin.do_sign_up",
        "signin.do_code",
        "wiki_sign_in.begin",
        "wiki_sign_in.choose_name",
        "wiki_sign_in.ask",
    }
)
# Forms with a long text, by their endpoints. Those of signing in carry what their writer was about to send.
_TEXT_FORMS = frozenset(
    {
        "event_writing.change", "event_writing.create", "event_writing.set_version",
        "groups.create", "groups.set_text", "news.reply",
        "talk_writing.change_post", "talk_writing.create", "talk_writing.reply", "talk_writing.set_version",
        "writing.do_edit", "writing.do_submit", "writing.do_translate",
    }
) | SIGN_INS  # fmt: skip
# Forms with a file, as `multipart/form-data`.
_FILE_FORMS = SIGN_INS | {"writing.do_edit", "writing.do_submit"}


def most_bytes(request: Request) -> int:
    """The most bytes that a request to a page may have. The API's endpoints say so themselves: `gateway.api.router`."""
    if request.path.startswith("/api/v1/"):
        return WITH_TEXT if request.mimetype == "application/x-www-form-urlencoded" else WITH_FILE
    if request.endpoint in _FILE_FORMS and request.mimetype == "multipart/form-data":
        return WITH_FILE
    return WITH_TEXT if request.endpoint in _TEXT_FORMS else SMALL
