"""Mails are worded in the reader's language, as plain text and HTML, whatever a name is made of."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from core import languages
from gateway.i18n import messages
from gateway.mail.texts import TEMPLATES, MailWriter
from tests.unit.gateway.fakes import settings

LINK = "/sign-in/reset/" + "a" * 43


class Links(HTMLParser):
    """The addresses of a page's links, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str | None] = []
        self.elements: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.links += [value for name, value in attrs if name == "href"]


@pytest.mark.parametrize("language", [*messages.catalogue().languages(), "qqx", "nope"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_each_mail_is_worded_in_each_language(tmp_path: Path, template: str, language: str) -> None:
    site = settings(tmp_path)
    text = MailWriter(site)(template, language, {"name": "Sam", "path": LINK})
    expected = language if language in messages.catalogue().languages() else "en"
    assert text.language == expected
    assert f'<html lang="{expected}" dir="{languages.direction(expected)}">' in text.html
    has_link = template in ("confirm", "reset", "vanishes", "sign-up-accepted")
    assert (text.plain.count(site.base_url + LINK), Links(text.html).links.count(site.base_url + LINK)) == (
        (1, 1) if has_link else (0, 0)
    )
    assert not any(mark in text.plain for mark in ("$1", "$2", "⧼", "{{"))
    assert "Sam" in text.plain
    assert "Sam" not in text.subject
    assert "\n" not in text.subject


@pytest.mark.parametrize("name", ["<script>x</script>", "سامي", "Sam\u202e", "a&b"])
def test_a_name_is_text_and_keeps_its_direction_to_itself(tmp_path: Path, name: str) -> None:
    text = MailWriter(settings(tmp_path))("reset", "en", {"name": name, "path": LINK})
    assert "script" not in Links(text.html).elements
    if not name.isascii():
        assert f"\u2068{name}\u2069" in text.plain


def test_the_site_has_the_name_that_its_administrators_set(tmp_path: Path) -> None:
    params = {"name": "Sam", "path": LINK, "site": "Commons & Co"}
    text = MailWriter(settings(tmp_path))("reset", "en", params)
    assert text.subject.endswith(": Commons & Co")
    assert "on <bdi>Commons &amp; Co</bdi>" in text.html
    assert "\n-- \nCommons & Co\n" in text.plain


def test_an_isolated_name_stands_in_a_mail_from_right_to_left(tmp_path: Path) -> None:
    assert (
        "\u2068Sam\u2069"
        in MailWriter(settings(tmp_path))("reset", "ar", {"name": "Sam", "path": LINK}).plain
    )
