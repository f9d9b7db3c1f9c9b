"""The processes of the test services, and the fork server that starts them.

`python -m tests.chaos.process` imports everything once, and then forks a process for each line of its standard input.
It reports each start and end on its standard output. When its input ends it kills all.
"""

import eventlet

eventlet.monkey_patch()

# Only now may anything else be imported.
import json  # noqa: E402
import logging  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import traceback  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from eventlet import hubs, patcher  # noqa: E402

from bus.consumer.rebuild import Rebuild  # noqa: E402
from bus.consumer.runner import subscriptions_of  # noqa: E402
from bus.ops import fault_points, log_format  # noqa: E402
from core.database import Database  # noqa: E402
from tests.bus.harness import AlphaService, BusHarness  # noqa: E402
from tests.bus.outbox_service import SenderService  # noqa: E402
from tests.chaos import control, writers  # noqa: E402
from tests.chaos.gamma import GammaService  # noqa: E402
from tests.chaos.services import beta_of  # noqa: E402
from tests.chaos.store import fetch_from, make_tables  # noqa: E402

SERVICES: dict[str, Any] = {
    "alpha": AlphaService,
    "gamma": GammaService,
    "sender": SenderService,
}

_os = patcher.original("os")
_select = patcher.original("select")


def service_of(name: str, home: Path) -> Any:
    return beta_of(home) if name == "beta" else SERVICES[name]


def rebuild(name: str, databases: dict[str, Database], home: Path) -> None:
    Rebuild(
        databases[name],
        lambda database: subscriptions_of(service_of(name, home), database),
        make_tables,
        {"alpha": fetch_from(databases["alpha"])},
        lambda count: None,
    ).whole()


def live(options: dict[str, Any]) -> None:
    """Run one process: `services` until a signal, or a `rebuild`."""
    log_format.set_up(False)
    fault_points.arm(options["faults"])
    home = Path(options["home"])
    if "rebuild" in options:
        databases = {name: Database(url) for name, url in options["databases"].items()}
        rebuild(options["rebuild"], databases, home)
        return
    control.apply(home, options["name"])
    harness = BusHarness(options["bus_url"], options["databases"], home)
    control.apply(home, options["name"])
    SenderService.outside = home / "sent.txt"
    harness.start(*[service_of(name, home) for name in options["services"]])
    if "alpha" in options["services"] and options["total"]:
        writers.start(harness, options["total"], options["per_second"], home)
    eventlet.spawn(control.watch, harness, home, options["name"])
    stop = eventlet.event.Event()
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(stop.send))
    stop.wait()


def start_child(options: dict[str, Any], output: str) -> None:
    """Continue as the child process, without the parent's pipes and signal handlers. Does not return."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = _os.open(output, _os.O_WRONLY | _os.O_APPEND | _os.O_CREAT, 0o600)
    null = _os.open("/dev/null", _os.O_RDONLY)
    for old, new in ((null, 0), (log, 1), (log, 2)):
        _os.dup2(old, new)
    hubs.use_hub()
    code = 0
    try:
        live(options)
    except BaseException:
        traceback.print_exc()
        code = 1
    logging.shutdown()
    sys.stderr.flush()
    _os._exit(code)


def report(**what: int) -> None:
    _os.write(1, json.dumps(what).encode() + b"\n")


def reap(children: set[int]) -> None:
    while children:
        pid, status = _os.waitpid(-1, _os.WNOHANG)
        if not pid:
            return
        children.discard(pid)
        report(pid=pid, code=_os.waitstatus_to_exitcode(status))


def main() -> None:
    woken, wake = _os.pipe()
    _os.set_blocking(woken, False)
    _os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: set[int] = set()
    requests = b""
    while True:
        ready, _, _ = _select.select([0, woken], [], [])
        if woken in ready:
            _os.read(woken, 4096)
            reap(children)
        if 0 not in ready:
            continue
        more = _os.read(0, 65536)
        if not more:
            break
        *lines, requests = (requests + more).split(b"\n")
        for line in lines:
            order = json.loads(line)
            pid = _os.fork()
            if not pid:
                start_child(order["options"], order["output"])
            children.add(pid)
            report(pid=pid)
    for pid in children:
        _os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
