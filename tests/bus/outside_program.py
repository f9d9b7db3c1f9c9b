"""Outside programs at the broker: their accounts, and the example consumer as a process."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pika
from pika.exceptions import ChannelClosedByBroker

from tests import servers

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "deploy" / "rabbitmq" / "outside-consumer.sh"


@dataclass(frozen=True)
class Account:
    """The account of an outside program on the tests' RabbitMQ."""

    name: str
    url: str

    @property
    def queue(self) -> str:
        return f"outside.{self.name}"

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel on a new connection, closed after the block unless the broker has closed it."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def listen(self, *producers: str, queue: str = "") -> None:
        """Bind a durable queue to everything that `producers` publish."""
        with self.channel() as channel:
            channel.queue_declare(queue or self.queue, durable=True)
            for producer in producers:
                channel.queue_bind(queue or self.queue, f"{producer}.events", "#")

    def delete_queue(self) -> None:
        with self.channel() as channel:
            channel.queue_delete(self.queue)

    def consumed(self) -> bool:
        """Whether the queue has a consumer."""
        with self.channel() as channel:
            try:
                return bool(channel.queue_declare(self.queue, passive=True).method.consumer_count)
            except ChannelClosedByBroker:  # not there
                return False

    def read(self, seconds: float = 1.0) -> list[bytes]:
        """All messages of the queue, until it has been empty for a while."""
        with self.channel() as channel:
            bodies = []
            for method, _, body in channel.consume(self.queue, inactivity_timeout=seconds, auto_ack=True):
                if method is None:
                    break
                bodies.append(body)
            channel.cancel()
            return bodies


def run_script(*arguments: str) -> str:
    """Run the operator's script on the tests' RabbitMQ; returns its output."""
    # By standard input: the server's user need not be able to reach the checkout.
    done = servers.servers().broker.control(
        "sh", "-s", "--", *arguments, given=SCRIPT.read_text(encoding="utf-8")
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def account(name: str, *types: str) -> Iterator[Account]:
    """An account that the script creates, removed after the block with its queue."""
    printed = dict(line.split(": ", 1) for line in run_script(name, *types).splitlines())
    broker = servers.servers().broker
    url = f"amqp://{printed['user']}:{quote(printed['password'])}@127.0.0.1:{broker.port}/space"
    made = Account(name, url)
    try:
        yield made
    finally:
        made.delete_queue()
        run_script("--remove", name)


class RunningConsumer:
    """The example consumer as a process, with its database."""

    def __init__(self, account: Account, store: Path, space_url: str, types: str = "alpha.note.*") -> None:
        self.store = store
        self._environment = {
            **os.environ,
            "CONSUMER_AMQP_URL": account.url,
            "CONSUMER_QUEUE": account.queue,
            "CONSUMER_SPACE_URL": space_url,
            "CONSUMER_STORE": str(store),
            "CONSUMER_TYPES": types,
        }

    @contextmanager
    def running(self, before: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """Start the process; `before` is Python code that it runs first."""
        start = f"{before}\nimport runpy; runpy.run_module('consumer', run_name='__main__')"
        with self.store.with_suffix(".log").open("ab") as log:
            # From its own folder, as others would run a copy.
            running = subprocess.Popen(
                [sys.executable, "-c", start], env=self._environment, cwd=ROOT / "wiki", stderr=log
            )
        try:
            yield running
        finally:
            running.terminate()
            running.wait(20)

    def entries(self) -> list[tuple[str, str]]:
        """Subject and body of every entry, in order."""
        return self._select("SELECT subject, body FROM entry ORDER BY number")

    def ids(self) -> list[str]:
        """The ids of the events that took effect, in order, from the broker or the stream."""
        events = [json.loads(body) for _, body in self.entries()]
        return [event.get("id") or event["meta"]["id"] for event in events]

    def moment(self, name: str) -> str | None:
        """A time that the consumer has stored."""
        rows = self._select(f"SELECT name, value FROM progress WHERE name = '{name}'")
        return rows[0][1] if rows else None

    def _select(self, query: str) -> list[tuple[str, str]]:
        if not self.store.exists():
            return []
        with closing(sqlite3.connect(self.store, timeout=10)) as database:
            try:
                return database.execute(query).fetchall()
            except sqlite3.OperationalError:  # not made yet
                return []
