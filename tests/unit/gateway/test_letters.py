"""Mails about notifications are worded in the reader's language, and fetch nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.mail import Letter, MailedEvent, MailedItem
from core import languages, markup_cooked
from core.settings import Settings
from gateway.i18n import messages
from gateway.mail.bodies import body
from gateway.mail.letters import LetterWriter
from gateway.notify import phrases

LANGUAGES = messages.catalogue().languages()
SITE = "https://space.example"


class Page(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def values(self, tag: str, name: str) -> list[str]:
        return [value for of, attribute, value in self.attributes if (of, attribute) == (tag, name)]


@pytest.fixture
def writer(tmp_path: Path) -> LetterWriter:
    return LetterWriter(Settings.from_environment({"SPACE_HOME": str(tmp_path), "SPACE_BASE_URL": SITE}))


def item(**fields: Any) -> MailedItem:
    return MailedItem.model_validate(
        {
            "what": "forum.post.created", "reasons": ["reply"], "actor": "Noa", "title": "Night buses",
            "language": "en", "path": "/talk/t/x/night-buses#pabc", "subject": "topic/x",
            "at": datetime(2026, 5, 4, tzinfo=UTC), **fields,
        }
    )  # fmt: skip


def cooked(text: str, language: str = "en") -> dict[str, str]:
    html = markup_cooked.cook(text, language).html
    return {"body": text, "html": html or "", "body_language": language}


def letter(*items: MailedItem, **fields: Any) -> Letter:
    return Letter.model_validate(
        {"language": "en", "items": list(items), "reason": "reply", "stop": "/mail/abc", **fields}
    )


@pytest.mark.parametrize("language", [*LANGUAGES, "qqx", "nope"])
@pytest.mark.parametrize("digest", [None, "hourly", "daily", "weekly"])
def test_a_letter_is_worded_in_each_language(writer: LetterWriter, language: str, digest: str | None) -> None:
    text = writer(letter(item(), language=language, digest=digest, more=3, in_groups=2))
    expected = language if language in LANGUAGES else "en"
    assert text.language == expected
    assert f'<html lang="{expected}" dir="{languages.direction(expected)}">' in text.html
    for said in (text.plain, text.html, text.subject, text.sender):
        assert not any(mark in said for mark in ("$1", "$2", "⧼", "{{", "space-"))
    for address in (f"{SITE}/mail/abc", f"{SITE}/settings/notifications"):
        assert address in text.plain
        assert address in Page(text.html).values("a", "href")


@pytest.mark.parametrize("what", [*phrases.BY_TYPE, "forum.post.changed", "something.new"])
def test_each_kind_of_notification_has_words(writer: LetterWriter, what: str) -> None:
    for reason in ("follow", "review", "mention", "attendance", "membership"):
        text = writer(letter(item(what=what, reasons=[reason]), reason=reason))
        assert "space-" not in text.plain + text.html + text.subject
        assert text.plain.strip()


def test_a_text_in_another_direction_keeps_it_to_itself(writer: LetterWriter) -> None:
    text = writer(letter(item(title="أين نلتقي؟", language="ar", **cooked("> مرحبا\n\nنعم", "ar"))))
    assert '<div lang="ar" dir="rtl"' in text.html
    assert '<bdi lang="ar" dir="rtl">أين نلتقي؟</bdi>' in text.html
    assert "border-right:3px" in text.html
    assert "\u2068أين نلتقي؟\u2069" in text.plain


def test_it_fetches_nothing(writer: LetterWriter) -> None:
    picture = "![A bus](/media/00/bus.webp)\n\n[x](https://other.example/x) [[Main Page]]"
    page = Page(writer(letter(item(**cooked(picture)))).html)
    assert not {"img", "link", "script", "iframe", "source", "object", "video", "audio"} & set(page.elements)
    assert not [each for each in page.attributes if each[1] in ("src", "srcset", "background", "poster")]
    assert not [value for _, name, value in page.attributes if name == "style" and "url(" in value]
    assert not [value for value in page.values("a", "href") if not value.startswith(("https://", "mailto:"))]


def test_a_picture_is_a_link_by_its_description() -> None:
    html = body('<p><img src="/media/00/b.webp" alt="A &lt;bus&gt;"></p>', SITE, "ltr")
    assert Page(html).values("a", "href") == [f"{SITE}/media/00/b.webp"]
    assert "[A &lt;bus&gt;]" in html


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    html = body(markup_cooked.cook(text, "en").html or "", SITE, "ltr")
    page = Page(f"<i>{html}</i>")
    allowed = {
        "i", "a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "span", "strong", "table",
        "tbody", "td", "th", "thead", "tr", "ul", "h2", "h3", "h4", "h5", "h6",
    }  # fmt: skip
    assert set(page.elements) <= allowed
    assert {name for _, name, _ in page.attributes} <= {"href", "style", "class", "dir", "lang", "start"}


@pytest.mark.parametrize("name", ["<script>x</script>", "سامي", 'a"b', "a&b"])
def test_names_and_titles_are_text(writer: LetterWriter, name: str) -> None:
    text = writer(
        letter(item(actor=name, title=name), reason="follow", followed="person", followed_name=name)
    )
    assert "script" not in Page(text.html).elements
    assert name in text.plain


def test_a_text_that_depends_on_names_is_made_anew(writer: LetterWriter) -> None:
    """No HTML is stored of it."""
    text = writer(letter(item(body="ありがとう@Noaさん **はい**", html="", body_language="ja")))
    assert "<strong>はい</strong>" in text.html


def test_a_mail_of_several_is_from_the_site(writer: LetterWriter) -> None:
    assert writer(letter(item(), item())).sender == "Noa via Space"
    assert writer(letter(item(), item(actor="Uli"))).sender == ""
    assert writer(letter(item(actor=""))).sender == ""
    assert writer(letter(item(), digest="daily")).sender == ""


def test_addresses_are_short_and_in_ascii(writer: LetterWriter) -> None:
    text = writer(letter(item(path="/talk/t/x/أين-نلتقي#pabc"), item(path="/news/أين")))
    found = re.findall(r"https://\S+", text.plain)
    assert f"{SITE}/news/%D8%A3%D9%8A%D9%86" in found
    assert all(each.isascii() for each in found)
    assert f"{SITE}/talk/p/abc" in Page(text.html).values("a", "href")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_event_and_what_a_post_answers_are_worded_in_each_language(
    writer: LetterWriter, language: str
) -> None:
    start = datetime(2026, 5, 20, 17, tzinfo=UTC)
    event = MailedEvent(starts_at=start, ends_at=start, timezone="Europe/Berlin", place="Main station")
    told = writer(letter(item(event=event, quoted="Where to?", quoted_by="Uli"), language=language))
    for text in (told.plain, told.html):
        assert all(said in text for said in ("Main station", "Europe/Berlin", "Where to?", "Uli"))
        assert "$" not in text
        assert "space-" not in text
    assert ("border-right:3px" if languages.direction(language) == "rtl" else "border-left:3px") in told.html
    assert (
        writer(letter(item(event=event.model_copy(update={"place": ""})), language="en")).plain.count("Where")
        == 0
    )


def test_a_letter_of_a_group_says_only_that_there_is_something(writer: LetterWriter) -> None:
    text = writer(letter(in_groups=1, path="/talk/p/abc"))
    assert text.subject == "Something new in one of your groups: Space"
    assert f"{SITE}/talk/p/abc" in text.plain
    assert text.sender == ""


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"reason": "mention"}, "You were mentioned"),
        ({"reason": "follow", "followed": "topic"}, "You follow this topic"),
        ({"reason": "follow", "followed": "tag", "followed_name": "#buses"}, "You follow #buses"),
        ({"reason": "follow", "followed": "category"}, "You follow something this belongs to"),
        ({"digest": "daily"}, "You get what you follow once a day."),
    ],
)
def test_it_says_why_it_came(writer: LetterWriter, fields: dict[str, Any], why: str) -> None:
    text = writer(letter(item(), **fields))
    assert why in text.plain
    assert why in text.html


def test_a_device_that_is_lost_is_told_by_a_sentence(writer: LetterWriter) -> None:
    """It is no topic to which something is a reply."""
    lost = item(
        what="notify.device.lost", reasons=["review"], actor="", title="Blue phone", subject="device/x"
    )
    text = writer(letter(lost, reason="review"))
    assert text.subject.startswith("Your device “Blue phone” can’t be reached any more")
    assert "You get messages on this device" in text.plain
