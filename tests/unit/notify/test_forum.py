"""Who is notified of topics and posts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.forum import (
    ParsedText,
    PostChanged,
    PostCreated,
    PostDeleted,
    PostRestored,
    TopicChanged,
    TopicDeleted,
    TopicRestored,
)
from contracts.notify import Level
from core import clock
from core.markup import excerpt
from core.markup_cut import cut
from services.notify import actions
from tests.unit.notify.harness import NotifyHarness, group, of_group, post_of, reasons_of


def test_a_reply_a_quote_and_a_mention_are_one_notification(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "uli")
    topic = harness.open_topic("sam", titles={"en": "Buses"})
    first = harness.reply(topic, "noa", "I think so.")
    harness.reply(topic, "uli", "Right, @sam and @Noa!", quoted_ids=[first.id, topic.first_post_id])
    (notified,) = [each for each in harness.notifications("sam") if each.actor_id == harness.ids["uli"]]
    assert notified.reasons == ["follow", "mention", "reply", "quote"]
    assert (notified.what, notified.title, notified.excerpt) == (
        "forum.post.created",
        "Buses",
        "Right, @sam and @Noa!",
    )
    assert notified.path.startswith(f"/talk/t/{topic.id}/a-topic#p")
    assert reasons_of(harness.notifications("noa")) == [["follow", "mention", "quote"]]
    assert harness.notifications("uli") == []


def test_a_notification_names_what_is_followed_that_led_to_it(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    harness.follow("noa", "tag", "buses")
    harness.follow("noa", "tag", "trains", "tracking")
    harness.follow("noa", "category", "talk/general", "watching")
    topic = harness.open_topic("sam", tags=["buses", "trains", "trams"])
    (opened,) = harness.notifications("noa")
    assert {(each.kind, each.id) for each in opened.followed} == {
        ("tag", "buses"),
        ("category", "talk/general"),
    }
    harness.follow("noa", "topic", topic.id)
    harness.reply(topic, "sam", "More.")
    assert [(each.kind, each.id) for each in harness.notifications("noa")[0].followed] == [
        ("topic", topic.id),
        ("category", "talk/general"),
    ]


def test_nobody_is_notified_of_what_they_did(harness: NotifyHarness) -> None:
    harness.people("sam")
    harness.follow("sam", "tag", "buses", "watching")
    harness.follow("sam", "person", harness.ids["sam"])
    topic = harness.open_topic("sam", "I am @sam.", tags=["buses"])
    harness.reply(topic, "sam", "@sam again", quoted_ids=[topic.first_post_id])
    assert harness.notifications("sam") == []


@pytest.mark.parametrize(
    ("level", "topics", "replies"),
    [("muted", 0, 0), ("tracking", 0, 0), ("normal", 1, 0), ("watching", 1, 1)],
)
@pytest.mark.parametrize("kind", ["tag", "category", "person", "group"])
def test_levels_of_what_topics_stand_among(
    harness: NotifyHarness, kind: str, level: Level, topics: int, replies: int
) -> None:
    harness.people("sam", "noa")
    circle = group()
    for name in ("sam", "noa"):
        harness.member(circle, name, "member")
    targets = {"tag": "Buses", "category": "talk/general", "person": harness.ids["sam"], "group": circle.id}
    harness.follow("noa", kind, targets[kind], level)  # type: ignore[arg-type]
    audience = of_group(circle) if kind == "group" else "public"
    topic = harness.open_topic("sam", tags=["buses"], audience=audience)
    assert len(harness.notifications("noa")) == topics
    assert all(each.what == "forum.topic.created" for each in harness.notifications("noa"))
    harness.reply(topic, "sam", "More.")
    assert len(harness.notifications("noa")) == topics + replies


@pytest.mark.parametrize(
    ("level", "notified"), [("muted", 0), ("tracking", 1), ("normal", 2), ("watching", 2)]
)
def test_levels_of_a_topic(harness: NotifyHarness, level: Level, notified: int) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("sam")
    harness.follow("noa", "topic", topic.id, level)
    harness.reply(topic, "sam", "More.")
    harness.reply(topic, "sam", "And you, @noa?")
    assert len(harness.notifications("noa")) == notified


def test_nobody_is_notified_of_a_muted_person(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("noa")
    harness.follow("noa", "person", harness.ids["sam"], "muted")
    harness.reply(topic, "sam", "@noa @noa @noa")
    assert harness.notifications("noa") == []


def test_a_muted_tag_silences_the_category_but_no_mention_and_no_topic(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "uli")
    for name in ("noa", "uli"):
        harness.follow(name, "tag", "buses", "muted")
        harness.follow(name, "category", "talk/general", "watching")
    topic = harness.open_topic("sam", "Hello @uli", tags=["buses"])
    assert harness.reasons("noa", "uli") == {"uli": ["mention"]}
    harness.follow("noa", "topic", topic.id)
    harness.reply(topic, "sam", "More.")
    assert harness.reasons("noa") == {"noa": ["follow"]}


def test_who_takes_part_follows(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "uli")
    topic = harness.open_topic("sam")
    harness.reply(topic, "noa", "Me too.")
    harness.reply(topic, "uli", "And me.")
    assert harness.reasons("sam", "noa") == {"sam": ["follow", "reply"], "noa": ["follow"]}
    harness.follow("noa", "topic", topic.id, "muted")
    harness.reply(topic, "noa", "I said so.")
    harness.reply(topic, "uli", "So you did.")
    assert len(harness.notifications("noa")) == 1


def test_nobody_is_notified_of_what_was_before_they_followed(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    harness.follow("noa", "tag", "buses")
    harness.open_topic("sam", tags=["buses"], at=clock.now() - timedelta(days=1))
    assert harness.notifications("noa") == []


def test_nobody_is_notified_of_old_content(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    old = clock.now() - timedelta(days=31)
    with clock.at(old):
        harness.follow("noa", "tag", "buses")
    topic = harness.open_topic("sam", "Hello @noa", tags=["buses"], at=old)
    assert harness.notifications("noa") == []
    assert harness.published() == []
    harness.reply(topic, "noa", "This is new.")
    assert harness.reasons("sam") == {"sam": ["follow", "reply"]}


def test_outsiders_are_notified_of_nothing_in_a_group(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "uli")
    circle = group()
    harness.member(circle, "sam", "moderator")
    harness.member(circle, "noa", "member", by="sam")
    for name in ("noa", "uli"):
        harness.follow(name, "tag", "plans", "watching")
        harness.follow(name, "group", circle.id, "watching")
    harness.open_topic("sam", "Hello @noa and @uli", tags=["plans"], audience=of_group(circle))
    assert harness.reasons("noa", "uli") == {"noa": ["follow", "mention"]}
    assert harness.ids["uli"] not in {each.person_id for each in harness.published()}


def test_leaving_a_group_hides_what_was_told(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    circle = group()
    for name in ("sam", "noa"):
        harness.member(circle, name, "member")
    topic = harness.open_topic("sam", "Hello @noa", audience=of_group(circle))
    assert harness.unread("noa") == 1
    assert harness.published()[-1].notification is None  # the page asks for it, and is answered as a member
    harness.member(circle, "noa", "none")
    assert (harness.notifications("noa"), harness.unread("noa")) == ([], 0)
    assert (harness.published()[-1].person_id, harness.published()[-1].unread) == (harness.ids["noa"], 0)
    count = len(harness.published())
    harness.reply(topic, "sam", "And you, @noa?")
    assert len(harness.published()) == count


def test_titles_come_in_the_readers_language(harness: NotifyHarness) -> None:
    harness.person("sam")
    for name, language in (("german", "de"), ("swiss", "gsw"), ("japanese", "ja")):
        harness.person(name, language)
        harness.follow(name, "tag", "buses")
    topic = harness.open_topic("sam", titles={"es": "Autobuses", "de": "Busse"}, tags=["buses"])
    found = {
        name: (notified.title, notified.language)
        for name in ("german", "swiss", "japanese")
        for notified in harness.notifications(name)
    }
    assert found == {"german": ("Busse", "de"), "swiss": ("Busse", "de"), "japanese": ("Autobuses", "es")}
    renamed = topic.versions[1].model_copy(update={"title": "Omnibusse"})
    harness.handle(
        TopicChanged(
            topic=topic.model_copy(update={"versions": [topic.versions[0], renamed]}),
            by_id=harness.ids["sam"],
        )
    )
    assert [
        each.title for each in (*harness.notifications("german"), *harness.notifications("japanese"))
    ] == [
        "Omnibusse",
        "Autobuses",
    ]


def test_an_edit_updates_and_notifies_the_newly_mentioned(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "uli")
    topic = harness.open_topic("sam")
    post = harness.reply(topic, "noa", "Secret! @sam")
    edited = post.model_copy(update={"body": "Nothing. @sam @uli", "mentions": ["sam", "uli"]})
    for _ in range(2):
        harness.handle(PostChanged(post=edited, by_id=harness.ids["noa"]))
    assert [each.excerpt for each in harness.notifications("sam")] == ["Nothing. @sam @uli"]
    assert [(each.what, each.reasons) for each in harness.notifications("uli")] == [
        ("forum.post.changed", ["mention"])
    ]


def test_a_deleted_post_is_taken_back(harness: NotifyHarness) -> None:
    harness.people("sam", "noa")
    topic = harness.open_topic("sam")
    post = harness.reply(topic, "noa", "Secret!")
    assert harness.unread("sam") == 1
    harness.handle(
        PostDeleted(
            post=post.model_copy(update={"body": "", "mentions": [], "deleted": True}),
            by_id=harness.ids["noa"],
        )
    )
    assert harness.notifications("sam") == []
    assert harness.published()[-1].unread == 0


def test_a_post_that_a_moderator_deleted_comes_back_with_its_notifications(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "mod")
    topic = harness.open_topic("sam")
    post = harness.reply(topic, "noa", "Look, @sam!", mentions=["sam"])
    before = harness.notifications("sam")
    gone = post.model_copy(update={"body": "", "mentions": [], "deleted": True})
    harness.handle(PostDeleted(post=gone, by_id=harness.ids["mod"], reason="spam"))
    assert harness.notifications("sam") == []
    (told,) = harness.notifications("noa")
    assert (told.what, told.title, told.actor_id) == ("forum.post.deleted", "A topic", None)
    assert told.path.endswith(f"#p{post.id}")
    blank = gone.model_copy(update={"topic_deleted": True})
    harness.handle(TopicDeleted(topic=topic, by_id=harness.ids["mod"], reason="spam"))
    harness.handle(TopicRestored(topic=topic, by_id=harness.ids["mod"]))
    assert harness.notifications("sam") == [], "the post is still deleted"
    harness.handle(PostDeleted(post=blank, by_id=harness.ids["mod"]))
    harness.handle(PostRestored(post=post, by_id=harness.ids["mod"]))
    assert harness.notifications("sam") == before
    assert harness.notifications("noa") == []


def test_a_mention_of_everybody_is_cut(harness: NotifyHarness) -> None:
    names = [f"person{number}" for number in range(60)]
    harness.people("sam", *names)
    harness.open_topic("sam", " ".join(f"@{name}" for name in names))
    assert [bool(harness.notifications(name)) for name in names] == [True] * 10 + [False] * 50, "sam is new"
    with clock.at(clock.now() + timedelta(days=1)):
        harness.open_topic("sam", " ".join(f"@{name}" for name in names))
        assert [len(harness.notifications(name)) for name in names] == [2] * 10 + [1] * 40 + [0] * 10


def test_who_is_mentioned_in_a_text_without_spaces_is_notified(harness: NotifyHarness) -> None:
    harness.people("sam", "member", "memberさん", "小明")
    topic = harness.open_topic("sam")
    harness.reply(topic, "sam", "谢谢@member的帮助，也谢谢@小明的帮助。")
    assert harness.reasons("member", "memberさん", "小明") == {"member": ["mention"], "小明": ["mention"]}
    harness.reply(topic, "sam", "@memberさん、ありがとう")
    assert [len(harness.notifications(name)) for name in ("member", "memberさん", "小明")] == [1, 1, 1]


def test_a_mention_that_edits_add_and_remove_notifies_once(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "uli")
    post = harness.reply(harness.open_topic("sam"), "noa", "Hello.")
    for number in range(20):
        mentions = ["uli"] if number % 2 == 0 else []
        body = " ".join(["Hello", *(f"@{name}" for name in mentions)])
        edited = post.model_copy(update={"body": body, "mentions": mentions})
        harness.handle(PostChanged(post=edited, by_id=harness.ids["noa"]))
        if number == 5:
            with harness.database.writing() as session:
                actions.mark_read(session, harness.viewer("uli"), None)
    assert [each.excerpt for each in harness.notifications("uli")] == ["Hello"]
    assert harness.unread("uli") == 0


def test_who_is_quoted_within_a_quote_is_not_notified_again(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "uli")
    topic = harness.open_topic("sam")
    first = harness.reply(topic, "uli", "First.")
    with harness.database.writing() as session:
        actions.unfollow(session, harness.viewer("uli"), "topic", topic.id)
    inner = f"> @uli [said](/talk/p/{first.id}):\n>\n> First."
    second = harness.reply(topic, "noa", f"{inner}\n\nSecond.", quoted_ids=[first.id])
    assert harness.reasons("uli") == {"uli": ["mention", "quote"]}
    nested = "\n".join(f"> {line}" for line in second.body.split("\n"))
    harness.reply(
        topic, "sam", f"> @noa [said](/talk/p/{second.id}):\n>\n{nested}\n\nThird.", quoted_ids=[second.id]
    )
    assert len(harness.notifications("uli")) == 1
    assert harness.reasons("noa") == {"noa": ["follow", "mention", "quote"]}


def test_notifications_of_a_deleted_topic_are_hidden_until_it_is_restored(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "uli")
    topic = harness.open_topic("sam", "Hello @noa.")
    post = harness.reply(topic, "uli", "And @noa again.")
    before = {name: harness.notifications(name) for name in ("sam", "noa")}
    assert (harness.unread("sam"), harness.unread("noa")) == (1, 2)
    gone = topic.model_copy(update={"versions": []})
    harness.handle(TopicDeleted(topic=gone, by_id=harness.ids["uli"], reason="spam"))
    blank = post.model_copy(update={"deleted": True, "topic_deleted": True, "mentions": [], "body": ""})
    harness.handle(PostDeleted(post=blank, by_id=harness.ids["uli"]))
    assert harness.notifications("noa") == []
    (told,) = harness.notifications("sam")
    assert (told.what, told.title, told.actor_id) == ("forum.topic.deleted", "A topic", None)
    assert told.path == f"/talk/t/{topic.id}"
    unread = {each.person_id: each.unread for each in harness.published()}
    assert (unread[harness.ids["sam"]], unread[harness.ids["noa"]]) == (1, 0)
    harness.handle(TopicRestored(topic=topic, by_id=harness.ids["uli"]))
    first = post.model_copy(
        update={"id": topic.first_post_id, "number": 1, "body": "Hello @noa.", "mentions": ["noa"]}
    )
    harness.handle(PostRestored(post=first, by_id=harness.ids["uli"]))
    harness.handle(PostRestored(post=post, by_id=harness.ids["uli"]))
    assert {name: harness.notifications(name) for name in ("sam", "noa")} == before
    assert harness.unread("noa") == 2


def test_the_excerpt_is_made_of_what_the_event_says_that_the_text_was_parsed_to(
    harness: NotifyHarness,
) -> None:
    harness.people("amira", "bo")
    topic = harness.open_topic("amira")
    long = "Words that were parsed already. " * 8
    parsed = ParsedText(plain=long, excerpt=excerpt(long))
    post = post_of(topic, 2, harness.ids["bo"], "*Hm*.")
    harness.handle(PostCreated(post=post, by_id=post.author_id, parsed=parsed))
    assert harness.notifications("amira")[0].excerpt == excerpt(long, 200)
    harness.handle(PostChanged(post=post, by_id=post.author_id))
    assert harness.notifications("amira")[0].excerpt == "Hm."


@given(
    st.lists(
        st.sampled_from(["a", "word", "x" * 90, " ", "\n\n", "。", "雪", "e\u0301", "🏳️‍🌈", "- "]),
        max_size=200,
    )
)
def test_an_excerpt_is_the_same_whether_its_text_or_its_excerpt_was_cut(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert cut(excerpt(text), 200) == excerpt(text, 200)
