"""Named points at which a test kills the process, to prove that nothing is lost there.

`relay.after-publish:3` means: die by SIGKILL the third time that point is reached. A test's process arms them; the
services themselves never do, so nothing in the environment can make one die.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "action.before-commit",
    "action.after-commit",
    "relay.before-publish",
    "relay.after-publish",
    "relay.after-save",
    "handler.before-handling",
    "handler.before-commit",
    "handler.after-commit",
    "subscription.before-ack",
    "subscription.after-ack",
    "task.before-handler",
    "task.after-handler",
    "task.after-record",
    "rebuild.before-switch",
    "rebuild.after-switch",
)

_armed: dict[str, int] = {}


def arm(plan: str) -> None:
    """Arm the points of `plan` (`name:n,…`). Raises `ValueError` for a point that there is not."""
    for part in filter(None, plan.split(",")):
        name, _, times = part.partition(":")
        if name not in POINTS:
            raise ValueError(f"there is no fault point {name}")
        _armed[name] = int(times or 1)


def fault_point(name: str) -> None:
    """Pass the point `name`; does nothing unless a test armed it."""
    if _armed and name in _armed:
        _armed[name] -= 1
        if _armed[name] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
