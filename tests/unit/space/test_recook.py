"""`space recook` renews what an earlier renderer made of stored texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from core.markup_cooked import RENDERER
from core.settings import Settings
from space import wiring
from space.cli import main
from space.recook import recook_all

_POST = (
    "INSERT INTO post (id, topic_id, number, audience, author_id, language, body, mentions, quoted_ids, revision,"
    " created_at, html, renderer) VALUES (:id, 't1', :number, 'public', 'sam', 'en', '*Hello*', '[]', '[]', 1, :at,"
    " 'old', 0)"
)
_TOPIC = (
    "INSERT INTO topic (id, slug, title, audience, tags, author_id, original_language, first_post_id, revision, pinned,"
    " closed, created_at, posts, last_number, last_post_at, last_author_id) VALUES ('t1', 'a', 'A', 'public', '[]',"
    " 'sam', 'en', 'p1', 1, FALSE, FALSE, :at, 1, 1, :at, 'sam')"
)


@pytest.fixture
def system(tmp_path: Path) -> Settings:
    """A system whose stores are new."""
    return Settings.from_environment({"SPACE_HOME": str(tmp_path)})


@pytest.mark.slow
def test_all_texts_are_renewed_and_then_none(system: Settings) -> None:
    at = "2026-01-02 03:04:05+00:00"
    forum = wiring.open_database(system, "forum")
    with forum.writing() as session:
        session.execute(text(_TOPIC), {"at": at})
        for number in range(1, 252):
            session.execute(text(_POST), {"id": f"p{number}", "number": number, "at": at})
    transactions: list[tuple[str, int]] = []
    assert recook_all(system, lambda name, number: transactions.append((name, number))) == 251
    assert transactions == [("forum", 100), ("forum", 100), ("forum", 51)]
    with forum.reading() as session:
        found = session.execute(text("SELECT DISTINCT html, renderer, excerpt FROM post")).all()
    assert [tuple(row) for row in found] == [("<p><em>Hello</em></p>\n", RENDERER, "Hello")]
    assert recook_all(system, lambda *_: None) == 0
    forum.close()


@pytest.mark.slow
def test_the_command_says_how_many(system: Settings) -> None:
    environment = {"SPACE_HOME": str(system.home)}
    answer = CliRunner().invoke(main, ["recook"], env=environment)
    assert answer.exit_code == 0, answer.output
    assert answer.output == "0 text(s) renewed.\n"
