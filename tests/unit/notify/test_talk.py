"""Who is told of topics and posts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.forum import PostChanged, PostDeleted, TopicChanged
from contracts.notify import Level
from core import clock
from tests.unit.notify.town import Town, group, of_group, reasons_of


def test_a_reply_a_quote_and_a_mention_are_one_notification(town: Town) -> None:
    town.people("sam", "noa", "uli")
    topic = town.open_topic("sam", titles={"en": "Buses"})
    first = town.reply(topic, "noa", "I think so.")
    town.reply(topic, "uli", "Right, @sam and @Noa!", quoted_ids=[first.id, topic.first_post_id])
    (told,) = [each for each in town.told("sam") if each.actor_id == town.ids["uli"]]
    assert told.reasons == ["follow", "mention", "reply", "quote"]
    assert (told.what, told.title, told.excerpt) == ("forum.post.created", "Buses", "Right, @sam and @Noa!")
    assert told.path.startswith(f"/talk/t/{topic.id}/a-topic#p")
    assert reasons_of(town.told("noa")) == [["follow", "mention", "quote"]]
    assert town.told("uli") == []


def test_nobody_is_told_of_what_they_did(town: Town) -> None:
    town.people("sam")
    town.follow("sam", "tag", "buses", "watching")
    town.follow("sam", "person", town.ids["sam"])
    topic = town.open_topic("sam", "I am @sam.", tags=["buses"])
    town.reply(topic, "sam", "@sam again", quoted_ids=[topic.first_post_id])
    assert town.told("sam") == []


@pytest.mark.parametrize(
    ("level", "topics", "replies"),
    [("muted", 0, 0), ("tracking", 0, 0), ("normal", 1, 0), ("watching", 1, 1)],
)
@pytest.mark.parametrize("kind", ["tag", "category", "person", "group"])
def test_levels_of_what_topics_stand_among(
    town: Town, kind: str, level: Level, topics: int, replies: int
) -> None:
    town.people("sam", "noa")
    circle = group()
    for name in ("sam", "noa"):
        town.member(circle, name, "member")
    targets = {"tag": "Buses", "category": "talk/general", "person": town.ids["sam"], "group": circle.id}
    town.follow("noa", kind, targets[kind], level)  # type: ignore[arg-type]
    audience = of_group(circle) if kind == "group" else "public"
    topic = town.open_topic("sam", tags=["buses"], audience=audience)
    assert len(town.told("noa")) == topics
    assert all(each.what == "forum.topic.created" for each in town.told("noa"))
    town.reply(topic, "sam", "More.")
    assert len(town.told("noa")) == topics + replies


@pytest.mark.parametrize(("level", "told"), [("muted", 0), ("tracking", 1), ("normal", 2), ("watching", 2)])
def test_levels_of_a_topic(town: Town, level: Level, told: int) -> None:
    town.people("sam", "noa")
    topic = town.open_topic("sam")
    town.follow("noa", "topic", topic.id, level)
    town.reply(topic, "sam", "More.")
    town.reply(topic, "sam", "And you, @noa?")
    assert len(town.told("noa")) == told


def test_a_muted_person_is_not_heard(town: Town) -> None:
    town.people("sam", "noa")
    topic = town.open_topic("noa")
    town.follow("noa", "person", town.ids["sam"], "muted")
    town.reply(topic, "sam", "@noa @noa @noa")
    assert town.told("noa") == []


def test_a_muted_tag_silences_the_category_but_no_mention_and_no_topic(town: Town) -> None:
    town.people("sam", "noa", "uli")
    for name in ("noa", "uli"):
        town.follow(name, "tag", "buses", "muted")
        town.follow(name, "category", "talk/general", "watching")
    topic = town.open_topic("sam", "Hello @uli", tags=["buses"])
    assert town.reasons("noa", "uli") == {"uli": ["mention"]}
    town.follow("noa", "topic", topic.id)
    town.reply(topic, "sam", "More.")
    assert town.reasons("noa") == {"noa": ["follow"]}


def test_who_takes_part_follows(town: Town) -> None:
    town.people("sam", "noa", "uli")
    topic = town.open_topic("sam")
    town.reply(topic, "noa", "Me too.")
    town.reply(topic, "uli", "And me.")
    assert town.reasons("sam", "noa") == {"sam": ["follow", "reply"], "noa": ["follow"]}
    town.follow("noa", "topic", topic.id, "muted")
    town.reply(topic, "noa", "I said so.")
    town.reply(topic, "uli", "So you did.")
    assert len(town.told("noa")) == 1


def test_nobody_is_told_of_what_was_before_they_followed(town: Town) -> None:
    town.people("sam", "noa")
    town.follow("noa", "tag", "buses")
    town.open_topic("sam", tags=["buses"], at=clock.now() - timedelta(days=1))
    assert town.told("noa") == []


def test_old_content_is_told_to_nobody(town: Town) -> None:
    town.people("sam", "noa")
    old = clock.now() - timedelta(days=31)
    with clock.at(old):
        town.follow("noa", "tag", "buses")
    topic = town.open_topic("sam", "Hello @noa", tags=["buses"], at=old)
    assert town.told("noa") == []
    assert town.announced() == []
    town.reply(topic, "noa", "This is new.")
    assert town.reasons("sam") == {"sam": ["follow", "reply"]}


def test_outsiders_hear_nothing_of_a_group(town: Town) -> None:
    town.people("sam", "noa", "uli")
    circle = group()
    town.member(circle, "sam", "moderator")
    town.member(circle, "noa", "member", by="sam")
    for name in ("noa", "uli"):
        town.follow(name, "tag", "plans", "watching")
        town.follow(name, "group", circle.id, "watching")
    town.open_topic("sam", "Hello @noa and @uli", tags=["plans"], audience=of_group(circle))
    assert town.reasons("noa", "uli") == {"noa": ["follow", "mention"]}
    assert town.ids["uli"] not in {each.person_id for each in town.announced()}


def test_leaving_a_group_hides_what_was_told(town: Town) -> None:
    town.people("sam", "noa")
    circle = group()
    for name in ("sam", "noa"):
        town.member(circle, name, "member")
    topic = town.open_topic("sam", "Hello @noa", audience=of_group(circle))
    assert town.unread("noa") == 1
    assert town.announced()[-1].notification is None  # the page asks for it, and is answered as a member
    town.member(circle, "noa", "none")
    assert (town.told("noa"), town.unread("noa")) == ([], 0)
    assert (town.announced()[-1].person_id, town.announced()[-1].unread) == (town.ids["noa"], 0)
    count = len(town.announced())
    town.reply(topic, "sam", "And you, @noa?")
    assert len(town.announced()) == count


def test_titles_come_in_the_readers_language(town: Town) -> None:
    town.person("sam")
    for name, language in (("german", "de"), ("swiss", "gsw"), ("japanese", "ja")):
        town.person(name, language)
        town.follow(name, "tag", "buses")
    topic = town.open_topic("sam", titles={"es": "Autobuses", "de": "Busse"}, tags=["buses"])
    found = {
        name: (told.title, told.language)
        for name in ("german", "swiss", "japanese")
        for told in town.told(name)
    }
    assert found == {"german": ("Busse", "de"), "swiss": ("Busse", "de"), "japanese": ("Autobuses", "es")}
    renamed = topic.versions[1].model_copy(update={"title": "Omnibusse"})
    town.hear(
        TopicChanged(
            topic=topic.model_copy(update={"versions": [topic.versions[0], renamed]}), by_id=town.ids["sam"]
        )
    )
    assert [each.title for each in (*town.told("german"), *town.told("japanese"))] == [
        "Omnibusse",
        "Autobuses",
    ]


def test_an_edit_rewords_and_tells_the_newly_mentioned(town: Town) -> None:
    town.people("sam", "noa", "uli")
    topic = town.open_topic("sam")
    post = town.reply(topic, "noa", "Secret! @sam")
    edited = post.model_copy(update={"body": "Nothing. @sam @uli", "mentions": ["sam", "uli"]})
    for _ in range(2):
        town.hear(PostChanged(post=edited, by_id=town.ids["noa"]))
    assert [each.excerpt for each in town.told("sam")] == ["Nothing. @sam @uli"]
    assert [(each.what, each.reasons) for each in town.told("uli")] == [("forum.post.changed", ["mention"])]


def test_a_deleted_post_is_taken_back(town: Town) -> None:
    town.people("sam", "noa")
    topic = town.open_topic("sam")
    post = town.reply(topic, "noa", "Secret!")
    assert town.unread("sam") == 1
    town.hear(
        PostDeleted(
            post=post.model_copy(update={"body": "", "mentions": [], "deleted": True}), by_id=town.ids["noa"]
        )
    )
    assert town.told("sam") == []
    assert town.announced()[-1].unread == 0


def test_a_mention_of_everybody_is_cut(town: Town) -> None:
    names = [f"person{number}" for number in range(60)]
    town.people("sam", *names)
    town.open_topic("sam", " ".join(f"@{name}" for name in names))
    assert sum(bool(town.told(name)) for name in names) == 50
