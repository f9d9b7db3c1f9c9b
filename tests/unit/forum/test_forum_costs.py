"""What a reply costs the forum: as many statements however much there is. Who raises the figure says why."""

from __future__ import annotations

from core.database import Database
from tests.unit.forum.harness import reply, topic
from tests.unit.harness import statements_of
from tests.unit.users import AMIRA, BO

STATEMENTS: list[str | tuple[str, ...]] = [
    "SELECT topic",  # locks it
    "SELECT (SELECT",  # how much its author has written, and the rules for writing
    "INSERT INTO",  # the post
    "UPDATE topic",  # counts it
    ("INSERT INTO", "SELECT"),  # the event; on PostgreSQL the same message takes the log's lock
]


def test_a_reply_takes_five_statements(database: Database) -> None:
    with database.writing() as session:
        where = topic(session)
        for number in range(3):
            reply(session, AMIRA, where, f"Answer {number}.")
    with database.writing() as session, statements_of(database.engine) as statements:
        reply(session, BO, where, "I come too.")
    found = [each for each in statements if not each.startswith("BEGIN")]
    assert len(found) == len(STATEMENTS)
    for statement, begins in zip(found, STATEMENTS, strict=True):
        assert " ".join(statement.split()).startswith(begins)
