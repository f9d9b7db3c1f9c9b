"""A post's text is parsed once, where it is written: its event says what others would parse it for."""

from __future__ import annotations

from typing import Any

from core import markup
from core.database import Database
from tests.unit.forum.harness import change, edit, events, first_post, reply, topic
from tests.unit.users import AMIRA

TEXT = "> Who said so?\n\n**I** did, in [[Page|the notes]]:\n\n- one\n- two\n\n" + "More words follow. " * 20
LINE = "*Another* text"


def parsed_in(database: Database) -> list[tuple[str, Any]]:
    with database.reading() as session:
        found = [event for event in events(session) if "post" in event.data]
        return [(event.data["post"]["body"], event.data.get("parsed")) for event in found]


def as_parsed(body: str) -> dict[str, str]:
    return {"plain": markup.plain(body), "excerpt": markup.excerpt(body)}


def test_the_event_of_a_new_text_says_what_it_was_parsed_to(database: Database) -> None:
    with database.writing() as session:
        where = topic(session, body=LINE)
        post = reply(session, AMIRA, where, TEXT)
        edit(session, AMIRA, post, LINE)
        edit(session, AMIRA, first_post(session, where), TEXT)
    written = [LINE, TEXT.rstrip(), LINE, TEXT.rstrip()]
    assert parsed_in(database) == [(body, as_parsed(body)) for body in written]
    assert as_parsed(LINE)["plain"] == "Another text"


def test_nothing_is_parsed_for_posts_whose_topic_changed(database: Database) -> None:
    with database.writing() as session:
        where = topic(session)
        reply(session, AMIRA, where, LINE)
        before = len(events(session))
        change(session, AMIRA, where, title="Another title")
        moved = [event.data.get("parsed") for event in events(session)[before:] if "post" in event.data]
    assert moved == [None, None]
