"""A tap: one process hears of every new event, for live pages, streams and the cache.

A hurry, not a promise. The queue goes with the connection; whoever listens pulls what it missed from the logs.
"""

from __future__ import annotations

import json
import logging
import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

import eventlet
from kombu import Queue

from bus.transport.amqp import internal_exchange, opened, public_exchange
from contracts.common import Recorded

log = logging.getLogger(__name__)

Hear = Callable[[Recorded], None]


class EventListener:
    """Hears the events of `producers` and tells each listener.

    `start()` and `stop()` belong to the composition root.
    """

    def __init__(self, bus_url: str, producers: Sequence[str]) -> None:
        self._bus_url = bus_url
        self._producers = producers
        self._listeners: list[Hear] = []
        self._stopping = False
        self._connected = threading.Event()

    def listen(self, hear: Hear) -> Callable[[], None]:
        """Call `hear` with each new event; answers a function that ends it. `hear` must not block."""
        self._listeners.append(hear)

        def end() -> None:
            if hear in self._listeners:
                self._listeners.remove(hear)

        return end

    def start(self) -> None:
        """Begin to hear, and go on until `stop`, whatever happens to the broker."""
        threading.Thread(target=self._run, name="tap", daemon=True).start()
        self._connected.wait(5)

    def stop(self) -> None:
        """Hear nothing more."""
        self._stopping = True

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._consume()
            except Exception as error:
                if not self._stopping:
                    log.warning("the tap lost the broker: %s", error)
                    eventlet.sleep(random.uniform(0.3, 1.0))

    def _consume(self) -> None:
        with opened(self._bus_url) as connection:
            channel = connection.channel()
            queue = Queue("", exclusive=True, auto_delete=True, durable=False)(channel)
            queue.declare()
            for producer in self._producers:
                for exchange in (public_exchange(producer), internal_exchange(producer)):
                    exchange(channel).declare()
                    queue.bind_to(exchange, routing_key="#")
            options = {"channel": channel, "auto_declare": False, "no_ack": True, "accept": None}
            with connection.Consumer([queue], on_message=self._received, **options):
                self._connected.set()
                while not self._stopping:
                    try:
                        connection.drain_events(timeout=5)
                    except TimeoutError:
                        connection.heartbeat_check()

    def _received(self, message: Any) -> None:
        try:
            event = Recorded.from_cloud_event(json.loads(message.body))
        except (KeyError, ValueError):
            return
        for hear in list(self._listeners):
            try:
                hear(event)
            except Exception:
                log.exception("a listener failed")
