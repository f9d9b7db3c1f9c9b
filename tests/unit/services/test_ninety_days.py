"""What was needed once is gone after ninety days, in every service: a new table must be listed here, with why it stays
or how it goes. The tables of people are in `tests/unit/people/test_purging.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import MetaData, insert, select
from sqlalchemy.orm import Session

from bus.eventlog.schema import metadata as bus_tables
from bus.outbox.store import OutboxStore
from bus.rpc import idempotency
from core import clock
from core.database import Database
from services.blog.actions import decisions as blog_decisions
from services.blog.tables import Base as Blog
from services.events.actions import decisions as events_decisions
from services.events.actions.held import CALLS as EVENTS_HELD
from services.events.tables import Base as Events
from services.forum.actions import decisions as forum_decisions
from services.forum.actions.held import CALLS as FORUM_HELD
from services.forum.tables import Base as Forum
from services.mail.actions import holding
from services.mail.tables import Base as Mail
from services.notify.actions import mail_queue, push_devices, replicas
from services.notify.tables import Base as Notify
from services.search.elasticsearch import tables as elasticsearch_tables
from services.search.tables import Base as Search
from tests.unit.filling import row_of
from tests.unit.harness import migrate

pytestmark = pytest.mark.slow

DAYS = timedelta(days=90)

WRITTEN = {
    "blog": {
        "article", "article_version", "article_revision", "article_slug", "article_tag", "contributor", "step",
        "proposal", "picture", "picture_size", "picture_use", "deletion",
    },
    "forum": {
        "topic", "topic_version", "topic_revision", "topic_closing", "topic_tag", "post", "post_revision", "deletion",
    },
    "events": {
        "event", "event_version", "event_revision", "event_tag", "event_spoken", "occurrence", "attendance", "deletion",
    },
    "notify": {"follow", "saved_search", "notification", "mail_choice", "push_device", "push_choice"},
    "search": set(),
    "mail": set(),
}  # fmt: skip
"""What people wrote, and what they follow and were told: theirs until they delete it, or leave. Deletions are the log
of moderators."""

OF_THE_SITE = {
    "category", "category_text", "former_category", "category_count", "topic_month", "decision", "former_tag",
    "writing_rules", "former_target",
}  # fmt: skip
"""What administrators set, their log, and where addresses of before lead to."""

REPLICAS = {
    "notify": {
        "person", "refusal", "group_member", "group_by_mail", "topic", "post", "event_seen", "deleted_item",
        "attendance",
    },
    "search": {
        "item", "item_tag", "item_mark", "item_point", "item_text", "tally", "term", "term_pair", "author_name",
        "analysis", "renewal", "generation", "dictionary", "saved_search", "group_slug", "official_category",
        elasticsearch_tables.ElasticsearchIndex.__tablename__, elasticsearch_tables.PendingDocument.__tablename__,
    },
}  # fmt: skip
"""What others' tables say, as long as they do."""

WAITS = {"notify": {"mail_waiting", "push_waiting"}}
"""What is to be done within a day or so, and goes when it is due (`test_mail.py`, `test_push.py`)."""

OF_THE_BUS = {"event_log", "relay_offset", "stale_subject", "consumer_offset", "failed_event"}
"""The log, and how far it was read. What failed stays until an operator has decided on it."""

GOES: dict[str, set[str]] = {
    "blog": {"decided_change"},
    "forum": {"decided_change", "newcomer", "repeat", "repeat_secret", "held_item"},
    "events": {"decided_change", "newcomer", "repeat", "repeat_secret", "held_item"},
    "notify": {"former_name", "last_active", "push_sent"},
    "search": set(),
    "mail": {"incoming_mail", "held_reply", "soft_bounce", "mail_count"},
    "bus": {"idempotency_key", "outbox_task"},
}
PURGES: dict[str, list[Callable[[Session], object]]] = {
    "blog": [blog_decisions.purge_changes],
    "forum": [forum_decisions.purge_changes, FORUM_HELD.purge],
    "events": [events_decisions.purge_changes, EVENTS_HELD.purge],
    "notify": [replicas.purge_former_names, mail_queue.purge_last_active, push_devices.purge],
    "mail": [holding.purge],
}
TABLES: dict[str, MetaData] = {
    name: base.metadata
    for name, base in (
        ("blog", Blog),
        ("forum", Forum),
        ("events", Events),
        ("notify", Notify),
        ("search", Search),
        ("mail", Mail),
    )
}


@pytest.mark.parametrize("service", TABLES)
def test_every_table_is_listed(service: str) -> None:
    stays = WRITTEN[service] | OF_THE_SITE | REPLICAS.get(service, set()) | WAITS.get(service, set())
    found = set(TABLES[service].tables)
    assert found - stays - GOES[service] - set(bus_tables.tables) == set()
    assert (WRITTEN[service] | REPLICAS.get(service, set()) | GOES[service]) - found == set()


def test_every_table_of_the_bus_is_listed() -> None:
    assert set(bus_tables.tables) == OF_THE_BUS | GOES["bus"]


@pytest.mark.parametrize("service", PURGES)
def test_what_was_needed_once_is_gone(empty_database: Database, service: str) -> None:
    migrate(empty_database, service)
    tables = [table for table in TABLES[service].sorted_tables if table.name in GOES[service]]
    tables += [bus_tables.tables[name] for name in sorted(GOES["bus"])]
    now = clock.now()
    with empty_database.writing() as session:
        for table in tables:
            row = row_of(session, table, now)
            if table.name == "held_item":
                row["status"] = "rejected"  # what waits is read first
            session.execute(insert(table).values(row))
    for moment, left in ((now, {table.name for table in tables}), (now + DAYS + timedelta(days=1), set())):
        with clock.at(moment):
            _purge(empty_database, service)
        with empty_database.reading() as session:
            found = {table.name for table in tables if session.execute(select(table).limit(1)).first()}
        # Names that are over are so at once, since they say until when.
        assert found - {"former_name"} == left - {"former_name"}
    assert found == set()


def _purge(database: Database, service: str) -> None:
    with database.writing() as session:
        for purge in PURGES[service]:
            purge(session)
        idempotency.purge(session)
    OutboxStore(database).purge()
