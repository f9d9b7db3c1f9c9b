"""Start the consumer; SIGTERM or Ctrl-C stops it."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

from .following import Consumer
from .settings import Settings
from .store import Store

log = logging.getLogger(__name__)


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("pika").setLevel(
        logging.CRITICAL
    )  # it tells each lost connection in many lines; we tell it in one
    try:
        settings = Settings.from_environment(os.environ)
    except KeyError as missing:
        log.error("%s is not set; see README.md", missing.args[0])
        return 2
    store = Store(settings.store)
    consumer = Consumer(settings, store)

    def stop(_number: int, _frame: FrameType | None) -> None:
        consumer.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        consumer.run()
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
