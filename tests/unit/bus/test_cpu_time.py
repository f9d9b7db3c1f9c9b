"""A request is charged for what its own greenlets compute, and not for what others do while it waits."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import AbstractContextManager
from time import thread_time

import pytest

from bus.ops import cpu_time
from bus.rpc.client import RpcClient
from bus.transport.direct import DirectTransport
from contracts.common import Producer
from contracts.errors import Unavailable

PROGRAM = """
import eventlet
eventlet.monkey_patch()
import json, time
from time import thread_time
from bus.ops import cpu_time
from bus.rpc.concurrency import gather
from bus.rpc.client import RpcClient
from bus.transport.direct import DirectTransport
from contracts.common import Producer

def compute(seconds):
    end = thread_time() + seconds
    while thread_time() < end:
        pass

class Service:
    def handle_call(self, method, arguments):
        compute(0.2)
        time.sleep(0.01)
        compute(0.1)
        return 7

transport = DirectTransport()
transport.serve("forum", Service())
api = RpcClient(transport).proxy(Producer, "forum")
cpu_time.install()

def request(seconds, calls):
    with cpu_time.measured(60) as meter:
        compute(seconds)
        time.sleep(0.05)
        gather(*[api.log_end] * calls, lambda: compute(seconds))
        time.sleep(0.05)
        compute(seconds)
    return meter.seconds

def other():
    for _ in range(20):
        compute(0.02)
        time.sleep(0)

greenlets = [eventlet.spawn(request, 0.1, 0), eventlet.spawn(request, 0.02, 2), eventlet.spawn(other)]
print(json.dumps([greenlet.wait() for greenlet in greenlets]))
"""


def compute(seconds: float) -> None:
    end = thread_time() + seconds
    while thread_time() < end:
        pass


@pytest.mark.slow
def test_each_is_charged_for_its_own_greenlets_and_the_services_that_it_called() -> None:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    # Seconds of CPU, which do not depend on how busy the machine is.
    one, other, _ = json.loads(run.stdout)
    assert 0.3 <= one < 0.39, "three times 0.1"
    assert 0.66 <= other < 0.75, "three times 0.02, and two calls of 0.3"


def test_a_block_within_another_counts_for_both() -> None:
    with cpu_time.measured(1) as outer:
        compute(0.02)
        with cpu_time.measured(1) as inner:
            compute(0.1)
    assert inner.seconds >= 0.1
    assert inner.seconds + 0.02 <= outer.seconds


@pytest.mark.parametrize(("most", "refused"), [(60.0, False), (0.0, True)])
def test_who_has_taken_too_much_can_call_no_service(most: float, refused: bool) -> None:
    called = []

    class Service:
        def handle_call(self, method: str, arguments: object) -> int:
            called.append(method)
            return 7

    transport = DirectTransport()
    transport.serve("forum", Service())  # type: ignore[arg-type]
    api: Producer = RpcClient(transport).proxy(Producer, "forum")
    with cpu_time.measured(most):
        compute(0.001)
        if refused:
            expected: AbstractContextManager[object] = pytest.raises(Unavailable, match="too-late")
            with expected:
                api.log_end()
        else:
            assert api.log_end() == 7
    assert bool(called) is not refused
