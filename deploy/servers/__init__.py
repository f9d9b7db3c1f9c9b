"""RabbitMQ, PostgreSQL and Elasticsearch for tests and for running Space distributed on one machine.

All are started on free ports and in a separate folder, so they can run beside other instances. The first two are from
Debian's packages; `deploy.servers.elasticsearch` says where the third is from.
``python -m deploy.servers --help`` lists the commands. A test breaks a server like this::

    servers = Servers.load(Path(os.environ["SPACE_TEST_SERVERS"]))
    servers.kill_broker()
    servers.restart_broker(wipe=True)
"""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.servers import process
from deploy.servers.broker import Broker
from deploy.servers.database import SERVICES, Database
from deploy.servers.elasticsearch import Elasticsearch
from deploy.servers.process import ServerError

__all__ = ["Broker", "Database", "Elasticsearch", "ServerError", "Servers"]

STATE_FILE = "servers.json"
# Where root stores the servers' data if the servers' users have no access to the given folder.
ROOT_DATA = Path("/var/lib/space-servers")


@dataclass
class Servers:
    """The servers of one folder. Their state is stored there, so that any process can control them."""

    folder: Path
    broker: Broker
    database: Database
    search: Elasticsearch

    @classmethod
    def load(cls, folder: Path, *, durable: bool = True) -> "Servers":
        """Return the servers of ``folder`` in their stored state, or new ones that are not started yet.

        ``durable`` has an effect on new ones only; see `Database`.
        """
        folder = folder.resolve()
        data = _data_folder(folder)
        broker = Broker(data / "rabbitmq")
        database = Database(data / "postgresql", durable=durable)
        search = Elasticsearch(data / "elasticsearch")
        state_file = folder / STATE_FILE
        if state_file.exists():
            state = json.loads(state_file.read_text())
            broker = Broker(**state["broker"] | {"folder": Path(state["broker"]["folder"])})
            database = Database(**state["database"] | {"folder": Path(state["database"]["folder"])})
            if "search" in state:  # an older release wrote the file without it
                search = Elasticsearch(**state["search"] | {"folder": Path(state["search"]["folder"])})
        return cls(folder, broker, database, search)

    @property
    def _all(self) -> tuple[Broker, Database, Elasticsearch]:
        return self.broker, self.database, self.search

    def start(self) -> None:
        """Start all at the same time. If one fails, stop all and raise ServerError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.broker.folder.parent.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor() as pool:
            starts = [pool.submit(each.start) for each in self._all]
        self.save()
        failures = [str(failure) for start in starts if (failure := start.exception())]
        if failures:
            self.stop()
            raise ServerError("\n".join(failures))

    def stop(self) -> None:
        with ThreadPoolExecutor() as pool:
            stops = [pool.submit(each.stop) for each in self._all]
        self.save()
        for stop in stops:
            stop.result()

    def delete(self) -> None:
        """Delete all files of the stopped servers."""
        for data in (each.folder for each in self._all):
            shutil.rmtree(data, ignore_errors=True)
        if self.broker.folder.parent != self.folder:
            shutil.rmtree(self.broker.folder.parent, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill_broker(self) -> None:
        """Kill RabbitMQ (SIGKILL), as in a crash."""
        self.broker.kill()
        self.save()

    def restart_broker(self, *, wipe: bool) -> None:
        """Restart RabbitMQ at the same address.

        With ``wipe`` it is killed, and starts without any queue, exchange or message.
        """
        address = self.broker.url
        self.broker.kill() if wipe else self.broker.stop()
        if wipe:
            self.broker.wipe()
        try:
            self.broker.start()
        finally:
            self.save()
        if self.broker.url != address:
            raise ServerError(f"RabbitMQ's port was taken meanwhile: it listens on {self.broker.port} now")

    def restart_database(self, *, crash: bool = False) -> None:
        """Restart PostgreSQL at the same address. With ``crash`` it ends without a checkpoint."""
        self.database.kill() if crash else self.database.stop()
        try:
            self.database.start()
        finally:
            self.save()

    def restart_search(self, *, wipe: bool = False) -> None:
        """Kill Elasticsearch and start it again at the same address; with ``wipe`` without any index."""
        self.search.kill()
        if wipe:
            self.search.wipe()
        try:
            self.search.start()
        finally:
            self.save()

    def space_environment(self) -> dict[str, str]:
        """Return the settings that make Space use these servers."""
        urls = {
            f"SPACE_{service.upper()}_DATABASE_URL": self.database.url(f"space_{service}")
            for service in SERVICES
        }
        buses = {
            f"SPACE_{component.upper()}_BUS_URL": url
            for component, url in self.broker.component_urls().items()
        }
        return {
            "SPACE_BUS_URL": buses["SPACE_OPERATOR_BUS_URL"],
            "SPACE_SEARCH_URL": self.search.url,
            **buses,
            **urls,
        }

    def test_environment(self) -> dict[str, str]:
        """Return the environment for tests. Tests create databases of their own, connected to ``postgres``."""
        return {
            "SPACE_TEST_BUS_URL": self.broker.url,
            "SPACE_TEST_POSTGRES_URL": self.database.url("postgres"),
            "SPACE_TEST_SEARCH_URL": self.search.url,
            "SPACE_TEST_SERVERS": str(self.folder),
        }

    def save(self) -> None:
        state_file = self.folder / STATE_FILE
        state = {
            "broker": asdict(self.broker),
            "database": asdict(self.database),
            "search": asdict(self.search),
        }
        text = json.dumps(state, default=str, indent=2)
        # It contains passwords. It is replaced atomically, so that no reader sees an incomplete file.
        fresh = state_file.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(text)
        fresh.replace(state_file)


def _data_folder(folder: Path) -> Path:
    """Return where the servers store their data: in ``folder``, or elsewhere if their users have no access to it."""
    if os.geteuid() != 0 or process.everyone_may_pass(folder):
        return folder
    return ROOT_DATA / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
