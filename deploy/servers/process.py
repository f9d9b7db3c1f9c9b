"""Starts, watches and stops server processes: as another user, on free ports, by process id.

Only the standard library is used, so that servers can be started before anything is installed. Linux only: it reads
``/proc``.
"""

import os
import pwd
import random
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below Linux's range for outgoing connections, so that none of them can take such a port.
PORT_RANGE = range(20_000, 32_000)
LOG_TAIL_LINES = 40


class ServerError(RuntimeError):
    """A server could not be started or stopped. The message says why, and ends with its log."""


def free_port() -> int:
    """Return a TCP port of the loopback address on which nothing listens now."""
    for port in random.sample(PORT_RANGE, 200):
        if can_listen(port):
            return port
    raise ServerError("found no free port on the loopback address")


def can_listen(port: int) -> bool:
    """Return whether a server can listen on the port now, even if old connections to it are in TIME_WAIT."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError:
            return False
    return True


def find_program(name: str, *folders: Path) -> Path:
    """Return the path of a program in the given folders, PATH, or the system folders. Raises ServerError."""
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise ServerError(f"{name} is not installed: run 'make setup-servers'")
    return Path(found)


def server_user(name: str) -> str | None:
    """Return the user to run a server as: ``name`` if this process runs as root, else None (the current user).

    The packages of RabbitMQ and PostgreSQL each create a user; PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(name)
    except KeyError:
        raise ServerError(f"there is no user {name}: run 'make setup-servers'") from None
    return name


def give_to(path: Path, user: str | None) -> None:
    """Make ``user`` the owner of ``path``. Does nothing if servers run as the current user."""
    if user is not None:
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)


def make_folder(path: Path, user: str | None, mode: int = 0o700) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    give_to(path, user)
    return path


def everyone_may_pass(folder: Path) -> bool:
    """Return whether other users have access to ``folder``, by the permissions of it and of every folder above it."""
    for above in [folder, *folder.parents]:
        if above.exists() and not above.stat().st_mode & stat.S_IXOTH:
            return False
    return True


def run(arguments: Sequence[str | Path], user: str | None, environment: Mapping[str, str], cwd: Path) -> None:
    """Run a short command. Raises ServerError with its output if it fails."""
    done = subprocess.run(
        [str(argument) for argument in arguments],
        env=dict(environment),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        user=user,
        group=user and pwd.getpwnam(user).pw_gid,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        raise ServerError(f"{arguments[0]} failed with exit code {done.returncode}:\n{done.stdout}")


def spawn(
    arguments: Sequence[str | Path], user: str | None, environment: Mapping[str, str], cwd: Path, log: Path
) -> int:
    """Start a server in a new session, so that Ctrl-C does not reach it, and return its process id."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(argument) for argument in arguments],
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user and pwd.getpwnam(user).pw_gid,
            extra_groups=[] if user else None,
        )
    # The server is meant to outlive this object; without this its destructor would warn.
    process.returncode = 0
    return process.pid


def is_running(pid: int, mark: str) -> bool:
    """Return whether process ``pid`` runs and has ``mark`` in its command line or environment.

    The mark is needed because the id may have been given to another process meanwhile. A zombie does not count.
    """
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        described = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
    except (OSError, IndexError):
        return False
    if state in "ZX":
        reap(pid)
        return False
    # A process that is ending has neither any more, but may still have its port.
    return not described or mark.encode() in described


def reap(pid: int) -> None:
    """Reap ``pid`` if it is a child of this process, so that it does not stay a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Poll ``condition`` until it is true; return False if it is not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def end(pid: int, mark: str, with_signal: signal.Signals, seconds: float) -> bool:
    """Send a signal to a process and wait up to ``seconds``; return whether it has ended."""
    if is_running(pid, mark):
        os.kill(pid, with_signal)
    return wait_until(lambda: not is_running(pid, mark), seconds)


def tail(*logs: Path) -> str:
    """Return the last lines of each log, for error messages."""
    parts = []
    for log in logs:
        if log.exists():
            lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
            parts.append("\n".join([f"--- end of {log}", *lines]))
    return "\n".join(parts)
