"""A process dies by SIGKILL at each fault point of an action, the relay and a handler."""

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

import bus
import services
from bus.ops.fault_points import POINTS
from tests.chaos.harness import ChaosSystem

STEPS = {"alpha": ("action.", "relay."), "beta": ("handler.", "subscription.")}


BROKER_STEPS = ("relay.", "subscription.")
"""Fault points that need a broker: of the relay, and of acknowledging."""


def steps_of(service: str, way: str = "distributed") -> list[str]:
    return [
        point
        for point in POINTS
        if point.startswith(STEPS[service]) and (way == "distributed" or not point.startswith(BROKER_STEPS))
    ]


def scenario(system: ChaosSystem, nths: Sequence[int] = (2, 10)) -> None:
    """Die at each point at different counts: just after a start some points are passed with nothing to do."""
    alpha, beta = (
        # The offset is saved twice a second at most.
        [f"{point}:{min(nth, 3) if point == 'relay.after-save' else nth}" for nth in nths for point in steps]
        for steps in (steps_of("alpha", system.way), steps_of("beta", system.way))
    )
    # More than is ever written before the last death: some points are only reached while messages come.
    system.total = 20_000
    system.start({"both": alpha + beta, "alpha": alpha, "beta": beta})
    system.wait(lambda: len(system.deaths) == len(alpha + beta), 100)
    system.stop_writing()
    # Each life had one point to die at, and nothing else ends one.
    assert {death.split()[1] for death in system.deaths} == {"-9"}
    system.drain()


@pytest.mark.parametrize("system", ["embedded", "distributed"], indirect=True)
def test_killed_at_each_step(system: ChaosSystem) -> None:
    scenario(system)


def test_every_point_in_the_code_is_named() -> None:
    reached = set()
    for path in (path for package in (bus, services) for path in Path(package.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "fault_point":
                (name,) = node.args
                assert isinstance(name, ast.Constant), f"{path.name}: a point's name has to stand there"
                reached.add(name.value)
    assert reached == set(POINTS)


def test_some_scenario_kills_at_every_point() -> None:
    here = {*steps_of("alpha"), *steps_of("beta")}
    others = " ".join(
        path.read_text()
        for path in Path(__file__).parent.glob("test_*.py")
        if path.name != Path(__file__).name
    )
    assert [point for point in POINTS if point not in here and f'"{point}' not in others] == []
