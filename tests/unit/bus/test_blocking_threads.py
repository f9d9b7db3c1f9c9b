"""Work that can't yield runs in few threads, since each keeps the memory that its work took."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bus.blocking import THREADS

PROGRAM = """
import eventlet
eventlet.monkey_patch()
from pathlib import Path
from bus.blocking import BlockingPool
pool = BlockingPool(at_once=1, waiting=100)
for greenlet in [eventlet.spawn(pool.run, sum, [number]) for number in range(60)]:
    greenlet.wait()
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("Threads")))
"""


def threads_after(pieces: int) -> int:
    program = PROGRAM.replace("60", str(pieces))
    command = [sys.executable, "-W", "ignore", "-c", program]
    return int(subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout)


@pytest.mark.slow
def test_a_pool_has_no_more_threads_than_cores() -> None:
    assert 0 < threads_after(60) - threads_after(0) <= THREADS
