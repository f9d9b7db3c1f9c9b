"""RabbitMQ and PostgreSQL for tests and for running Space distributed on one machine.

Both are started from Debian's packages on ports and in a folder of their own, next to any that run
already. ``python -m deploy.servers --help`` tells the commands. A test breaks a server like this::

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
from deploy.servers.process import ServerError

__all__ = ["Broker", "Database", "ServerError", "Servers"]

STATE_FILE = "servers.json"
# Where root keeps the servers' data if their users may not reach into the folder asked for.
ROOT_DATA = Path("/var/lib/space-servers")


@dataclass
class Servers:
    """The two servers of one folder. Their state is kept there, so that any process can act on them."""

    folder: Path
    broker: Broker
    database: Database

    @classmethod
    def load(cls, folder: Path, *, durable: bool = True) -> "Servers":
        """Return the servers of ``folder``, as they were started last, or new ones that are not started yet.

        ``durable`` counts only for new ones; see `Database`.
        """
        folder = folder.resolve()
        data = _data_folder(folder)
        broker = Broker(data / "rabbitmq")
        database = Database(data / "postgresql", durable=durable)
        state_file = folder / STATE_FILE
        if state_file.exists():
            state = json.loads(state_file.read_text())
            broker = Broker(**state["broker"] | {"folder": Path(state["broker"]["folder"])})
            database = Database(**state["database"] | {"folder": Path(state["database"]["folder"])})
        return cls(folder, broker, database)

    def start(self) -> None:
        """Start both side by side; where one fails, none is left running."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.broker.folder.parent.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor() as pool:
            starts = [pool.submit(self.broker.start), pool.submit(self.database.start)]
        self.save()
        failures = [str(failure) for start in starts if (failure := start.exception())]
        if failures:
            self.stop()
            raise ServerError("\n".join(failures))

    def stop(self) -> None:
        with ThreadPoolExecutor() as pool:
            stops = [pool.submit(self.broker.stop), pool.submit(self.database.stop)]
        self.save()
        for stop in stops:
            stop.result()

    def delete(self) -> None:
        """Delete everything the stopped servers wrote."""
        for data in (self.broker.folder, self.database.folder):
            shutil.rmtree(data, ignore_errors=True)
        if self.broker.folder.parent != self.folder:
            shutil.rmtree(self.broker.folder.parent, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill_broker(self) -> None:
        """End RabbitMQ as a crash would."""
        self.broker.kill()
        self.save()

    def restart_broker(self, *, wipe: bool) -> None:
        """Start RabbitMQ anew at the same address, ending it first if it runs.

        With ``wipe`` it is killed, and starts with no queue, exchange or message.
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
        """Restart PostgreSQL at the same address; ``crash`` ends it without a checkpoint first."""
        self.database.kill() if crash else self.database.stop()
        try:
            self.database.start()
        finally:
            self.save()

    def space_environment(self) -> dict[str, str]:
        """Return the settings that make Space use these servers."""
        urls = {
            f"SPACE_{service.upper()}_DATABASE_URL": self.database.url(f"space_{service}")
            for service in SERVICES
        }
        return {"SPACE_BUS_URL": self.broker.url, **urls}

    def test_environment(self) -> dict[str, str]:
        """Return what tests look at; a test makes databases of its own beside ``postgres``."""
        return {
            "SPACE_TEST_BUS_URL": self.broker.url,
            "SPACE_TEST_POSTGRES_URL": self.database.url("postgres"),
            "SPACE_TEST_SERVERS": str(self.folder),
        }

    def save(self) -> None:
        state_file = self.folder / STATE_FILE
        state = {"broker": asdict(self.broker), "database": asdict(self.database)}
        text = json.dumps(state, default=str, indent=2)
        # Passwords stand in it; and a reader never sees half a file.
        fresh = state_file.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(text)
        fresh.replace(state_file)


def _data_folder(folder: Path) -> Path:
    """Return where the servers keep their data: in ``folder``, or elsewhere if their users can't reach it."""
    if os.geteuid() != 0 or process.everyone_may_pass(folder):
        return folder
    return ROOT_DATA / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
