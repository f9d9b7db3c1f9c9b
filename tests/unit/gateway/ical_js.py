"""Runs `ical.js`, Thunderbird's engine, on what a test gives it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def ical_js(script: str, text: str) -> Any:
    """What a script of this folder answers to `text`."""
    path = Path(__file__).with_name(script)
    result = subprocess.run(
        ["node", str(path)], input=text, capture_output=True, text=True, check=True, cwd=ROOT
    )
    return json.loads(result.stdout)
