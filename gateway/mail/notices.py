"""Words a mail about a reply that was not posted as it came, in its author's language.

What they wrote is in it, so that nothing of it is lost to them.
"""

from __future__ import annotations

from markupsafe import Markup, escape

from bus.mail.message import MailText
from contracts.mail_in import ReplyNotice
from core import languages
from core.settings import Settings
from gateway import problems
from gateway.i18n import messages
from gateway.i18n.messages import message
from gateway.mail.isolated import isolated, marked
from gateway.mail.texts import document

POSTED = "mail-attachments"
WAITS = "review-needed"
"""The codes of replies that were posted in part, and that wait for a moderator."""


class NoticeWriter:
    """Words the mails of one site about replies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, notice: ReplyNotice) -> MailText:
        """The words of a notice."""
        lang = messages.shown_in(notice.language if languages.is_language(notice.language) else "en")
        site = notice.site or self._settings.site_name
        base = self._settings.base_url
        why = problems.sentence(notice.code, lang, notice.params)
        links = [(base + notice.path, message("space-mail-reply-topic", lang))]
        if notice.link:
            links.insert(0, (base + notice.link, message("space-mail-reply-link", lang)))
        plain = [message("space-mail-reply-from", lang, isolated(site, lang)), why]
        html = [messages.markup("space-mail-reply-from", lang, marked(site)), escape(why)]
        if notice.link:
            plain.append(message("space-mail-reply-kept", lang))
            html.append(escape(message("space-mail-reply-kept", lang)))
        plain += [f"{said}:\n{address}" for address, said in links]
        html += [Markup('<a href="{}">{}</a>').format(address, said) for address, said in links]
        if notice.link:
            plain.append(message("space-mail-reply-not-you", lang))
            html.append(escape(message("space-mail-reply-not-you", lang)))
        if notice.body:
            plain += [message("space-mail-reply-text", lang), _quoted(notice.body)]
            html.append(escape(message("space-mail-reply-text", lang)))
        subject = message(_subject(notice.code), lang, site)
        body = document(subject, html, lang, after=_as_html(notice.body))
        return MailText(subject, "\n\n".join([*plain, f"-- \n{site}\n{base}"]) + "\n", body, lang)


def _subject(code: str) -> str:
    if code == POSTED:
        return "space-mail-reply-subject-posted"
    return "space-mail-reply-subject-waits" if code == WAITS else "space-mail-reply-subject"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _as_html(text: str) -> Markup:
    """The text as it was written: what its marks would become is seen on its page."""
    block = '<blockquote dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere">{}</blockquote>'
    return Markup(block).format(text) if text else Markup("")
