"""The private servers: RabbitMQ, PostgreSQL and Elasticsearch are killed, wiped, restarted, and stopped in any case.

One of each is started for the whole file; they are not those that other tests use.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pika
import psycopg2
import pytest
from sqlalchemy import make_url

from deploy.servers import Servers
from deploy.servers.process import can_listen
from tests import servers as needed

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pair() -> Iterator[Servers]:
    # Beside those of the whole run, and named as they are: where this process is killed, the next run cleans up.
    beside = needed.servers().folder.with_name(f"tests-{os.getpid()}")
    servers = Servers.load(beside, durable=False)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
        servers.delete()


def connect(servers: Servers) -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(servers.broker.url))


def query(servers: Servers, statement: str) -> list[tuple[object, ...]]:
    url = make_url(servers.database.url("space_forum")).set(drivername="postgresql")
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def send_persistent(servers: Servers) -> None:
    connection = connect(servers)
    channel = connection.channel()
    channel.queue_declare("kept", durable=True)
    channel.confirm_delivery()
    channel.basic_publish("", "kept", b"x", pika.BasicProperties(delivery_mode=2), mandatory=True)
    connection.close()
    _write_definitions(servers)


def _write_definitions(servers: Servers) -> None:
    """Have the broker write which queues there are to its log. It does so within seconds of a declaration by itself;
    who kills it before that loses the queue, with whatever was confirmed in it."""
    broker = servers.broker
    done = broker.control(broker.control_environment["RABBITMQCTL"], "eval", "mnesia:sync_log().")
    assert done.returncode == 0, done.stderr


def messages(servers: Servers) -> int | None:
    """Return the number of messages in a queue; None if there is no such queue."""
    connection = connect(servers)
    try:
        return int(connection.channel().queue_declare("kept", passive=True).method.message_count)
    except pika.exceptions.ChannelClosedByBroker:
        return None
    finally:
        connection.close()


def soon(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Return whether the condition becomes true: the kernel releases the ports of a killed process a moment later."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def test_a_killed_broker_comes_back_with_its_messages_at_the_same_address(pair: Servers) -> None:
    send_persistent(pair)
    port = pair.broker.port
    pair.kill_broker()
    assert soon(lambda: can_listen(port))

    pair.restart_broker(wipe=False)

    assert pair.broker.port == port
    assert messages(pair) == 1


def test_a_wiped_broker_comes_back_empty_at_the_same_address(pair: Servers) -> None:
    send_persistent(pair)
    url = pair.broker.url

    pair.restart_broker(wipe=True)

    assert pair.broker.url == url
    assert messages(pair) is None


def test_a_crashed_database_comes_back_with_what_was_committed(pair: Servers) -> None:
    query(pair, "CREATE TABLE kept (value integer); INSERT INTO kept VALUES (7)")

    pair.restart_database(crash=True)

    assert query(pair, "SELECT value FROM kept") == [(7,)]


def ask(servers: Servers, path: str, method: str = "GET", body: object = None) -> tuple[int, Any]:
    """The status and the answer of Elasticsearch."""
    reply = httpx.request(method, servers.search.url + path, json=body, timeout=30)
    return reply.status_code, reply.json()


def test_a_killed_elasticsearch_comes_back_with_its_documents_at_the_same_address(pair: Servers) -> None:
    assert ask(pair, "/kept", "PUT")[0] == 200
    assert ask(pair, "/kept/_doc/a?refresh=true", "PUT", {"value": 7})[0] == 201
    url = pair.search.url

    pair.restart_search()

    assert pair.search.url == url
    assert soon(lambda: ask(pair, "/kept/_doc/a")[0] == 200)
    assert ask(pair, "/kept/_doc/a")[1]["_source"] == {"value": 7}


def test_a_wiped_elasticsearch_comes_back_empty(pair: Servers) -> None:
    ask(pair, "/lost", "PUT")

    pair.restart_search(wipe=True)

    assert ask(pair, "/lost")[0] == 404


@pytest.mark.parametrize(
    ("analyzer", "text", "terms"),
    [
        ("spanish", "las educaciones niñas", ["educacion", "niñ"]),
        ("cjk", "東京大学", ["東京", "京大", "大学"]),
        ("thai", "เราแก้ไข", ["แก้ไข"]),
    ],
)
def test_elasticsearch_has_the_analyzers_of_the_languages(
    pair: Servers, analyzer: str, text: str, terms: list[str]
) -> None:
    status, answer = ask(pair, "/_analyze", "POST", {"analyzer": analyzer, "text": text})
    assert status == 200, answer
    assert [token["token"] for token in answer["tokens"]] == terms


def test_elasticsearch_folds_letters_as_its_icu_plugin_does(pair: Servers) -> None:
    body = {"tokenizer": "standard", "filter": ["icu_folding"], "text": "Łódź"}
    assert [token["token"] for token in ask(pair, "/_analyze", "POST", body)[1]["tokens"]] == ["lodz"]


def test_another_process_can_act_on_the_servers(pair: Servers) -> None:
    other = Servers.load(pair.folder)
    assert other.broker.is_running()
    assert other.database.is_running()
    assert other.search.is_running()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_interrupted_stops_its_servers(pair: Servers, number: signal.Signals) -> None:
    folder = ROOT / "var" / "servers" / f"interrupted-{number}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "deploy.servers", "run", "--folder", str(folder), "--"]
    child = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    with subprocess.Popen(
        [*command, *child], env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=ROOT
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"up\n"
        servers = Servers.load(folder)
        assert servers.broker.is_running()
        started = time.monotonic()
        run.send_signal(number)
        assert run.wait(40) != 0
    try:
        assert time.monotonic() - started < 25
        assert not servers.broker.is_running()
        assert not servers.database.is_running()
        assert not servers.search.is_running()
        assert soon(lambda: can_listen(servers.broker.epmd_port))
    finally:
        servers.stop()
        servers.delete()
