"""Start and stop RabbitMQ, PostgreSQL and Elasticsearch on free ports of the loopback address."""

import argparse
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from deploy.servers import ServerError, Servers, install
from deploy.servers.process import is_running

CHILD_SECONDS = 30.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.servers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "install", help="install RabbitMQ, PostgreSQL, Java, Chromium and fonts, and fetch Elasticsearch"
    )
    start = commands.add_parser("start", help="start all and print the environment that reaches them")
    stop = commands.add_parser("stop", help="stop all; their data stays")
    environment = commands.add_parser("environment", help="print the environment of running servers")
    for command in (start, stop, environment):
        command.add_argument("--folder", type=Path, default=Path("var/servers"), help="default: var/servers")
    run = commands.add_parser(
        "run", help="start all, run a command with the environment, stop them in any case"
    )
    run.add_argument("--folder", type=Path, default=Path("var/servers"), help="default: var/servers")
    run.add_argument(
        "--tests",
        action="store_true",
        help="new servers under the folder, for tests: fast, and deleted at the end",
    )
    run.add_argument("arguments", nargs="+", metavar="-- COMMAND")
    options = parser.parse_args()
    try:
        return run_command(options)
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1


def run_command(options: argparse.Namespace) -> int:
    if options.command == "install":
        return install.install()
    if options.command == "run":
        if options.tests:
            return run_tests(options.folder, options.arguments)
        servers = Servers.load(options.folder)
        return run_with(servers, servers.space_environment, options.arguments)
    servers = Servers.load(options.folder)
    if options.command == "start":
        started(servers)
        print_environment(servers)
    elif options.command == "stop":
        servers.stop()
    elif all(each.is_running() for each in (servers.broker, servers.database, servers.search)):
        print_environment(servers)
    else:
        raise ServerError(f"no servers are running in {options.folder}")
    return 0


def print_environment(servers: Servers) -> None:
    for name, value in {**servers.space_environment(), **servers.test_environment()}.items():
        print(f"export {name}={shlex.quote(value)}")


def run_tests(folder: Path, arguments: list[str]) -> int:
    """Run tests on new servers. First stop and delete those of earlier test runs that were killed."""
    for left in folder.glob("tests-*"):
        owner = int(left.name.removeprefix("tests-"))
        if not is_running(owner, "servers"):
            servers = Servers.load(left)
            servers.stop()
            servers.delete()
    servers = Servers.load(folder / f"tests-{os.getpid()}", durable=False)
    try:
        return run_with(servers, servers.test_environment, arguments)
    finally:
        servers.delete()


def run_with(servers: Servers, environment: Callable[[], dict[str, str]], arguments: list[str]) -> int:
    """Run a command while the servers run, and return its exit code. SIGINT and SIGTERM reach the command."""
    with only_one(servers.folder), signals_to_child() as children:
        try:
            started(servers)
            if children.stop_asked:
                return 128 + children.stop_asked
            child = subprocess.Popen(arguments, env={**os.environ, **environment()})
            children.watch(child)
            code = child.wait()
            return 128 - code if code < 0 else code
        finally:
            # Another process may have restarted a server, so its stored state is read again.
            Servers.load(servers.folder).stop()


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Lock the folder for this process; the kernel releases the lock however the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServerError(f"the servers in {folder} are in use: stop what runs on them first") from None
        yield


def started(servers: Servers) -> None:
    start = time.monotonic()
    print("Starting RabbitMQ, PostgreSQL and Elasticsearch …", file=sys.stderr, flush=True)
    servers.start()
    print(
        f"RabbitMQ on port {servers.broker.port}, PostgreSQL on port {servers.database.port}, "
        f"Elasticsearch on port {servers.search.port}, after {time.monotonic() - start:.1f} s",
        file=sys.stderr,
        flush=True,
    )


class Child:
    """The running command, and the signal that asked it to stop, if any."""

    def __init__(self) -> None:
        self.stop_asked = 0
        self.process: subprocess.Popen[bytes] | None = None

    def watch(self, child: subprocess.Popen[bytes]) -> None:
        self.process = child
        if self.stop_asked:
            child.terminate()

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.stop_asked = number
        if self.process is None:
            return
        # The terminal sends Ctrl-C to the command too; a second SIGINT would make it stop at once.
        if number != signal.SIGINT or not in_foreground():
            self.process.send_signal(number)
        killer = threading.Timer(CHILD_SECONDS, self.process.kill)
        killer.daemon = True
        killer.start()


def in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


@contextmanager
def signals_to_child() -> Iterator[Child]:
    child = Child()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, child.handle) for number in numbers}
    try:
        yield child
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
