"""Functions for templates: messages, languages, people, times, markup, icons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Flask, request
from markupsafe import Markup, escape

from contracts.moderation import UNNAMED
from core import clock, languages, markup, markup_cooked
from core.markup_cut import cut
from gateway import direct_calls, icons, paths
from gateway.concurrency import unread_count
from gateway.holes import hole
from gateway.i18n import formats, messages
from gateway.request_context import QQX, THEMES, request_context, settings
from gateway.shown_names import shown_name
from gateway.site.words import in_readers_language, site, site_name, tagline
from gateway.times import event_interval, event_time, when, your_interval

_KEPT = 5_000
"""How many pieces of HTML that many pages show, such as links to people, are kept of each kind."""


def msg(key: str, *params: object) -> Markup:
    """A message in the reader's language, as HTML."""
    return messages.markup(key, request_context().language, *params)


def attrs(**pairs: object) -> Markup:
    """HTML attributes; None and False are left out, True gives one without a value, `_` becomes `-`."""
    out = []
    for name, value in pairs.items():
        name = name.rstrip("_").replace("_", "-")
        if value is True:
            out.append(f" {escape(name)}")
        elif value is not None and value is not False:
            out.append(f' {escape(name)}="{escape(value)}"')
    return Markup("".join(out))


def lang_attrs(code: str | None) -> Markup:
    """`lang` and `dir` for a block written in the language `code`; nothing if that is the page's language."""
    if not code or code == request_context().frame_language:
        return Markup("")
    return _lang_attrs(code)


@lru_cache(maxsize=_KEPT)
def _lang_attrs(code: str) -> Markup:
    try:
        language = languages.language(code)
    except ValueError:
        return Markup(' dir="auto"')
    return Markup(' lang="{}" dir="{}"').format(language.bcp47, language.dir)


def autonym(code: str) -> str:
    """A language's own name, or its code if there is none."""
    try:
        return languages.autonym(code)
    except ValueError:
        return code


def language_name(code: str) -> Markup:
    """A language's own name in an element with its `lang` and `dir`."""
    return Markup("<span{}>{}</span>").format(lang_attrs(code), autonym(code))


@cache
def _all_language_options() -> Markup:
    option = Markup('<option value="{}">{}</option>')
    every = sorted(languages.all_languages(), key=lambda each: each.autonym.casefold())
    return Markup("").join(option.format(each.code, each.autonym) for each in every)


@lru_cache(maxsize=_KEPT)
def _language_option(code: str, chosen: bool) -> Markup:
    selected = Markup(" selected" if chosen else "")
    return Markup('<option value="{}"{}>{}</option>').format(code, selected, autonym(code))


def language_options(chosen: str = "", every: bool = True) -> Markup:
    """The `<option>`s of a choice of language: the reader's and the interface's first, then all if `every`."""
    near = dict.fromkeys(
        [*filter(None, [chosen]), *request_context().viewer.languages, *messages.catalogue().languages()]
    )
    first = Markup("").join(
        [_language_option(code, code == chosen) for code in near if languages.is_language(code)]
    )
    if not every:
        return first
    group = Markup('<optgroup label="{}">{}</optgroup>')
    return group.format(msg("space-frame-languages-yours"), first) + group.format(
        msg("space-frame-languages-all"), _all_language_options()
    )


def select_options(options: Iterable[tuple[str, str]], chosen: str) -> Markup:
    """The `<option>`s of a choice among pairs of value and text."""
    # By the texts' types too: text and HTML that are equal are not written alike.
    pairs = tuple((value, text, type(text)) for value, text in options)
    return _select_options(pairs, next((value for value, *_ in pairs if value == chosen), None))


# A page may have all countries to choose from.
@lru_cache(maxsize=100)
def _select_options(pairs: tuple[tuple[str, str, type], ...], chosen: str | None) -> Markup:
    options = [
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text, _ in pairs
    ]
    return Markup("".join(options))


def markdown(text: str, language: str | None = None, heading_level: int = 2) -> Markup:
    """Markdown as safe HTML, for an element with `class="prose"` and `lang_attrs(language)`.

    `heading_level` is the level below that of the heading which the text stands under.
    """
    config = settings()
    html = markup.render(
        text,
        wiki_url=config.wiki_url,
        wiki_url_for=config.wiki_url_by_language,
        language=language or request_context().reading_language,
        known_names=request_context().known_names,
        heading_level=heading_level,
    )
    return Markup(html)  # core.markup sanitises


def prose(html: str | None, text: str, language: str | None = None, heading_level: int = 2) -> Markup:
    """The HTML that is stored with a text, as `markdown` makes it; made now where none is stored."""
    if html is None:
        return markdown(text, language, heading_level)
    config = settings()
    return Markup(
        markup_cooked.shown(
            html,
            wiki_url=config.wiki_url,
            wiki_url_for=config.wiki_url_by_language,
            heading_level=heading_level,
        )
    )


