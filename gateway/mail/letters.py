"""Words a mail about notifications, in the reader's language, as plain text and as HTML.

Its texts may be in other languages than its words, so each is marked with its own. It fetches nothing: no picture, no
font, nothing that would tell somebody that it was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup, escape

from bus.mail.message import MailText
from contracts.mail import Letter, MailedItem
from core import languages, markup, markup_cooked
from core.settings import Settings
from gateway.i18n import formats, messages
from gateway.i18n.messages import message
from gateway.mail.bodies import body
from gateway.mail.isolated import isolated, marked
from gateway.notify import phrases
from gateway.paths import post_path

SETTINGS_PATH = "/settings/notifications"
_HEADING_LEVEL = 3
_QUIET = "color:#54595d;font-size:14px"
_TEXT = "color:#202122;font-family:sans-serif;font-size:16px;line-height:1.5"

# Programs that know nothing of dark screens leave it out; the inlined styles are those of a light one.
_HEAD = Markup("""<!doctype html>
<html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">\
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">\
<title>{title}</title><style>
:root {{ color-scheme: light dark; }}
@media (prefers-color-scheme: dark) {{
  body, .page {{ background: #101418 !important; color: #eaecf0 !important; }}
  .quiet {{ color: #a2a9b1 !important; }}
  .link {{ color: #88a3e8 !important; }}
  .button {{ background: #36c !important; color: #fff !important; }}
}}
</style></head>
<body class="page" style="margin:0;padding:16px;background:#fff;{text}">
<div class="page" style="max-width:600px;margin:0 auto;overflow-wrap:anywhere">
""")


@dataclass(frozen=True)
class _Words:
    """The words of one letter: `lang` is the language that they are in."""

    lang: str
    site: str
    base_url: str

    def say(self, key: str, *params: object) -> str:
        return message(key, self.lang, *params)

    def at(self, path: str) -> str:
        """The address of what a notification is about, in ASCII: short for a post, so that no program breaks it."""
        _, _, post = path.partition("#p")
        if post and path.startswith("/talk/"):
            return self.base_url + post_path(post)
        return self.base_url + quote(path, safe="/#?=&%")

    def mark(self, key: str, *params: object) -> Markup:
        return messages.markup(key, self.lang, *params)


class LetterWriter:
    """Words the mails of one site about notifications."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, letter: Letter) -> MailText:
        """The words of a letter."""
        lang = messages.shown_in(letter.language if languages.is_language(letter.language) else "en")
        words = _Words(lang, letter.site or self._settings.site_name, self._settings.base_url)
        subject = _subject(words, letter)
        plain, html = self._plain(words, letter), self._html(words, letter, subject)
        return MailText(subject, plain, html, lang, _sender(words, letter))

    def _plain(self, words: _Words, letter: Letter) -> str:
        blocks = []
        for item in letter.items:
            blocks.append(_said(words, item))
            blocks += _facts(words, item)
            if item.quoted:
                by = words.say("space-mail-notice-answers", isolated(_quoted_by(words, item), words.lang))
                blocks.append(f"{by}\n> {item.quoted}")
            text = item.body.strip() or (item.excerpt if item.what != "people.contact.waits" else "")
            blocks += [text] if text else []
            if letter.digest:
                blocks.append(words.at(item.path))
        blocks += [_others(words, letter)] if _others(words, letter) else []
        blocks.append(f"{words.say('space-mail-notice-open')}:\n{_address(words, letter)}")
        foot = [_why(words, letter), _reply(words, letter)]
        foot.append(f"{words.say('space-mail-notice-stop')}:\n{words.base_url}{letter.stop}")
        foot.append(f"{words.say('space-mail-notice-settings')}:\n{words.base_url}{SETTINGS_PATH}")
        return "\n\n".join([*blocks, "-- \n" + "\n\n".join(each for each in foot if each)]) + "\n"

    def _html(self, words: _Words, letter: Letter, subject: str) -> str:
        parts = [
            _HEAD.format(lang=words.lang, dir=languages.direction(words.lang), title=subject, text=_TEXT)
        ]
        before = ""
        for item in letter.items:
            if letter.digest and item.subject != before:
                parts.append(_heading(words, item))
            before = item.subject
            parts.append(
                _paragraph(_said_marked(words, item, linked=not letter.digest), bold=not letter.digest)
            )
            parts += [_paragraph(escape(each)) for each in _facts(words, item)]
            if item.quoted:
                by = words.mark("space-mail-notice-answers", marked(_quoted_by(words, item)))
                said = Markup("{} <bdi>{}</bdi>").format(by, item.quoted)
                side = "right" if languages.direction(words.lang) == "rtl" else "left"
                style = f"{_QUIET};padding:0 12px;border-{side}:3px solid #a2a9b1"
                parts.append(_paragraph(said, style=style, name="quiet"))
            parts.append(self._text(item))
        if others := _others(words, letter):
            parts.append(_paragraph(escape(others)))
        parts.append(_button(words.say("space-mail-notice-open"), _address(words, letter)))
        foot = [escape(each) for each in (_why(words, letter), _reply(words, letter)) if each]
        foot.append(_link(words.base_url + letter.stop, escape(words.say("space-mail-notice-stop"))))
        foot.append(_link(words.base_url + SETTINGS_PATH, escape(words.say("space-mail-notice-settings"))))
        foot.append(_link(words.base_url, escape(words.site)))
        parts += [_paragraph(each, style=_QUIET, name="quiet") for each in foot]
        return str(Markup("\n").join([*parts, Markup("</div></body></html>\n")]))

    def _text(self, item: MailedItem) -> Markup:
        """The whole text of an item, or the beginning of one that the mail leaves to its page."""
        if not item.body:
            return _paragraph(escape(item.excerpt), direction="auto") if item.excerpt else Markup("")
        wiki = {"wiki_url": self._settings.wiki_url, "wiki_url_for": self._settings.wiki_url_by_language}
        if item.html:
            html = markup_cooked.shown(item.html, heading_level=_HEADING_LEVEL, **wiki)
        else:
            html = markup.render(item.body, language=item.body_language, heading_level=_HEADING_LEVEL, **wiki)
        block = Markup('<div lang="{}" dir="{}" style="margin:0 0 16px">{}</div>')
        direction = languages.direction(item.body_language)
        return block.format(item.body_language, direction, body(html, self._settings.base_url, direction))


def _subject(words: _Words, letter: Letter) -> str:
    count = len(letter.items) + letter.more + letter.in_groups
    if letter.digest:
        return words.say("space-mail-notice-digest-subject", count, words.site)
    if not letter.items:
        return words.say("space-mail-notice-in-groups-subject", words.site)
    first = letter.items[0]
    if phrases.said(first.what, first.reasons) == phrases.NAMELESS:
        return words.say("space-notify-message")
    if first.what == phrases.DEVICE_LOST:
        return _said(words, first)
    # The same words in all mails of a topic, in any language: programs tell by them what belongs together.
    return first.title if first.what == "forum.topic.created" else f"Re: {first.title}"


def _sender(words: _Words, letter: Letter) -> str:
    """Who wrote what the mail tells, where that is one person: `""` stands for the site."""
    actors = {item.actor for item in letter.items}
    if letter.digest or len(actors) != 1 or not (actor := actors.pop()):
        return ""
    return words.say("space-mail-notice-via", actor, words.site)


def _said(words: _Words, item: MailedItem) -> str:
    said = phrases.said(item.what, item.reasons)
    title = words.say("space-notify-message") if said == phrases.NAMELESS else item.title
    actor = item.actor or words.say("space-mail-notice-somebody")
    return words.say(f"space-notify-says-{said}", isolated(actor, words.lang), isolated(title, words.lang))


def _said_marked(words: _Words, item: MailedItem, linked: bool) -> Markup:
    said = phrases.said(item.what, item.reasons)
    title = escape(words.say("space-notify-message")) if said == phrases.NAMELESS else _title(item)
    if linked:
        title = _link(words.at(item.path), title)
    actor = item.actor or words.say("space-mail-notice-somebody")
    return words.mark(f"space-notify-says-{said}", marked(actor), title)


def _facts(words: _Words, item: MailedItem) -> list[str]:
    """When and where an event takes place, a line each."""
    event = item.event
    if event is None:
        return []
    times = formats.format_interval(event.starts_at, event.ends_at, words.lang, event.timezone)
    where = ", ".join(isolated(each, words.lang) for each in (event.place, event.online_url) if each)
    said = [words.say("space-mail-notice-event-when", times, isolated(event.timezone, words.lang))]
    return said + ([words.say("space-mail-notice-event-where", where)] if where else [])


def _quoted_by(words: _Words, item: MailedItem) -> str:
    return item.quoted_by or words.say("space-mail-notice-somebody")


def _title(item: MailedItem) -> Markup:
    attributes = (item.language, languages.direction(item.language))
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(*attributes, item.title)


def _heading(words: _Words, item: MailedItem) -> Markup:
    style = "margin:24px 0 8px;font-size:18px"
    return Markup('<h2 style="{}">{}</h2>').format(style, _link(words.at(item.path), _title(item)))


def _others(words: _Words, letter: Letter) -> str:
    """What the mail does not show."""
    said = [words.say("space-mail-notice-more", letter.more)] if letter.more else []
    said += [words.say("space-mail-notice-in-groups", letter.in_groups)] if letter.in_groups else []
    return " ".join(said)


def _why(words: _Words, letter: Letter) -> str:
    """Why the mail came."""
    if letter.digest is not None:
        return words.say(f"space-mail-notice-why-{letter.digest}")
    what = letter.items[0].what if letter.items else ""
    if (key := phrases.why(what, letter.reason)) is not None:
        return words.say(key)
    if letter.followed in phrases.WHY_ITEM:
        return words.say(phrases.WHY_ITEM[letter.followed])
    if letter.followed_name:
        return words.say("space-notify-why-follow", isolated(letter.followed_name, words.lang))
    return words.say("space-notify-why-followed")


def _reply(words: _Words, letter: Letter) -> str:
    """What becomes of a reply to the mail."""
    return words.say("space-mail-notice-reply" if letter.may_reply else "space-mail-notice-no-reply")


def _address(words: _Words, letter: Letter) -> str:
    if letter.digest:
        return f"{words.base_url}/notifications"
    return words.at(letter.items[-1].path if letter.items else letter.path)


def _paragraph(
    content: Markup, *, bold: bool = False, style: str = "", name: str = "", direction: str = ""
) -> Markup:
    said = Markup("<strong>{}</strong>").format(content) if bold else content
    given = (("dir", direction), ("class", name), ("style", f"margin:0 0 12px;{style}"))
    attributes = Markup("").join(Markup(' {}="{}"').format(*each) for each in given if each[1])
    return Markup("<p{}>{}</p>").format(attributes, said)


def _link(address: str, content: Markup) -> Markup:
    return Markup('<a class="link" style="color:#36c" href="{}">{}</a>').format(address, content)


def _button(label: str, address: str) -> Markup:
    style = (
        "display:inline-block;padding:10px 16px;border-radius:2px;background:#36c;color:#fff;"
        "font-weight:bold;text-decoration:none"
    )
    link = Markup('<a class="button" style="{}" href="{}">{}</a>').format(style, address, label)
    return _paragraph(link, style="margin:16px 0 24px")
