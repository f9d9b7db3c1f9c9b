"""Named points at which a test can kill the process, to prove that nothing is lost there (fault injection).

`relay.after-publish:3` means: end by SIGKILL when that point is reached for the third time. Only code of tests arms
points; no setting can.
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
    "mail.before-take",
    "mail.after-take",
    "mail.after-post",
    "rebuild.before-switch",
    "rebuild.after-switch",
)

_armed: dict[str, int] = {}


def arm(plan: str) -> None:
    """Arm the points of `plan` (`name:n,…`). Raises `ValueError` for an unknown point."""
    for part in filter(None, plan.split(",")):
        name, _, times = part.partition(":")
        if name not in POINTS:
            raise ValueError(f"there is no fault point {name}")
        _armed[name] = int(times or 1)


def fault_point(name: str) -> None:
    """Kill the process here if a test armed the point `name` and its count is reached; otherwise do nothing."""
    if _armed and name in _armed:
        _armed[name] -= 1
        if _armed[name] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