def person_name(person_id: str | None) -> str:
    """The name shown for a person, whose card `load_people` must have loaded."""
    card = request_context().cards.get(person_id or "")
    lang = request_context().language
    unknown = "space-reports-moderators" if person_id == UNNAMED else "space-frame-person-unknown"
    return shown_name(card, lang) if card else messages.message(unknown, lang)


def person_link(person_id: str | None) -> Markup:
    """A link to a person's page, with the name isolated from the text direction around it."""
    card = request_context().cards.get(person_id or "")
    if card is None:
        return Markup('<span class="person">{}</span>').format(person_name(person_id))
    return _person_link(card.name, shown_name(card, request_context().language))


@lru_cache(maxsize=_KEPT)
def _person_link(name: str, shown: str) -> Markup:
    return Markup('<a class="person" href="{}"><bdi>{}</bdi></a>').format(paths.person_path(name), shown)


def bdi(text: str) -> Markup:
    """A name or other text isolated from the text direction of the sentence around it."""
    return Markup(f"<bdi>{escape(text)}</bdi>")  # in a fifth of the time of `format`


def people_list(ids: Iterable[str]) -> Markup:
    """Links to several people, joined as the language joins them."""
    return formats.format_list_markup([person_link(one) for one in ids], request_context().frame_language)


def avatar(person_id: str | None, name: str | None = None) -> Markup:
    """A round mark with a person's initial, in one of eight colours by their id.

    `name` if it is known without the person's card.
    """
    return _avatar(person_id or "", name or person_name(person_id))


@lru_cache(maxsize=_KEPT)
def _avatar(person_id: str, name: str) -> Markup:
    letter = next((character for character in name if character.isalnum()), "·")
    colour = sum(map(ord, person_id)) % 8
    return Markup('<span class="avatar avatar-{}" aria-hidden="true">{}</span>').format(
        colour, letter.upper()
    )


def day(value: date, skeleton: str = "yMMMd") -> str:
    """A date without a time, by a CLDR skeleton."""
    return formats.format_pattern(value, request_context().frame_language, skeleton)


def number(value: int | float) -> str:
    """A number with the language's separators."""
    return formats.format_number(value, request_context().frame_language)


def icon(name: str, label: str = "") -> Markup:
    """One of Codex's icons."""
    return icons.icon(settings().vendor, name, request_context().frame_language, str(label))


def csrf_field() -> Markup:
    """The hidden field that every form with `method="post"` carries."""
    return hole("csrf_field")


def link_with(**changes: object) -> str:
    """This page's address with some query parameters changed; None removes one, the cursor is always removed."""
    kept = [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in changes and name != "after"
    ]
    kept += [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def part_words(part: str) -> Markup:
    """A part of the site in words, such as `language:de`; a category and a group by their addresses."""
    kind, _, name = part.partition(":")
    shown = language_name(name) if kind == "language" else Markup("<bdi>{}</bdi>").format(name)
    return msg(f"space-administration-part-{kind}", shown)


def role_words(role: str, part: str) -> Markup:
    """A role in words, with the part that it is for."""
    name = msg(f"space-people-role-{role}")
    return msg("space-administration-role-of-part", name, part_words(part)) if part else name


def attr_join(*ids: str | None) -> str:
    """Ids for `aria-describedby`, without the empty ones."""
    return " ".join(one for one in ids if one)


_GLOBALS: tuple[Callable[..., Any], ...] = (
    msg, attrs, lang_attrs, autonym, language_name, language_options, select_options, prose,
    person_name, person_link, people_list, bdi, avatar,
    when, event_time, event_interval, your_interval, day, number, icon, csrf_field,
    link_with, attr_join, request_context, settings, unread_count, hole, site, site_name, tagline,
    in_readers_language, part_words, role_words, shown_name,
)  # fmt: skip


def register(app: Flask) -> None:
    """Make all of it available to templates."""
    direct_calls.install(app)
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True

    # Jinja's `import` compares all of its variables with the page's each time.
    @cache
    def macros(name: str) -> object:
        """The macros of a template, which need no variable of a page."""
        return environment.get_template(name).module

    environment.globals["macros"] = macros
    environment.globals.update({helper.__name__: helper for helper in (*_GLOBALS, *paths.ALL)})
    environment.globals.update(QQX=QQX, THEMES=THEMES, now=clock.now)
    environment.filters.update(shortened=cut)
    environment.filters["bcp47"] = lambda code: languages.language(code).bcp47
    environment.filters["direction"] = languages.direction
