"""What the distributed way to write can do at best: replies that go the same way, by plain kombu and psycopg2.

A gateway takes a reply by HTTP and asks a service over RabbitMQ, which writes post and event in one transaction on
PostgreSQL, answers, and publishes the event; each of three subscribers writes a row and its offset, many at once
(`bench.bare_process`). There is nothing else: nobody is identified, and nothing is checked, parsed, rendered or
notified.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import click
from sqlalchemy import Engine, create_engine, text

from bench.__main__ import free_port, running, wait
from tests import servers

SUBSCRIBERS = ("people", "notify", "search")
SECONDS_TO_HANDLE = 60.0

TABLES = """
CREATE TABLE topic (id text PRIMARY KEY, posts integer NOT NULL);
CREATE TABLE post (id text PRIMARY KEY, topic_id text NOT NULL, body text NOT NULL, html text NOT NULL, at timestamptz);
CREATE INDEX post_by_topic ON post (topic_id, at);
CREATE INDEX post_by_time ON post (at);
CREATE TABLE event_log (seq bigint PRIMARY KEY, id text NOT NULL UNIQUE, data jsonb NOT NULL);
CREATE TABLE handled (name text, id text, body text NOT NULL, PRIMARY KEY (name, id));
CREATE TABLE position (name text PRIMARY KEY, events integer NOT NULL);
INSERT INTO position VALUES ('people', 0), ('notify', 0), ('search', 0);
"""


@contextmanager
def running_bare(topics: Sequence[str]) -> Iterator[tuple[int, Mapping[str, int], Engine]]:
    """The bare system with these topics: its port, the id of each process by name, and its database."""
    with ExitStack() as stack:
        url, port = stack.enter_context(servers.fresh_database()), free_port()
        engine = create_engine(url)
        stack.callback(engine.dispose)
        with engine.begin() as connection:
            connection.execute(text(TABLES))
            connection.execute(text("INSERT INTO topic VALUES (:id, 0)"), [{"id": topic} for topic in topics])
        processes: dict[str, Any] = {}
        for name in ("service", *SUBSCRIBERS, "gateway"):
            command = [
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "bench.bare_process",
                servers.bus_url(),
                url,
                name,
                str(port),
            ]
            processes[name] = stack.enter_context(running(command, dict(os.environ)))
        wait(f"http://127.0.0.1:{port}/", processes["gateway"])
        yield port, {name: process.pid for name, process in processes.items()}, engine


def wait_for_subscribers(engine: Engine) -> None:
    """Wait until every subscriber has handled each event."""
    end = time.monotonic() + SECONDS_TO_HANDLE
    behind = "SELECT (SELECT count(*) FROM event_log) * 3 - (SELECT sum(events) FROM position)"
    while True:
        with closing(engine.connect()) as connection:
            left = connection.execute(text(behind)).scalar()
        if left == 0:
            return
        if time.monotonic() > end:
            raise click.ClickException(f"the bare subscribers lack {left} events")
        time.sleep(0.1)
