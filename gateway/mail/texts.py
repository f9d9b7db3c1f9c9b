"""Words a mail about an account, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from bus.mail.message import MailText
from core import languages
from core.settings import Settings
from gateway.i18n import messages
from gateway.i18n.messages import message
from gateway.mail.isolated import isolated, marked

_HEAD = Markup(
    '<!doctype html>\n<html lang="{}" dir="{}"><head><meta charset="utf-8"><title>{}</title></head>\n'
)

RESET_PATH = "/sign-in/reset"

# By template: its subject, what it says first, what its link does, and what to do if somebody else caused it.
TEMPLATES = {
    "confirm": (
        "space-mail-confirm-subject", "space-mail-confirm", "space-mail-confirm-link", "space-mail-confirm-not-you",
    ),
    "reset": ("space-mail-reset-subject", "space-mail-reset", "space-mail-reset-link", "space-mail-reset-not-you"),
    "password-changed": (
        "space-mail-password-changed-subject", "space-mail-password-changed", "", "space-mail-not-you",
    ),
    "email-asked": ("space-mail-email-asked-subject", "space-mail-email-asked", "", "space-mail-not-you"),
    "email-changed": (
        "space-mail-email-changed-subject", "space-mail-email-changed", "", "space-mail-email-changed-not-you",
    ),
    "second-factor-on": ("space-mail-factor-on-subject", "space-mail-factor-on", "", "space-mail-not-you"),
    "second-factor-off": ("space-mail-factor-off-subject", "space-mail-factor-off", "", "space-mail-not-you"),
    "passkey-added": ("space-mail-passkey-added-subject", "space-mail-passkey-added", "", "space-mail-not-you"),
    "passkey-removed": (
        "space-mail-passkey-removed-subject", "space-mail-passkey-removed", "", "space-mail-not-you",
    ),
    "wiki-linked": ("space-mail-wiki-linked-subject", "space-mail-wiki-linked", "", "space-mail-wiki-linked-not-you"),
    "wiki-unlinked": ("space-mail-wiki-unlinked-subject", "space-mail-wiki-unlinked", "", "space-mail-not-you"),
    "sign-up-accepted": (
        "space-mail-request-accepted-subject", "space-mail-request-accepted", "space-mail-request-accepted-link",
        "space-mail-confirm-not-you",
    ),
    "sign-up-declined": (
        "space-mail-request-declined-subject", "space-mail-request-declined", "", "space-mail-confirm-not-you",
    ),
    "exported": ("space-mail-exported-subject", "space-mail-exported", "", "space-mail-not-you"),
    "vanishes": (
        "space-mail-vanishes-subject", "space-mail-vanishes", "space-mail-vanishes-link", "space-mail-not-you",
    ),
}  # fmt: skip


class MailWriter:
    """Words the mails of one site: see `bus.mail.message.WriteMail`."""

    def __init__(self, settings: Settings) -> None:
        self._site = settings.site_name
        self._base_url = settings.base_url

    def __call__(self, template: str, language: str, params: Mapping[str, str]) -> MailText:
        """`params`: the account's `name`, the `path` of the link with its secret, and the name of the `site`, where its
        administrators have set one."""
        site = params.get("site") or self._site
        lang = messages.shown_in(language if languages.is_language(language) else "en")
        subject, body, link, not_you = TEMPLATES[template]
        address = self._base_url + params["path"] if link else ""
        # Where others act in one's name, a new password ends that, as long as links still come to this address.
        help_address = self._base_url + ("" if template == "email-changed" else RESET_PATH)
        plain = [message(body, lang, isolated(params["name"], lang), isolated(site, lang))]
        plain += [f"{message(link, lang)}:\n{address}"] if link else []
        plain += [message(not_you, lang, help_address), f"-- \n{site}\n{self._base_url}"]
        html = [messages.markup(body, lang, marked(params["name"]), marked(site))]
        html += [Markup('<a href="{}">{}</a>').format(address, message(link, lang))] if link else []
        html += [Markup('<bdi dir="ltr">{}</bdi>').format(address)] if link else []
        html += [messages.markup(not_you, lang, Markup('<a href="{0}">{0}</a>').format(help_address))]
        html += [Markup('<a href="{}">{}</a>').format(self._base_url, site)]
        said = message(subject, lang, site)
        return MailText(said, "\n\n".join(plain) + "\n", document(said, html, lang), lang)


def document(title: str, paragraphs: Sequence[Markup], lang: str, after: Markup = Markup("")) -> str:
    """A mail's HTML, of its paragraphs and what follows them."""
    body = Markup("\n").join(Markup("<p>{}</p>").format(each) for each in paragraphs)
    head = _HEAD.format(lang, languages.direction(lang), title)
    return str(head + Markup("<body>\n") + body + after + Markup("\n</body></html>\n"))
