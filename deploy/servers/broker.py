"""One RabbitMQ node of our own: its ports, its folder, its epmd, its password.

Every part of a node that is shared by default is its own here, so that several live side by side and next to
the system's: node name, data, log, cookie, plugins file, and epmd (Erlang's port mapper), which would
otherwise stay behind when the node stops. Everything listens on the loopback address alone.
"""

import secrets
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from deploy.servers import process
from deploy.servers.process import LOOPBACK, ServerError

START_SECONDS = 90.0
STOP_SECONDS = 30.0
VIRTUAL_HOST = "space"
SCRIPTS = Path("/usr/lib/rabbitmq/bin")
AMQP_GREETING = b"AMQP\x00\x00\x09\x01"
METHOD_FRAME = b"\x01"


@dataclass
class Broker:
    """A RabbitMQ node whose files are under ``folder``; ports of 0 are chosen at the first start."""

    folder: Path
    name: str = ""
    password: str = ""
    port: int = 0
    distribution_port: int = 0
    epmd_port: int = 0
    pid: int = 0
    epmd_pid: int = 0

    @property
    def url(self) -> str:
        return f"amqp://space:{self.password}@{LOOPBACK}:{self.port}/{VIRTUAL_HOST}"

    @property
    def control_environment(self) -> dict[str, str]:
        """What `rabbitmqctl`, which `RABBITMQCTL` names, needs to reach this node; as the node's own user."""
        return {**self._environment(), "RABBITMQCTL": str(SCRIPTS / "rabbitmqctl"), "VHOST": VIRTUAL_HOST}

    @property
    def logs(self) -> tuple[Path, Path]:
        return self.folder / "broker.log", self.folder / "output.log"

    def start(self) -> None:
        """Start the node and wait until it takes connections; ServerError with its log where it does not."""
        if self.is_running():
            return
        server = process.find_program("rabbitmq-server", SCRIPTS)
        epmd = process.find_program("epmd")
        user = process.server_user("rabbitmq")
        process.make_folder(self.folder, user)
        self._choose_ports()
        self._write_settings(user)
        environment = self._environment()
        output = self.folder / "output.log"
        self.epmd_pid = process.spawn(
            [epmd, "-port", str(self.epmd_port), "-address", LOOPBACK], user, environment, self.folder, output
        )
        self.pid = process.spawn([server], user, environment, self.folder, output)
        ready = process.wait_until(lambda: self.is_ready() or not self.is_running(), START_SECONDS)
        if not ready or not self.is_running():
            self.kill()
            raise ServerError(f"RabbitMQ did not start\n{process.tail(*self.logs)}")

    def is_running(self) -> bool:
        return self.pid != 0 and process.is_running(self.pid, str(self.folder))

    def is_ready(self) -> bool:
        """Say whether the node greets a client: its listener opens last, after accounts and queues."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=5) as client:
                client.sendall(AMQP_GREETING)
                return client.recv(1) == METHOD_FRAME
        except OSError:
            return False

    def stop(self) -> None:
        """Stop the node in good order, and its epmd; what does not end in time is killed."""
        if self.pid and not process.end(self.pid, str(self.folder), signal.SIGTERM, STOP_SECONDS):
            process.end(self.pid, str(self.folder), signal.SIGKILL, STOP_SECONDS)
        self._stop_epmd()
        self.pid = 0

    def kill(self) -> None:
        """End the node at once, as a crash would (SIGKILL), leaving its data as it is."""
        if self.pid:
            process.end(self.pid, str(self.folder), signal.SIGKILL, STOP_SECONDS)
            # The system gives a killed process's ports back a moment after it is gone.
            process.wait_until(lambda: process.can_listen(self.port), STOP_SECONDS)
        self._stop_epmd()
        self.pid = 0

    def wipe(self) -> None:
        """Throw the stopped node's data away: queues, exchanges, messages. Its account is made anew."""
        if self.is_running():
            raise ServerError("a running RabbitMQ cannot be wiped: stop or kill it first")
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def _stop_epmd(self) -> None:
        if self.epmd_pid:
            process.end(self.epmd_pid, str(self.folder), signal.SIGKILL, STOP_SECONDS)
        self.epmd_pid = 0

    def _choose_ports(self) -> None:
        """Keep the last start's ports, so that clients find the node again; new ones if they are taken."""
        self.name = self.name or f"space-{secrets.token_hex(4)}"
        self.password = self.password or secrets.token_hex(16)
        for port in ("port", "distribution_port", "epmd_port"):
            chosen = getattr(self, port)
            if not chosen or not process.can_listen(chosen):
                setattr(self, port, process.free_port())

    def _write_settings(self, user: str | None) -> None:
        settings = {
            "rabbitmq.conf": (
                f"listeners.tcp.local = {LOOPBACK}:{self.port}\n"
                "default_user = space\n"
                f"default_pass = {self.password}\n"
                f"default_vhost = {VIRTUAL_HOST}\n"
                "log.console = false\n"
                f"log.file = {self.logs[0]}\n"
            ),
            # Empty ones take the place of the system's under /etc/rabbitmq.
            "environment.conf": "",
            "advanced.config": "[].\n",
            "plugins": "[].\n",
        }
        for name, text in settings.items():
            path = self.folder / name
            path.write_text(text)
            path.chmod(0o600)
            process.give_to(path, user)
        for log in self.logs:
            log.touch()
            process.give_to(log, user)

    def _environment(self) -> dict[str, str]:
        folder = self.folder
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder),  # where Erlang keeps the cookie
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_CRASH_DUMP_BYTES": "0",
            "RABBITMQ_NODENAME": f"{self.name}@localhost",
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "data" / "feature_flags"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "environment.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            # As systemd is told the server's own process id, so are we: the start script becomes the server
            # instead of waiting for it.
            "RUNNING_UNDER_SYSTEMD": "true",
            # Schedulers that spin while they wait would take the cores that the tests need.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"
            ),
        }
