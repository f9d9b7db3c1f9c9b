"""Pages, the API and feeds show the HTML that is stored with a text, and render nothing."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from contracts.common import Page, TextVersion
from core.markup_cooked import cook
from core.settings import Settings
from gateway.wiki.items import Writer
from tests.unit.gateway.fakes import TOPIC, FakeServices, article
from tests.unit.gateway.harness import SystemHarness
from tests.unit.gateway.page_samples import event, post, topic

PATH = f"/talk/t/{TOPIC}/where-to-begin"
STORED = cook("# Stored\n\n[[Main Page]], [[:de:Seite]] and [there](/talk)", "en")
"""What is stored; the body beside it says something else, so that one sees which is shown."""


def test_a_topic_shows_the_stored_html(fakes: FakeServices, stranger: FlaskClient) -> None:
    posts = [
        post(html=STORED.html),
        post(id="0" * 15 + "9", number=2, html=STORED.html, body="谢谢@member的"),
    ]
    fakes.forum.answers.update(topic=topic(), posts=Page(items=posts, total=2))
    page = stranger.get(PATH).text
    assert "<h2>Stored</h2>" in page  # the first post stands under the page's heading
    assert "<h3>Stored</h3>" in page  # a reply under its own
    assert 'href="https://meta.wikimedia.org/wiki/Main_Page"' in page
    assert 'href="https://de.wikipedia.org/wiki/Seite"' in page
    assert "wiki.invalid" not in page
    assert "<em>begin</em>" not in page
    assert not fakes.people.called("cards_by_name")  # nobody is looked up for a text that is stored as HTML


def test_a_translated_topic_shows_that_of_its_version(fakes: FakeServices, stranger: FlaskClient) -> None:
    versions = [
        TextVersion(language="en", title="A", body="x"),
        TextVersion(language="de", title="B", body="y"),
    ]
    shown = topic(language="de", html=STORED.html, versions=versions)
    fakes.forum.answers.update(topic=shown, posts=Page(items=[post(html="<p>english</p>")], total=1))
    page = stranger.get(f"{PATH}?lang=de").text
    assert "<h2>Stored</h2>" in page
    assert "english" not in page


def test_a_text_without_stored_html_is_rendered(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.forum.answers.update(topic=topic(), posts=Page(items=[post()], total=1))
    assert "Where to <em>begin</em>?" in stranger.get(PATH).text


def test_the_discussion_of_an_article_shows_it(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.blog.answers["article"] = article()
    fakes.forum.answers.update(
        topic_of_article=topic(), posts=Page(items=[post(number=2, html=STORED.html)], total=2)
    )
    assert "<h3>Stored</h3>" in stranger.get("/news/birds-of-the-valley").text


def test_an_article_shows_it(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.blog.answers["article"] = article().model_copy(
        update={"html": STORED.html, "body": "谢谢@member的"}
    )
    fakes.forum.answers.update(topic_of_article=None)
    assert "<h2>Stored</h2>" in stranger.get("/news/birds-of-the-valley").text
    assert not fakes.people.called("cards_by_name")


def test_an_event_shows_it(fakes: FakeServices, stranger: FlaskClient) -> None:
    shown = event(html=STORED.html, body="谢谢@member的")
    fakes.events.answers.update(event=shown, attendees=Page(items=[]))
    assert "<h2>Stored</h2>" in stranger.get(f"/events/{shown.id}/{shown.slug}").text
    assert not fakes.people.called("cards_by_name")


def test_feeds_have_it_with_addresses_for_readers_elsewhere(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"SPACE_HOME": str(tmp_path), "SPACE_BASE_URL": "https://space.example"}
    )
    writer = Writer(settings)
    for item in (
        writer.post(post(html=STORED.html, excerpt="the beginning"), "Title", []),
        writer.article(
            article().model_copy(update={"html": STORED.html, "excerpt": "the beginning", "summary": ""})
        ),
        writer.topic(topic(html=STORED.html, excerpt="the beginning")),
    ):
        assert "Stored</h3>" in item.html
        assert 'href="https://space.example/talk"' in item.html
        assert 'href="https://meta.wikimedia.org/wiki/Main_Page"' in item.html
        assert item.summary == "the beginning"


def test_the_api_has_it_as_it_is_shown(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    given = {"title": "T", "body": "# A\n\n[[Main Page]]", "category": "help", "language": "en"}
    made = amina.post("/topics", given).json
    (found,) = amina.get(f"/topics/{made['id']}/posts").json["items"]
    assert found["html"] == made["html"]
    assert "<h2>A</h2>" in found["html"]
    assert 'href="https://meta.wikimedia.org/wiki/Main_Page"' in found["html"]
    assert found["excerpt"] == "A Main Page"
    assert "wiki.invalid" not in str(amina.get(f"/posts/{found['id']}").json)
