"""The stored state of the servers, by which another process controls them."""

import json
import stat
from pathlib import Path

from deploy.servers import STATE_FILE, Servers


def test_another_process_finds_the_servers_where_they_were_started(tmp_path: Path) -> None:
    servers = Servers.load(tmp_path, durable=False)
    servers.broker.port, servers.broker.pid, servers.broker.password = 25_000, 42, "secret"
    servers.database.port = 26_000
    servers.search.port, servers.search.pid = 27_000, 43
    servers.save()

    found = Servers.load(tmp_path)

    assert found == servers
    assert found.broker.url == "amqp://space:secret@127.0.0.1:25000/space"
    assert not found.database.durable
    assert found.search.url == "http://127.0.0.1:27000"


def test_a_state_from_before_elasticsearch_is_read(tmp_path: Path) -> None:
    servers = Servers.load(tmp_path)
    servers.save()
    file = tmp_path / STATE_FILE
    state = json.loads(file.read_text())
    del state["search"]
    file.write_text(json.dumps(state))
    assert Servers.load(tmp_path) == servers


def test_passwords_are_for_the_owner_alone(tmp_path: Path) -> None:
    Servers.load(tmp_path).save()
    assert stat.S_IMODE((tmp_path / STATE_FILE).stat().st_mode) == 0o600


def test_each_service_has_a_database_of_its_own(tmp_path: Path) -> None:
    environment = Servers.load(tmp_path).space_environment()
    urls = [value for name, value in environment.items() if name.endswith("_DATABASE_URL")]
    assert len(set(urls)) == 7
    assert environment["SPACE_FORUM_DATABASE_URL"].endswith("/space_forum")
    assert environment["SPACE_SEARCH_URL"].startswith("http://127.0.0.1:")


def test_tests_do_not_tell_space_where_to_run(tmp_path: Path) -> None:
    assert all(name.startswith("SPACE_TEST_") for name in Servers.load(tmp_path).test_environment())
