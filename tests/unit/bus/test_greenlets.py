"""A call to a service of the same process runs at once, and a request that takes long lets others run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import eventlet
eventlet.monkey_patch()
import json, time
from time import thread_time
from bus.ops import cpu_time, greenlets

seen = []

def work(name, seconds=0.0):
    seen.append(name + " begins")
    if seconds:
        time.sleep(seconds)
    seen.append(name + " ends")
    return name

def fail():
    raise ValueError("no")

cpu_time.install()
others = [eventlet.spawn(work, "other")]
quick = greenlets.start(work, "quick")
seen.append("quick: " + quick.wait())
slow = greenlets.start(work, "slow", 0.01)
seen.append("started")
seen.append("slow: " + slow.wait())
try:
    greenlets.start(fail).wait()
except ValueError as error:
    seen.append(repr(error))

with cpu_time.measured(60):
    others.append(eventlet.spawn(work, "behind a short request"))
    greenlets.give_way()
    seen.append("short request")
    end = thread_time() + greenlets.SECONDS_UNINTERRUPTED
    while thread_time() <= end:
        pass
    greenlets.give_way()
    seen.append("long request")
others.append(eventlet.spawn(work, "behind no request"))
greenlets.give_way()
seen.append("no request")
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen() -> list[str]:
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    order: list[str] = json.loads(found.stdout)
    return order


def test_what_does_not_wait_runs_before_all_others(seen: list[str]) -> None:
    assert seen[:3] == ["quick begins", "quick ends", "quick: quick"]


def test_who_starts_what_waits_goes_on_with_the_others(seen: list[str]) -> None:
    assert seen[3] == "slow begins"
    assert seen.index("other ends") < seen.index("slow ends") < seen.index("slow: slow")
    assert seen.index("started") < seen.index("slow ends")


def test_an_error_reaches_who_started_it(seen: list[str]) -> None:
    assert "ValueError('no')" in seen


def test_only_a_short_request_goes_on_before_others(seen: list[str]) -> None:
    assert seen.index("short request") < seen.index("behind a short request begins")
    assert seen.index("behind a short request ends") < seen.index("long request")
    assert seen.index("behind no request ends") < seen.index("no request")
