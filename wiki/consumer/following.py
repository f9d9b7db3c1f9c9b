"""Following the queue, and the streams where the queue can't help."""

from __future__ import annotations

import logging
import random
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker

from .events import from_queue, stream
from .settings import Settings
from .store import Store

log = logging.getLogger(__name__)

PREFETCH = 100
LONGEST_PAUSE = 60.0
LONG_ABSENCE = timedelta(hours=12)
"""After more than this the queue may have been cut or deleted (see the broker's policy), so we catch up."""
OVERLAP = timedelta(minutes=10)
"""Catching up begins this much earlier: for clocks that differ, and for events that were on their way."""
REMEMBER_EVERY = 200


class Consumer:
    """Follows the queue, and the stream where the queue can't help."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self.stopping = False

    def run(self) -> None:
        """Until `stopping`: consume, and after each failure try again, later and later."""
        pause = 1.0
        while not self.stopping:
            started = time.monotonic()
            try:
                self._consume()
            except (AMQPError, OSError) as error:
                if time.monotonic() - started > LONGEST_PAUSE:
                    pause = 1.0
                wait = pause * random.uniform(0.5, 1.0)
                log.warning("%s: %s; again in %.0f s", type(error).__name__, error, wait)
                self._sleep(wait)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _consume(self) -> None:
        connection = pika.BlockingConnection(pika.URLParameters(self._settings.amqp_url))
        with closing(connection):
            fresh = not self._queue_exists(connection)
            self._plan_catching_up(fresh)
            channel = connection.channel()
            channel.basic_qos(prefetch_count=PREFETCH)
            # Bound first and caught up then: what happens meanwhile waits in the queue.
            self._declare(channel)
            self._catch_up(connection)
            log.info("following %s", self._settings.queue)
            for number, (method, _, body) in enumerate(
                channel.consume(self._settings.queue, inactivity_timeout=1.0), 1
            ):
                if self.stopping:
                    return
                if method is None:  # the queue is empty: up to now we have everything
                    self._store.remember("alive", datetime.now(UTC))
                    continue
                event = from_queue(body)
                if event is not None:
                    self._store.handle(event)
                    if number % REMEMBER_EVERY == 0:
                        self._store.remember("alive", datetime.fromisoformat(event.time))
                self._acknowledge(channel, method.delivery_tag)

    def _acknowledge(self, channel: BlockingChannel, tag: int) -> None:
        """Only now, after the effect is on the disk. Whoever dies in between gets the message again, and knows it."""
        channel.basic_ack(tag)

    def _queue_exists(self, connection: Any) -> bool:
        try:
            connection.channel().queue_declare(self._settings.queue, passive=True)
        except ChannelClosedByBroker as refused:
            if refused.reply_code != 404:
                raise
            return False
        return True

    def _declare(self, channel: BlockingChannel) -> None:
        channel.queue_declare(self._settings.queue, durable=True)
        for key in self._settings.types:
            channel.queue_bind(self._settings.queue, f"{key.split('.', 1)[0]}.events", key)

    def _plan_catching_up(self, fresh: bool) -> None:
        """Written down before the queue is made: if we die while catching up, the next start goes on with it."""
        if self._store.recall("catch_up") is not None:
            return
        alive = self._store.recall("alive")
        if alive is None:
            self._store.remember("catch_up", self._settings.since)
        elif fresh or datetime.now(UTC) - alive > LONG_ABSENCE:
            self._store.remember("catch_up", alive - OVERLAP)

    def _catch_up(self, connection: Any) -> None:
        since = self._store.recall("catch_up")
        if since is None:
            return
        started = datetime.now(UTC)
        for name in self._settings.streams:
            self._catch_up_with(name, self._store.recall(f"catch_up {name}") or since, started, connection)
            if self.stopping:
                return
        for name in self._settings.streams:
            self._store.remember(f"catch_up {name}", None)
        self._store.remember("alive", started)
        self._store.remember("catch_up", None)

    def _catch_up_with(self, name: str, since: datetime, started: datetime, connection: Any) -> None:
        """One stream at a time: within one, events come in their order, so a break in between can be mended."""
        log.info("catching up with %s from %s", name, since.isoformat())
        fresh = 0
        for number, event in enumerate(stream(f"{self._settings.space_url}/v2/stream/{name}", since), 1):
            fresh += self._store.handle(event)
            moment = datetime.fromisoformat(event.time)
            if number % REMEMBER_EVERY == 0:
                self._store.remember(f"catch_up {name}", moment - OVERLAP)
            connection.process_data_events(0)  # heartbeats
            if self.stopping or moment > started:
                break
        log.info("%d events of %s were new", fresh, name)
        self._store.remember(f"catch_up {name}", started - OVERLAP)

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < end:
            time.sleep(min(0.2, seconds))
