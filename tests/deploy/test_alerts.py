"""The alert rules pass Prometheus's own checks, and use metrics that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bus.ops import health, metrics
from tests import servers

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.mark.parametrize("arguments", [("check", "alerts.yml"), ("test", "alerts_test.yml")])
def test_promtool_agrees(arguments: tuple[str, str]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        servers.missing("promtool", "run `make setup-servers`")
    what, file = arguments
    done = subprocess.run(
        [promtool, what, "rules", file], cwd=DEPLOY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def measured() -> set[str]:
    """The names of all metrics."""
    counted = {
        family.name + ("_total" if family.type == "counter" else "") for family in metrics.REGISTRY.collect()
    }
    return {name for name in counted if name.startswith("space_")} | set(health.FAMILIES)


def test_each_rule_is_about_something_that_is_measured() -> None:
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    used = {name for rule in rules for name in re.findall(r"\bspace_\w+", rule["expr"])}
    assert used <= measured() | {f"{name}{ending}" for name in measured() for ending in ("_bucket", "_count")}
    assert len(used) >= 9


def test_the_operators_guide_names_every_metric() -> None:
    guide = (DEPLOY.parent / "docs" / "operate.md").read_text()
    assert set(re.findall(r"\bspace_\w+", guide)) == measured()
