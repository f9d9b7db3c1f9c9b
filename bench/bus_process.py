"""One process of the bus's measurements; see `bench/bus.py`. Its argument is JSON, its answer a line of JSON."""

import eventlet

eventlet.monkey_patch()

# Only now may anything else be imported.
import json  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from kombu import Connection, Queue  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402
from nameko.rpc import rpc  # noqa: E402
from nameko.standalone.rpc import ServiceRpcProxy  # noqa: E402
from sqlalchemy import insert, update  # noqa: E402

from bus.consumer.subscription import Subscription  # noqa: E402
from bus.eventlog.schema import consumer_offset  # noqa: E402
from contracts.common import Recorded  # noqa: E402
from core import clock  # noqa: E402
from core.audience import STRANGER  # noqa: E402
from core.database import Database  # noqa: E402
from tests.bus.harness import AlphaService, BetaService, BulkService, BusHarness, copied  # noqa: E402

BATCH = 200
HANDLE = insert(copied)
_seconds: list[float] = []


class Bare:
    """The same answer by nameko alone."""

    name = "bare"

    @rpc  # type: ignore[untyped-decorator]
    def time_left(self, viewer: Any) -> float:
        return 1.0


def answer(**values: Any) -> None:
    print(json.dumps(values), flush=True)


def serve(options: dict[str, Any]) -> None:
    """Run toy services until SIGTERM; then tell how long each event took, if asked to."""
    observe = Subscription._observe

    def note_seconds(self: Subscription, events: list[Recorded]) -> None:
        observe(self, events)
        now = clock.now()
        _seconds.extend((now - event.occurred_at).total_seconds() for event in events)

    if options.get("latency"):
        Subscription._observe = note_seconds  # type: ignore[assignment,method-assign]
    harness = BusHarness(options["bus_url"], options["databases"], Path(options["home"]))
    services = {"alpha": AlphaService, "beta": BetaService, "bulk": BulkService}
    harness.start(*[services[name] for name in options["services"]])
    stop = eventlet.event.Event()
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(stop.send))
    answer(ready=True)
    if options.get("writes"):
        eventlet.spawn(write, harness, options["writes"], options["per_second"])
    stop.wait()
    answer(seconds=sorted(_seconds))


def write(harness: BusHarness, count: int, per_second: float) -> None:
    next_at = time.monotonic()
    for number in range(count):
        harness.alpha.note(STRANGER, "x" * 150, f"s{number}")
        next_at += 1 / per_second
        eventlet.sleep(max(0.0, next_at - time.monotonic()))


def bare_loop(options: dict[str, Any]) -> None:
    """kombu and SQLAlchemy alone: take messages, write what beta writes, one commit and one acknowledgement a batch."""
    database = Database(options["databases"]["beta"])
    done = 0
    started = 0.0
    batch: list[Any] = []

    def flush() -> None:
        nonlocal done
        with database.writing() as session:
            rows = []
            for message in batch:
                event = json.loads(message.body)
                rows.append({"seq": int(event["sequence"]), "text": event["data"]["text"]})
            for row in [rows] if options["many"] else rows:
                session.execute(HANDLE, row)
            session.execute(update(consumer_offset).values(seq=done))
        batch[-1].ack(multiple=True)
        done += len(batch)
        batch.clear()

    def received(message: Any) -> None:
        nonlocal started
        started = started or time.perf_counter()
        batch.append(message)
        if len(batch) >= BATCH or done + len(batch) == options["count"]:
            flush()

    with Connection(options["bus_url"]) as connection:
        channel = connection.channel()
        channel.basic_qos(0, 500, False)
        with connection.Consumer([Queue("bare")], on_message=received, accept=None, channel=channel):
            answer(ready=True)
            while done < options["count"]:
                connection.drain_events(timeout=30)
    answer(per_second=options["count"] / (time.perf_counter() - started))


def calls(options: dict[str, Any]) -> None:
    """Milliseconds a call: ours and bare nameko's, in turns, so that both meet the same machine."""
    harness = BusHarness(options["bus_url"], options["databases"], Path(options["home"]))
    harness.start(AlphaService)
    ours = measure(lambda: harness.alpha.time_left(STRANGER), 200)
    if options["bus_url"] == "inproc://":
        answer(ours=measure(lambda: harness.alpha.time_left(STRANGER), options["count"]))
        return
    container = ServiceContainer(Bare, {"AMQP_URI": options["bus_url"]})
    container.start()
    viewer = STRANGER.model_dump(mode="json")
    rounds: list[tuple[float, float]] = []
    with ServiceRpcProxy("bare", {"AMQP_URI": options["bus_url"]}) as proxy:
        proxy.time_left(viewer)
        for _ in range(5):
            ours = measure(lambda: harness.alpha.time_left(STRANGER), options["count"] // 5)
            rounds.append((ours, measure(lambda: proxy.time_left(viewer), options["count"] // 5)))
    answer(ours=sum(one for one, _ in rounds) / 5, bare=sum(two for _, two in rounds) / 5)


def measure(call: Any, count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count * 1000


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    {"serve": serve, "bare": bare_loop, "calls": calls}[given["role"]](given)
    sys.stdout.flush()
    # Greenlets of the toys would be waited for.
    import os

    os._exit(0)
