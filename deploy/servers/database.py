"""A private PostgreSQL server with a database for each service."""

import secrets
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from deploy.servers import process
from deploy.servers.process import LOOPBACK, ServerError

START_SECONDS = 60.0
STOP_SECONDS = 30.0
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
# Search has its offsets, and what its index has yet to get, in an SQLite file, whichever way Space runs.
SERVICES = ("people", "blog", "forum", "events", "notify", "search", "mail")


@dataclass
class Database:
    """A PostgreSQL server whose files are in ``folder``.

    A server that is not ``durable`` does not wait for the disk (`fsync` is off): its data survives a crash of its
    processes but not of the machine. For tests.
    """

    folder: Path
    durable: bool = True
    password: str = ""
    port: int = 0
    pid: int = 0

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def url(self, database: str) -> str:
        return f"postgresql+psycopg2://space:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        """Start the server with all its databases. Raises ServerError with its log if it fails."""
        if self.is_running():
            return
        programs = newest_programs()
        user = process.server_user("postgres")
        process.make_folder(self.folder, user)
        self.log.touch()
        process.give_to(self.log, user)
        self.password = self.password or secrets.token_hex(16)
        if not self.port or not process.can_listen(self.port):
            self.port = process.free_port()
        data = self.folder / "data"
        if not (data / "PG_VERSION").exists():
            self._initialise(programs, data, user)
        self.pid = process.spawn(
            [programs / "postgres", "-D", data, *self._settings()], user, ENVIRONMENT, self.folder, self.log
        )
        ready = process.wait_until(lambda: self._is_ready(programs) or not self.is_running(), START_SECONDS)
        if not ready or not self.is_running():
            self.stop()
            raise ServerError(f"PostgreSQL did not start\n{process.tail(self.log)}")
        self._create_databases(programs)

    def is_running(self) -> bool:
        return self.pid != 0 and process.is_running(self.pid, str(self.folder))

    def stop(self) -> None:
        """Stop the server (fast shutdown: clients are disconnected)."""
        if self.pid and not process.end(self.pid, str(self.folder), signal.SIGINT, STOP_SECONDS):
            process.end(self.pid, str(self.folder), signal.SIGQUIT, STOP_SECONDS)
        self.pid = 0

    def kill(self) -> None:
        """Stop the server without a checkpoint, as in a crash; the next start recovers from its write-ahead log."""
        if self.pid:
            # SIGQUIT (immediate shutdown) ends all its processes; after SIGKILL its children would stay.
            process.end(self.pid, str(self.folder), signal.SIGQUIT, STOP_SECONDS)
        self.pid = 0

    def _initialise(self, programs: Path, data: Path, user: str | None) -> None:
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        password_file.chmod(0o600)
        process.give_to(password_file, user)
        try:
            how = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
            speed = [] if self.durable else ["--no-sync"]
            where = [f"--pgdata={data}", "--username=space", f"--pwfile={password_file}"]
            process.run([str(programs / "initdb"), *where, *how, *speed], user, ENVIRONMENT, self.folder)
        except ServerError:
            shutil.rmtree(data, ignore_errors=True)
            raise
        finally:
            password_file.unlink()

    def _settings(self) -> list[str]:
        settings = {
            "port": self.port,
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "max_connections": 300,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _is_ready(self, programs: Path) -> bool:
        try:
            process.run(
                [programs / "pg_isready", "-q", "-h", LOOPBACK, "-p", str(self.port)],
                None,
                ENVIRONMENT,
                Path("/"),
            )
        except ServerError:
            return False
        return True

    def _create_databases(self, programs: Path) -> None:
        """Create the databases that are not there yet."""
        names = ", ".join(f"('space_{service}')" for service in SERVICES)
        script = self.folder / "databases.sql"
        # \\gexec runs what the query returns: PostgreSQL has no IF NOT EXISTS for databases.
        script.write_text(
            f"SELECT format('CREATE DATABASE %I', name) FROM (VALUES {names}) AS wanted (name)\n"  # noqa: S608 - names above
            "WHERE name NOT IN (SELECT datname FROM pg_database) \\gexec\n"
        )
        where = ["-h", LOOPBACK, "-p", str(self.port), "-U", "space", "-d", "postgres"]
        environment = ENVIRONMENT | {"PGPASSWORD": self.password}
        psql = [str(programs / "psql"), "-q", "-X", "-v", "ON_ERROR_STOP=1"]
        process.run([*psql, *where, f"--file={script}"], None, environment, Path("/"))


def newest_programs() -> Path:
    """Return the folder of the programs of the newest PostgreSQL that is installed from Debian's packages."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not folders:
        raise ServerError("PostgreSQL is not installed: run 'make setup-servers'")
    return max(folders, key=lambda folder: int(folder.parent.name))
