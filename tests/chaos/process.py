"""The toy services as a process of their own, to be killed: `python -m tests.chaos.process '{"services": …}'`."""

import eventlet

eventlet.monkey_patch()

# Only now may anything else be imported.
import json  # noqa: E402
import logging  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from sqlalchemy import func, select  # noqa: E402

from bus import faults, logs  # noqa: E402
from bus.context import idempotent, within  # noqa: E402
from bus.rebuild import Rebuild  # noqa: E402
from bus.subscriptions import subscriptions_of  # noqa: E402
from contracts.errors import SpaceError  # noqa: E402
from core.audience import STRANGER  # noqa: E402
from core.database import Database  # noqa: E402
from tests.bus.toy import AlphaService, BetaService, Street, note  # noqa: E402
from tests.chaos.store import fetch_from, make_tables  # noqa: E402

SERVICES = {"alpha": AlphaService, "beta": BetaService}
SUBJECTS = 5


def write(street: Street, total: int, per_second: float, enough: Path) -> None:
    """Write notes, each once, until there are `total` or the file `enough` is there."""
    with street.databases["alpha"].reading() as session:
        number = session.execute(select(func.count()).select_from(note)).scalar() or 0
    while number < total and not enough.exists():
        begun = time.monotonic()
        try:
            with idempotent(f"note {number}"), within(2):
                street.alpha.note(STRANGER, f"note {number}", f"s{number % SUBJECTS}")
            number += 1
        except SpaceError as error:
            logging.info("note %s has to be tried again: %s", number, error)
            time.sleep(0.1)
        time.sleep(max(0.0, 1 / per_second - (time.monotonic() - begun)))
    logging.info("all is written")


def fill_the_disk(database: Database, seconds: float) -> None:
    """Let the SQLite database grow no more for some seconds."""
    from sqlalchemy import event

    def limit(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")

    event.listen(database.engine, "connect", limit)
    database.engine.dispose()
    time.sleep(seconds)
    event.remove(database.engine, "connect", limit)
    database.engine.dispose()


def rebuild(databases: dict[str, Database]) -> None:
    Rebuild(
        databases["beta"],
        lambda database: subscriptions_of(BetaService, database),
        make_tables,
        {"alpha": fetch_from(databases["alpha"])},
        lambda count: None,
    ).whole()


def main() -> None:
    options = json.loads(sys.argv[1])
    logs.set_up(False)
    faults.arm(options["faults"])
    if options["services"] == ["rebuild"]:
        rebuild({name: Database(url) for name, url in options["databases"].items()})
        return
    street = Street(options["bus_url"], options["databases"], Path(options["home"]))
    BetaService.poison = set(options.get("poison", []))
    BetaService.slowness = options.get("slowness", 0.0)
    street.start(*[SERVICES[name] for name in options["services"]])
    if "alpha" in options["services"] and options["total"]:
        enough = Path(options["home"]) / "enough"
        eventlet.spawn(write, street, options["total"], options["per_second"], enough)
    if options.get("disk_full"):
        eventlet.spawn(fill_the_disk, street.databases["alpha"], options["disk_full"])
    stop = eventlet.event.Event()
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(stop.send))
    stop.wait()


if __name__ == "__main__":
    main()
