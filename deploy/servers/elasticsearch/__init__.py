"""A private Elasticsearch node, for tests and for running Space distributed on one machine.

Debian has no package of it, and its archive is not in any package registry, but its libraries are. `build.py` lays them
out as the archive does, with a class that starts a node and a module with the analyzers' names. It has no security, so
it listens on the loopback address alone. It is not distributed with Space.
"""

import json
import shutil
import signal
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from deploy.servers import process
from deploy.servers.elasticsearch import build
from deploy.servers.process import LOOPBACK, ServerError

START_SECONDS = 120.0
STOP_SECONDS = 30.0

_SETTINGS = """\
cluster.name: space
node.name: space
discovery.type: single-node
network.host: {host}
http.port: {port}
transport.port: {transport_port}
path.data: {folder}/data
path.logs: {folder}/log
action.auto_create_index: false
# A full disk is not this node's to watch over.
cluster.routing.allocation.disk.threshold_enabled: false
"""

_LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


@dataclass
class Elasticsearch:
    """A node whose data is in `folder`. Ports that are 0 are chosen at the first start."""

    folder: Path
    port: int = 0
    transport_port: int = 0
    pid: int = 0

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "output.log"

    def start(self) -> None:
        """Start the node and wait until it replies. Raises ServerError with its log if it does not."""
        if self.is_running():
            return
        home = build.prepare()
        java = process.find_program("java")
        process.make_folder(self.folder, None)
        process.make_folder(self.folder / "config", None)
        process.make_folder(self.folder / "tmp", None)
        for port in ("port", "transport_port"):
            chosen = getattr(self, port)
            if not chosen or not process.can_listen(chosen):
                setattr(self, port, process.free_port())
        (self.folder / "config" / "elasticsearch.yml").write_text(self._settings())
        (self.folder / "config" / "log4j2.properties").write_text(_LOGGING)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": str(self.folder)}
        self.pid = process.spawn(
            [java, *self._options(home)], None, environment, self.folder / "config", self.log
        )
        ready = process.wait_until(lambda: self.is_ready() or not self.is_running(), START_SECONDS, 0.2)
        if not ready or not self.is_running():
            self.kill()
            raise ServerError(f"Elasticsearch did not start\n{process.tail(self.log)}")

    def is_running(self) -> bool:
        return self.pid != 0 and process.is_running(self.pid, str(self.folder))

    def is_ready(self) -> bool:
        """Return whether the node replies, and can hold an index."""
        try:
            with urllib.request.urlopen(f"{self.url}/_cluster/health", timeout=5) as reply:
                return json.load(reply)["status"] in ("green", "yellow")
        except (OSError, ValueError, urllib.error.URLError):
            return False

    def stop(self) -> None:
        """Stop the node; it is killed if it does not stop in time."""
        if self.pid and not process.end(self.pid, str(self.folder), signal.SIGTERM, STOP_SECONDS):
            process.end(self.pid, str(self.folder), signal.SIGKILL, STOP_SECONDS)
        self.pid = 0

    def kill(self) -> None:
        """Kill the node (SIGKILL), as in a crash. Its data stays."""
        if self.pid:
            process.end(self.pid, str(self.folder), signal.SIGKILL, STOP_SECONDS)
            # The kernel releases the ports of a killed process a moment later.
            process.wait_until(lambda: process.can_listen(self.port), STOP_SECONDS)
        self.pid = 0

    def wipe(self) -> None:
        """Delete the data of the stopped node."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def _settings(self) -> str:
        return _SETTINGS.format(
            host=LOOPBACK, port=self.port, transport_port=self.transport_port, folder=self.folder
        )

    def _options(self, home: Path) -> list[str]:
        return [
            "-Xms64m",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            # Starts in half the time; a test does not run long enough for the better compiler to pay.
            "-XX:TieredStopAtLevel=1",
            "-Dlog4j2.disable.jmx=true",
            f"-Des.path.home={home}",
            f"-Des.path.conf={self.folder / 'config'}",
            f"-Djava.io.tmpdir={self.folder / 'tmp'}",
            "--module-path",
            str(home / "lib"),
            "--add-modules",
            "ALL-MODULE-PATH",
            "-cp",
            str(home / "starter"),
            "Starter",
        ]
