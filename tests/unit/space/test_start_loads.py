"""What a start need not load is not loaded: each costs every process memory for good, and its start time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LOAD = """
import sys
import space.run
from core.settings import SERVICES, Settings
from space import wiring
settings = Settings.from_environment({"SPACE_HOME": sys.argv[1]})
for name in SERVICES:
    wiring.service_class(name, settings)
import gateway.app
print(*sorted({module.partition(".")[0] for module in sys.modules}))
"""


@pytest.mark.slow
def test_an_embedded_system_loads_no_client_of_a_server_and_no_tool(tmp_path: Path) -> None:
    """Elasticsearch's client takes 12 MB, the word lists of `zxcvbn` 12, Alembic with its templates 8."""
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"flask", "nameko", "sqlalchemy"} <= set(loaded)
    assert not {"elasticsearch", "zxcvbn", "alembic", "mako"} & set(loaded)
