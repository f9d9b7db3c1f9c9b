"""Load by `wrk`, which takes less of a core for a request than a client in Python would."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from bench.load import Load

CONNECTIONS = 16

_REPORT = """
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %f %f %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.status, errors.read, errors.timeout))
end
"""
_ONE_AFTER_ANOTHER = """
local paths, place = {%s}, 0
request = function()
  place = place %% #paths + 1
  return wrk.format("GET", paths[place])
end
"""
_RESULT = re.compile(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+) (\d+) (\d+)")


def measure(
    port: int, path: str, seconds: float, headers: dict[str, str] | None = None, paths: Sequence[str] = ()
) -> Load:
    """Ask `path` of 127.0.0.1 over 16 connections, or `paths` one after another. Raises `RuntimeError` if any response
    is an error."""
    if shutil.which("wrk") is None:
        raise click.ClickException("This needs `wrk`: apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if paths:
            script.write(_ONE_AFTER_ANOTHER % ",".join(map(json.dumps, paths)))
        script.write(_REPORT)
        script.flush()
        command = [
            "wrk",
            "-t1",
            "--timeout",
            "20s",
            f"-c{CONNECTIONS}",
            f"-d{max(round(seconds), 1)}s",
            "-s",
            script.name,
        ]
        for name, value in (headers or {}).items():
            command += ["-H", f"{name}: {value}"]
        command.append(f"http://127.0.0.1:{port}{path}")
        output = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path.cwd()).stdout
    found = _RESULT.search(output)
    if found is None:
        raise RuntimeError(f"wrk said: {output}")
    requests, microseconds, median, slow, statuses, reads, timeouts = map(float, found.groups())
    if statuses or reads or timeouts:
        counted = f"{statuses:.0f} statuses, {reads:.0f} reads and {timeouts:.0f} time-outs"
        raise RuntimeError(f"{path}: of {requests:.0f} requests {counted} were errors")
    return Load(int(requests), requests / (microseconds / 1e6), median / 1000, slow / 1000)
