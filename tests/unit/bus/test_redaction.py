"""Redaction reads the events of what it is about, and not the whole log."""

from __future__ import annotations

import pytest
from sqlalchemy import ColumnElement, select, text

from bus.eventlog.redaction import naming, redact
from bus.eventlog.schema import event_log
from core.database import Database
from tests.unit.harness import migrate

pytestmark = pytest.mark.slow

SUBJECT = "person/0000000000000007"
CONDITIONS = [
    (event_log.c.type == "a.b.c") & (event_log.c.subject == SUBJECT),
    event_log.c.type.in_(["a.b.c", "a.b.d"]) & event_log.c.subject.in_([SUBJECT]),
    (event_log.c.type == "a.b.c") & naming("0000000000000007"),
]


@pytest.mark.parametrize("which", CONDITIONS)
def test_it_reads_by_the_index(empty_database: Database, which: ColumnElement[bool]) -> None:
    migrate(empty_database, "people")
    statement = select(event_log.c.seq, event_log.c.data).where(which)
    with empty_database.reading() as session:
        dialect = session.get_bind().dialect
        written = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        if dialect.name == "sqlite":
            plan = session.execute(text(f"EXPLAIN QUERY PLAN {written.replace(':', chr(92) + ':')}")).all()
        else:
            session.execute(text("SET LOCAL enable_seqscan = off"))  # the log of the test is empty
            plan = session.execute(text(f"EXPLAIN {written.replace(':', chr(92) + ':')}")).all()
    assert "event_log_by_type" in str(plan)


def test_nothing_else_changes(empty_database: Database) -> None:
    migrate(empty_database, "people")
    with empty_database.writing() as session:
        for seq, subject in enumerate((SUBJECT, "person/other", SUBJECT), 1):
            session.execute(
                event_log.insert().values(
                    seq=seq, id=f"e{seq}", type="a.b.c" if seq < 3 else "a.b.d", version=1, subject=subject,
                    audience="members", occurred_at=text("CURRENT_TIMESTAMP"), trace="", data={"said": "Rude"},
                )
            )  # fmt: skip
        redact(session, CONDITIONS[0], lambda data: data | {"said": ""})
        found = session.execute(select(event_log.c.data).order_by(event_log.c.seq)).scalars().all()
    assert [each["said"] for each in found] == ["", "Rude", "Rude"]
