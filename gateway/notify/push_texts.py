"""Words a message to a phone, in the reader's language: a sentence that says what happened, and how the text begins.

What people wrote may run in another direction than the words around it, so it is isolated.
"""

from __future__ import annotations

from urllib.parse import quote

from bus.push.message import PushText
from contracts.push import PushNote
from core import languages
from core.settings import Settings
from gateway.i18n import messages
from gateway.i18n.messages import message
from gateway.mail.isolated import isolated
from gateway.notify import phrases
from gateway.paths import post_path

_TITLE = 160


class PushWriter:
    """Words the messages of one site."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, note: PushNote) -> PushText:
        """The words of a message."""
        lang = messages.shown_in(
            note.display_language if languages.is_language(note.display_language) else "en"
        )
        others = [message("space-notify-push-more", lang, note.more)] if note.more else []
        if note.withheld:
            title, lines = message("space-notify-push-group", lang), others
        else:
            title, lines = _said(note, lang), [*([note.excerpt] if note.excerpt else []), *others]
        return PushText(
            title=_short(title),
            body="\n".join(lines),
            language=languages.language(lang).bcp47,
            direction=languages.direction(lang),
            address=self._address(note.path),
        )

    def _address(self, path: str) -> str:
        """What a press opens: for a post its own address, which leads to where it stands by then."""
        _, _, post = path.partition("#p")
        if post and path.startswith("/talk/") and "/talk/p/" not in path:
            return self._settings.base_url + post_path(post)
        return self._settings.base_url + quote(path, safe="/#?=&%")


def _said(note: PushNote, lang: str) -> str:
    said = phrases.said(note.what, note.reasons)
    title = message("space-notify-message", lang) if said == phrases.NAMELESS else note.title
    actor = note.actor or message("space-mail-notice-somebody", lang)
    return message(f"space-notify-says-{said}", lang, isolated(actor, lang), isolated(title, lang))


def _short(text: str) -> str:
    return text if len(text) <= _TITLE else text[: _TITLE - 1] + "…"
