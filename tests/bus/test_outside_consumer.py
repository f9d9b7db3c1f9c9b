"""Outside programs read public events and nothing else, and lose none; on RabbitMQ, with pika."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

from bus.eventlog import schema
from bus.eventlog.append import append_event, append_events
from bus.eventlog.relay import Relay
from contracts.catalogue import event_models
from contracts.check import FOLDER
from contracts.common import Event, Recorded
from contracts.reading import read_event
from core.audience import PUBLIC, STRANGER
from core.database import Database
from tests import servers, streams
from tests.bus.harness import BusHarness, Noted, eventually
from tests.bus.outside_program import Account, RunningConsumer, account

HIDDEN = "group:0k3fb1d5s8w2q6z9"


@pytest.fixture(scope="module")
def reader() -> Iterator[Account]:
    with account("reader") as made:
        yield made


@pytest.fixture
def outside(reader: Account) -> Account:
    """An account whose queue does not exist yet."""
    reader.delete_queue()
    return reader


@pytest.fixture
def rabbit(rabbit: BusHarness) -> BusHarness:
    """The test services on RabbitMQ: the direct transport has no outside programs."""
    rabbit.start()
    eventually(lambda: rabbit.status("alpha").published == 0)
    return rabbit


def test_an_outside_program_reads_public_events_as_cloud_events(outside: Account, rabbit: BusHarness) -> None:
    outside.listen("alpha")
    rabbit.alpha.note(STRANGER, "hello", "a")
    (body,) = eventually(lambda: outside.read())
    event = json.loads(body)
    assert (event["specversion"], event["source"], event["type"]) == ("1.0", "/alpha", "alpha.note.noted")
    assert (event["sequence"], event["dataversion"], event["data"]["text"]) == ("1", "1", "hello")


def publish(exchange: str, key: str) -> Callable[[Any], None]:
    def attempt(channel: Any) -> None:
        channel.confirm_delivery()
        channel.basic_publish(exchange, key, b"{}")

    return attempt


def declare(queue: str, **arguments: str) -> Callable[[Any], None]:
    return lambda channel: channel.queue_declare(queue, durable=True, arguments=arguments)


def bind(exchange: str, key: str = "#") -> Callable[[Any], None]:
    def attempt(channel: Any) -> None:
        channel.queue_declare("outside.reader", durable=True)
        channel.queue_bind("outside.reader", exchange, key)

    return attempt


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(bind("alpha.inside"), id="bind to what stays inside"),
        pytest.param(bind("space.requests", "alpha"), id="listen in on calls"),
        pytest.param(lambda c: c.basic_get("beta.alpha"), id="read from a service's queue"),
        pytest.param(lambda c: c.queue_purge("beta.alpha"), id="empty a service's queue"),
        pytest.param(lambda c: c.queue_delete("beta.alpha"), id="delete a service's queue"),
        pytest.param(lambda c: c.queue_bind("beta.alpha", "alpha.events", "#"), id="bind a service's queue"),
        pytest.param(lambda c: c.exchange_delete("alpha.events"), id="delete the public exchange"),
        pytest.param(
            lambda c: c.exchange_declare("alpha.more", "topic"), id="declare an exchange of the system"
        ),
        pytest.param(
            lambda c: c.exchange_bind("alpha.events", "alpha.events"),
            id="bind to the public exchange's input",
        ),
        pytest.param(publish("alpha.events", "alpha.note.noted"), id="publish an event"),
        pytest.param(publish("alpha.inside", "alpha.note.noted"), id="publish an event inside"),
        pytest.param(publish("space.requests", "alpha"), id="call a service"),
        pytest.param(publish("", "alpha.calls"), id="call a service by its queue"),
        pytest.param(declare("beta.more"), id="declare a queue of the system"),
        pytest.param(declare("outside.another"), id="declare another's queue"),
        pytest.param(declare("outside.readers"), id="declare a queue of a similar name"),
        pytest.param(declare(""), id="declare a queue of the broker's naming"),
        pytest.param(
            declare("outside.reader.dead", **{"x-dead-letter-exchange": "alpha.events"}),
            id="publish by way of dead letters",
        ),
        pytest.param(
            lambda c: c.exchange_declare(
                "outside.reader.x", "fanout", arguments={"alternate-exchange": "alpha.events"}
            ),
            id="publish by way of an alternate exchange",
        ),
    ],
)
def test_everything_else_is_refused(
    outside: Account, rabbit: BusHarness, attempt: Callable[[Any], None]
) -> None:
    with (
        outside.channel() as channel,
        pytest.raises((ChannelClosedByBroker, ConnectionClosedByBroker)) as refused,
    ):
        attempt(channel)
    assert refused.value.reply_code == 403, refused.value


def test_an_account_may_be_for_some_event_types_only() -> None:
    with account("narrow", r"^blog\.") as narrow:
        with pika.BlockingConnection(pika.URLParameters(servers.bus_url())) as system:
            for producer in ("blog", "forum"):
                system.channel().exchange_declare(f"{producer}.events", "topic", durable=True)
        with narrow.channel() as channel:
            channel.queue_declare(narrow.queue, durable=True)
            channel.queue_bind(narrow.queue, "blog.events", "blog.article.#")
            with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
                channel.queue_bind(narrow.queue, "forum.events", "#")


def every_event() -> list[Event]:
    """One event of each type, for the public, for members, and for a hidden group."""
    models = {model.type: model for model in event_models()}
    events: list[Event] = []
    for path in sorted((FOLDER / "samples").glob("*.json")):
        recorded = Recorded.from_cloud_event(json.loads(path.read_text(encoding="utf-8")))
        events.append(read_event(recorded, models[recorded.type]))
        for audience in ("members", HIDDEN):
            data = json.dumps(recorded.data).replace('"audience": "public"', f'"audience": "{audience}"')
            data = data.replace('"kind": "closed"', '"kind": "hidden"')
            events.append(models[recorded.type].model_validate_json(data))
    return events


def test_nothing_but_public_events_arrives_outside(outside: Account, tmp_path: Path) -> None:
    events = every_event()
    producers = sorted({event.type.split(".")[0] for event in events})
    relays: list[tuple[Relay, Database]] = []
    wanted = []
    for producer in producers:
        database = Database(f"sqlite:///{tmp_path}/{producer}.sqlite")
        schema.metadata.create_all(database.engine)
        own = [event for event in events if event.type.startswith(f"{producer}.")]
        with database.writing() as session:
            append_events(session, own)
        # Numbered without gaps: those would tell how many events are not public.
        public = sum(event.audience() == PUBLIC for event in own)
        wanted += [(producer, number + 1) for number in range(public)]
        relay = Relay(producer, database, servers.bus_url())
        relay.start()
        relays.append((relay, database))
    outside.listen(*producers)
    for relay, database in relays:
        assert relay.step()
        relay.close()
        database.close()
    bodies = outside.read()
    arrived = [json.loads(body) for body in bodies]
    assert sorted((event["source"][1:], int(event["sequence"])) for event in arrived) == sorted(wanted)
    assert {event["audience"] for event in arrived} == {PUBLIC}
    assert not [body for body in bodies if HIDDEN.encode() in body]
    # The test proves something only if there were events of both kinds.
    assert len(wanted) >= 10
    assert sum(event.audience() == HIDDEN for event in events) >= 10
    assert sum(event.audience() == "members" for event in events) >= 10


def test_the_consumer_acts_once_though_it_dies_between_effect_and_acknowledgement(
    outside: Account, rabbit: BusHarness, tmp_path: Path
) -> None:
    consumer = RunningConsumer(outside, tmp_path / "events.sqlite", "http://127.0.0.1:9")
    outside.listen("alpha")
    for text in ("first", "second", "third"):
        rabbit.alpha.note(STRANGER, text, "a")
    dying = (
        "import os, signal; from consumer.following import Consumer\n"
        "Consumer._acknowledge = lambda *_: os.kill(os.getpid(), signal.SIGKILL)"
    )
    with consumer.running(dying) as process:
        assert process.wait(20) == -signal.SIGKILL
    assert len(consumer.entries()) == 1
    with consumer.running():
        eventually(lambda: len(consumer.entries()) >= 3)
        rabbit.alpha.note(STRANGER, "fourth", "a")
        eventually(lambda: len(consumer.entries()) >= 4)
    texts = [json.loads(body)["data"]["text"] for _, body in consumer.entries()]
    assert texts == ["first", "second", "third", "fourth"]
    assert outside.read() == []


def test_the_consumer_goes_on_after_a_restart_of_the_broker(
    outside: Account, rabbit: BusHarness, tmp_path: Path
) -> None:
    outside.listen("alpha")
    consumer = RunningConsumer(outside, tmp_path / "events.sqlite", "http://127.0.0.1:9")
    with consumer.running() as process:
        rabbit.alpha.note(STRANGER, "before", "a")
        eventually(lambda: len(consumer.entries()) == 1)
        servers.servers().restart_broker(wipe=False)
        with rabbit.databases["alpha"].writing() as session:
            append_event(session, Noted(text="after"))
        eventually(lambda: len(consumer.entries()) >= 2)
        assert process.poll() is None
    assert [json.loads(body)["data"]["text"] for _, body in consumer.entries()] == ["before", "after"]


def publish_event(identity: str, time: str) -> None:
    """Publish an event of an article, as the relay of the blog does."""
    with pika.BlockingConnection(pika.URLParameters(servers.bus_url())) as system:
        channel = system.channel()
        channel.exchange_declare("blog.events", "topic", durable=True)
        event = {
            "specversion": "1.0",
            "id": identity,
            "type": "blog.article.published",
            "subject": "article/a",
        }
        channel.basic_publish("blog.events", event["type"], json.dumps({**event, "time": time}).encode())


def test_a_consumer_whose_queue_was_lost_catches_up_over_the_stream(outside: Account, tmp_path: Path) -> None:
    with streams.running() as server:
        consumer = RunningConsumer(outside, tmp_path / "events.sqlite", server.url, "blog.article.*")
        now = datetime.now(UTC)

        def happens(identity: str, days_ago: float) -> None:
            moment = (now - timedelta(days=days_ago)).isoformat()
            server.events.append(("space.article", identity, moment))
            publish_event(identity, moment)

        happens("long ago", 100)
        happens("lately", 1)
        with consumer.running():
            eventually(lambda: consumer.ids() == ["long ago", "lately"])
            eventually(outside.consumed)
            happens("live", 0)
            eventually(lambda: len(consumer.ids()) == 3)
            eventually(lambda: consumer.moment("alive"))
        assert server.asked == [("space.article", datetime(1970, 1, 1, tzinfo=UTC))]
        outside.delete_queue()
        happens("while it was gone", -0.00001)
        with consumer.running():
            eventually(lambda: len(consumer.ids()) == 4)
            eventually(outside.consumed)
            happens("live again", -0.00002)
            eventually(lambda: len(consumer.ids()) == 5)
    assert consumer.ids() == ["long ago", "lately", "live", "while it was gone", "live again"]
    # It requested events since it was last alive, and not all of them.
    assert now - timedelta(minutes=15) < server.asked[1][1] < datetime.now(UTC)


def test_a_queue_that_refuses_messages_does_not_stop_the_system(outside: Account, rabbit: BusHarness) -> None:
    with outside.channel() as channel:
        full = {"x-max-length": 1, "x-overflow": "reject-publish"}
        channel.queue_declare(outside.queue, durable=True, arguments=full)
        channel.queue_bind(outside.queue, "alpha.events", "#")
    for number in range(5):
        rabbit.alpha.note(STRANGER, str(number), "a")
    eventually(lambda: rabbit.beta.copied(STRANGER) == ["0", "1", "2", "3", "4"])
    eventually(lambda: rabbit.status("alpha").published == 5)
