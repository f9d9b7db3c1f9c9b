"""A process with services: what holds once it is ready."""

from __future__ import annotations

import subprocess
import sys

RUN = """
import gc, os, signal
from bus.ops.process import run_until_stopped
gc.disable()
def ready():
    print(gc.isenabled(), gc.get_freeze_count() > 0)
    os.kill(os.getpid(), signal.SIGTERM)
run_until_stopped([], ready, lambda: print("stopping"))
"""


def test_garbage_is_collected_again_once_a_start_has_ended() -> None:
    ran = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, check=True, timeout=300)
    assert ran.stdout.split() == ["True", "True", "stopping"]
