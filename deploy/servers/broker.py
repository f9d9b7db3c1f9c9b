"""A private RabbitMQ node.

What nodes share by default is separate here, so that several can run beside each other and the system's: node name,
data, log, cookie, plugins file, and epmd (Erlang's port mapper), which would otherwise keep running when the node
stops. Everything listens on the loopback address only.
"""

import hmac
import json
import secrets
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.rabbitmq.accounts import COMPONENTS, definitions
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
    """A RabbitMQ node whose files are in ``folder``. Ports that are 0 are chosen at the first start."""

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

    def component_urls(self) -> dict[str, str]:
        """The URL of each component, with an account that may do only what that component must."""
        return {
            component: f"amqp://{component}:{self._password_of(component)}@{LOOPBACK}:{self.port}/{VIRTUAL_HOST}"
            for component in COMPONENTS
        }

    def _password_of(self, component: str) -> str:
        return hmac.new(self.password.encode(), component.encode(), "sha256").hexdigest()[:32]

    @property
    def control_environment(self) -> dict[str, str]:
        """The environment for `rabbitmqctl`, whose path is in `RABBITMQCTL`. It must run as the user of the node."""
        return {**self._environment(), "RABBITMQCTL": str(SCRIPTS / "rabbitmqctl"), "VHOST": VIRTUAL_HOST}

    def control(self, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program that uses `rabbitmqctl`, as the user of the node, with `given` as its input."""
        user = process.server_user("rabbitmq")
        return subprocess.run(
            command,
            input=given,
            env=self.control_environment,
            cwd=self.folder,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    @property
    def logs(self) -> tuple[Path, Path]:
        return self.folder / "broker.log", self.folder / "output.log"

    def start(self) -> None:
        """Start the node and wait until it accepts connections. Raises ServerError with its log if it does not."""
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
        """Return whether the node responds to an AMQP client: its listener is opened after accounts and queues."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=5) as client:
                client.sendall(AMQP_GREETING)
                return client.recv(1) == METHOD_FRAME
        except OSError:
            return False

    def stop(self) -> None:
        """Stop the node and its epmd. The node is killed if it does not stop in time."""
        if self.pid and not process.end(self.pid, str(self.folder), signal.SIGTERM, STOP_SECONDS):
            process.end(self.pid, str(self.folder), signal.SIGKILL, STOP_SECONDS)
        self._stop_epmd()
        self.pid = 0

    def kill(self) -> None:
        """Kill the node (SIGKILL), as in a crash. Its data stays."""
        if self.pid:
            process.end(self.pid, str(self.folder), signal.SIGKILL, STOP_SECONDS)
            # The kernel releases the ports of a killed process a moment later.
            process.wait_until(lambda: process.can_listen(self.port), STOP_SECONDS)
        self._stop_epmd()
        self.pid = 0

    def wipe(self) -> None:
        """Delete the data of the stopped node: queues, exchanges, messages. The next start recreates its account."""
        if self.is_running():
            raise ServerError("a running RabbitMQ cannot be wiped: stop or kill it first")
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def _stop_epmd(self) -> None:
        if self.epmd_pid:
            process.end(self.epmd_pid, str(self.folder), signal.SIGKILL, STOP_SECONDS)
        self.epmd_pid = 0

    def _choose_ports(self) -> None:
        """Keep the ports of the last start, so that clients find the node again, or choose others if they are taken."""
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
                f"load_definitions = {self.folder / 'definitions.json'}\n"
                "log.console = false\n"
                f"log.file = {self.logs[0]}\n"
            ),
            "definitions.json": json.dumps(self._definitions()),
            # Empty files, instead of the system's files in /etc/rabbitmq.
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

    def _definitions(self) -> Any:
        """The accounts: `space`, which may do everything, for tests; and one for each component."""
        passwords = {component: self._password_of(component) for component in COMPONENTS}
        return definitions({"space": self.password, **passwords}, VIRTUAL_HOST, administrators=["space"])

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
            # Under systemd the start script becomes the server process (exec) instead of waiting for it, so that its
            # process id is the server's.
            "RUNNING_UNDER_SYSTEMD": "true",
            # Without busy waiting of the schedulers, which would take CPU time from the tests.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"
            ),
        }
