"""One process of `bench.bare_write`: `python -m bench.bare_process BUS_URL DATABASE_URL gateway|service|NAME PORT`."""

from bus.green import patch_standard_library

patch_standard_library()

import json  # noqa: E402
import sys  # noqa: E402
import uuid  # noqa: E402
from collections.abc import Callable, Iterable  # noqa: E402
from contextlib import closing, suppress  # noqa: E402
from typing import Any  # noqa: E402

import eventlet  # noqa: E402
import psycopg2  # noqa: E402
from eventlet.event import Event as Result  # noqa: E402
from eventlet.semaphore import Semaphore  # noqa: E402
from kombu import Connection, Consumer, Exchange, Queue  # noqa: E402
from sqlalchemy import make_url  # noqa: E402

from bus.ops.connections import ConnectionLimits  # noqa: E402
from bus.ops.wsgi import WsgiServer, open_listener  # noqa: E402

BATCH = 200
GATHER_SECONDS = 0.05

_WRITE = """
SELECT id FROM topic WHERE id = %(topic)s FOR UPDATE;
INSERT INTO post VALUES (%(id)s, %(topic)s, %(body)s, %(body)s, now());
UPDATE topic SET posts = posts + 1 WHERE id = %(topic)s;
SELECT pg_advisory_xact_lock(1);
INSERT INTO event_log VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM event_log), %(id)s, %(data)s)
"""


def connect(url: str) -> Any:
    """A connection to PostgreSQL."""
    made = make_url(url)
    return psycopg2.connect(
        host=made.host, port=made.port, user=made.username, password=made.password, dbname=made.database
    )


class Sender:
    """Sends messages, one after another, each confirmed by the broker."""

    def __init__(self, bus_url: str) -> None:
        self._connection = Connection(bus_url, transport_options={"confirm_publish": True})
        self._producer = self._connection.Producer(serializer="json")
        self._turn = Semaphore()

    def send(self, body: Any, exchange: str = "", key: str = "", **properties: Any) -> None:
        with self._turn:
            self._producer.publish(body, exchange=exchange, routing_key=key, **properties)


def consume(bus_url: str, queue: Queue, received: Callable[[Any], None], prefetch: int = 0) -> None:
    """Pass on all messages of a queue."""
    with Connection(bus_url) as connection:
        consumer = Consumer(connection.channel(), [queue], on_message=received, accept=["json"])
        consumer.qos(prefetch_count=prefetch)
        with consumer:
            while True:
                with suppress(TimeoutError):
                    connection.drain_events(timeout=5)


def gateway(bus_url: str, port: int) -> None:
    """Take replies by HTTP."""
    sender, waiting = Sender(bus_url), dict[str, Result]()
    name = f"bare.replies.{uuid.uuid4().hex}"

    def replied(message: Any) -> None:
        message.ack()
        waiting.pop(message.properties["correlation_id"]).send(message.body)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            start_response("200 OK", [("Content-Length", "0")])
            return []
        length = int(environ["CONTENT_LENGTH"])
        body = json.loads(environ["wsgi.input"].read(length))
        topic = environ["PATH_INFO"].split("/")[-2]
        number, result = uuid.uuid4().hex, Result()
        waiting[number] = result
        call = {"topic": topic, "body": body["body"]}
        sender.send(call, key="bare.calls", reply_to=name, correlation_id=number, delivery_mode=1)
        content = result.wait()
        content = content.encode() if isinstance(content, str) else bytes(content)
        start_response("201 Created", [("Content-Length", str(len(content)))])
        return [content]

    WsgiServer(open_listener("127.0.0.1", port, 500), answer, ConnectionLimits())
    consume(bus_url, Queue(name, exclusive=True, durable=False), replied)


def service(bus_url: str, database: str) -> None:
    """Write replies and publish their events."""
    replies, events = Sender(bus_url), Sender(bus_url)
    free: list[Any] = []

    def write(message: Any) -> None:
        call = json.loads(message.body)
        values = {**call, "id": uuid.uuid4().hex}
        connection = free.pop() if free else connect(database)
        with connection, connection.cursor() as cursor:
            cursor.execute(_WRITE, {**values, "data": json.dumps(values)})
        free.append(connection)
        properties = message.properties
        replies.send(values, key=properties["reply_to"], correlation_id=properties["correlation_id"])
        events.send(values, exchange="bare.events")

    def received(message: Any) -> None:
        message.ack()
        eventlet.spawn_n(write, message)

    consume(bus_url, Queue("bare.calls", durable=False, auto_delete=True), received)


def subscriber(bus_url: str, database: str, name: str) -> None:
    """Handle events, as many at once as have arrived."""
    arrived: list[Any] = []
    exchange = Exchange("bare.events", "fanout", durable=False, auto_delete=True)

    def handle() -> None:
        with closing(connect(database)) as connection:
            while True:
                eventlet.sleep(GATHER_SECONDS)
                batch, arrived[:BATCH] = arrived[:BATCH], []
                if not batch:
                    continue
                events = [json.loads(message.body) for message in batch]
                with connection, connection.cursor() as cursor:
                    cursor.executemany(
                        "INSERT INTO handled VALUES (%s, %s, %s)",
                        [(name, event["id"], event["body"]) for event in events],
                    )
                    cursor.execute(
                        "UPDATE position SET events = events + %s WHERE name = %s", (len(events), name)
                    )
                batch[-1].ack(multiple=True)

    eventlet.spawn(handle)
    queue = Queue(f"bare.{name}", exchange, durable=False, auto_delete=True)
    consume(bus_url, queue, arrived.append, prefetch=500)


def main() -> None:
    """Run until it is ended."""
    bus_url, database, role, port = sys.argv[1:]
    if role == "gateway":
        gateway(bus_url, int(port))
    elif role == "service":
        service(bus_url, database)
    else:
        subscriber(bus_url, database, role)


if __name__ == "__main__":
    main()
