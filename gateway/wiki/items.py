"""One thing in a feed, whatever the feed's format: where it is, what it says, in which language."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from contracts.blog import ArticleView
from contracts.events import EventView
from contracts.forum import PostView, TopicView
from contracts.search import Hit
from core import languages, markup, markup_cooked
from core.pictures import picture_path
from core.settings import Settings
from gateway import paths
from gateway.i18n import formats

# In sanitised HTML a `<` is always a tag's, and an attribute's value always stands in quotes.
_TAG = re.compile(r'<(?:a|img)(?:\s+[a-z-]+="[^"]*")*')
# What lets a browser choose a picture's size, for the width of our own pages.
_OF_PAGES = re.compile(r' (?:srcset|sizes)="[^"]*"')
_FRAGMENT = re.compile(r'(\shref=")#')
_OWN_ADDRESS = re.compile(r'(\s(?:href|src)=")/(?!/)')
_PICTURE_WIDTH = 1280


@dataclass(frozen=True)
class Item:
    """`id` never changes; `html` is safe, with absolute addresses, in an element with its language and direction."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    language: str
    author_id: str | None
    tags: list[str]
    published: datetime
    updated: datetime
    image: str | None = None

    @property
    def lang(self) -> str:
        """The language as BCP 47 has it."""
        return bcp47(self.language)


def bcp47(code: str) -> str:
    """A stored language code as XML, HTML and HTTP want it."""
    try:
        return languages.language(code).bcp47
    except ValueError:
        return "und"


class Writer:
    """Makes items of views, with the addresses and the wiki of one Space."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._base = settings.base_url
        # A tag URI (RFC 4151): it stays when an address or the scheme changes.
        self._id_prefix = f"tag:{urlsplit(settings.base_url).hostname},2026"

    def absolute(self, path: str) -> str:
        """A path of this site as an address for others."""
        return self._base + path

    def id_of(self, kind: str, id: str) -> str:
        """The id of a thing for all feeds and all times."""
        return f"{self._id_prefix}:{kind}/{id}"

    def article(self, view: ArticleView) -> Item:
        """An article with its picture and who is to be named for it."""
        image = None
        figure = ""
        if view.picture is not None:
            image = self.absolute(picture_path(view.picture.id, _PICTURE_WIDTH))
            said = (view.picture.author, view.picture.licence, view.picture.source)
            credit = ", ".join(part for part in said if part)
            figure = (
                f'<figure><img src="{html.escape(image)}" alt="{html.escape(view.picture.alt)}">'
                f"<figcaption>{html.escape(credit)}</figcaption></figure>"
            )
        url = self.absolute(paths.article_path(view.slug))
        return Item(
            id=self.id_of("article", view.id),
            url=url,
            title=view.title,
            summary=view.summary or view.excerpt,
            html=self._block(view.language, figure + self._render(view.body, view.language, url, view.html)),
            language=view.language,
            author_id=view.author_id,
            tags=view.tags,
            published=view.published_at or view.created_at,
            updated=max(view.published_at or view.created_at, view.changed_at),
            image=image,
        )

    def topic(self, view: TopicView) -> Item:
        """A topic with its first post, which is translated with the title."""
        version = next(one for one in view.versions if one.language == view.language)
        url = self.absolute(paths.topic_path(view.id, view.slug))
        return Item(
            id=self.id_of("topic", view.id),
            url=url,
            title=view.title,
            summary=view.excerpt,
            html=self._block(view.language, self._render(version.body, view.language, url, view.html)),
            language=view.language,
            author_id=view.author_id,
            tags=view.tags,
            published=view.created_at,
            updated=max(view.created_at, version.changed_at or view.created_at),
        )

    def post(self, view: PostView, title: str, tags: list[str]) -> Item:
        """A post, under its topic's title."""
        url = self.absolute(paths.post_path(view.id))
        return Item(
            id=self.id_of("post", view.id),
            url=url,
            title=title,
            summary=view.excerpt,
            html=self._block(view.language, self._render(view.body, view.language, url, view.html)),
            language=view.language,
            author_id=view.author_id,
            tags=tags,
            published=view.created_at,
            updated=view.edited_at or view.created_at,
        )

    def event(self, view: EventView) -> Item:
        """An event: when and where before what its author wrote."""
        when = formats.format_interval(view.starts_at, view.ends_at, view.language, view.timezone, "full")
        lines = [
            f'<time datetime="{view.starts_at:%Y-%m-%dT%H:%MZ}">{html.escape(when)}</time> ({view.timezone})'
        ]
        if view.place is not None:
            lines.append(html.escape(", ".join(place_words(view))))
        if view.online_url:
            address = html.escape(view.online_url)
            lines.append(f'<a href="{address}" rel="nofollow ugc noopener">{address}</a>')
        url = self.absolute(paths.event_path(view.id, view.slug))
        return Item(
            id=self.id_of("event", view.id),
            url=url,
            title=view.title,
            summary=" · ".join([when, *place_words(view)[-2:]]),
            html=self._block(
                view.language,
                f"<p>{'<br>'.join(lines)}</p>" + self._render(view.body, view.language, url, view.html),
            ),
            language=view.language,
            author_id=view.author_id,
            tags=view.tags,
            published=view.created_at,
            updated=view.changed_at,
        )

    def hit(self, hit: Hit) -> Item:
        """What a search found, where there is no more to be said than that."""
        snippet = hit.snippet.replace("\ue000", "").replace("\ue001", "")
        return Item(
            id=self.id_of(hit.kind, hit.id),
            url=self.absolute(hit.path),
            title=hit.title,
            summary=snippet,
            html=self._block(hit.language, f"<p>{html.escape(snippet)}</p>"),
            language=hit.language,
            author_id=hit.author_id,
            tags=hit.tags,
            published=hit.at,
            updated=hit.at,
        )

    def _render(self, text: str, language: str, url: str, stored: str | None = None) -> str:
        """A text as HTML for readers elsewhere: links within the page at `url`, and to other pages, are absolute.

        It is made of the HTML that is stored with the text, where there is any.
        """
        config = self._settings
        wiki_url, wiki_url_for = config.wiki_url, config.wiki_url_by_language
        if stored is None:
            rendered = markup.render(text, wiki_url=wiki_url, wiki_url_for=wiki_url_for, language=language)
        else:
            rendered = markup_cooked.shown(stored, wiki_url=wiki_url, wiki_url_for=wiki_url_for)
        page = html.escape(url)

        def absolute(tag: re.Match[str]) -> str:
            alone = _OF_PAGES.sub("", tag[0])
            return _FRAGMENT.sub(rf"\g<1>{page}#", _OWN_ADDRESS.sub(rf"\g<1>{self._base}/", alone))

        return _TAG.sub(absolute, rendered)

    @staticmethod
    def _block(language: str, content: str) -> str:
        try:
            direction = languages.direction(language)
        except ValueError:
            direction = "ltr"
        return f'<div lang="{bcp47(language)}" dir="{direction}">{content}</div>'


def place_words(view: EventView) -> list[str]:
    """Where an event is, from the venue to the country; nothing for one that is only online."""
    if view.place is None:
        return []
    return [part for part in (view.place.venue, view.place.name, view.place.country) if part]
