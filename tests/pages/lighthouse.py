"""Lighthouse as a program that audits one page after another, in one Chromium."""

from __future__ import annotations

import json
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests import servers
from tests.pages.harness import MODULES
from tests.story.harness import free_port

SCRIPT = Path(__file__).with_name("audit.mjs")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
START_SECONDS = 60
PAGE_SECONDS = 300

# Audits that say how many bytes could be saved; in Lighthouse's report their score depends on time as well.
SAVINGS = (
    "efficient-animated-content",
    "modern-image-formats",
    "unminified-css",
    "unminified-javascript",
    "unused-javascript",
    "uses-optimized-images",
    "uses-responsive-images",
    "uses-text-compression",
)


class Report:
    """What Lighthouse found on a page: all of it but what the page's speed decides, which depends on the machine."""

    def __init__(self, found: dict[str, Any]) -> None:
        self._found = found
        self._audits: dict[str, Any] = found["audits"]

    @property
    def scores(self) -> dict[str, float]:
        """The scores from 0 to 100 by category."""
        return {name: round(each["score"] * 100) for name, each in self._found["categories"].items()}

    @property
    def failed(self) -> set[str]:
        """The audits that cost accessibility, best practices or SEO points."""
        return {
            each["id"]
            for name, category in self._found["categories"].items()
            if name != "performance"
            for each in category["auditRefs"]
            if each["weight"] and self._audits[each["id"]]["score"] not in (None, 1)
        }

    @property
    def savings(self) -> dict[str, float]:
        """The bytes that could be saved, by audit."""
        saved = {
            name: self._audits[name].get("details", {}).get("overallSavingsBytes", 0) for name in SAVINGS
        }
        return {name: number for name, number in saved.items() if number}

    @property
    def shift(self) -> float:
        """How much moved while the page loaded; 0 where everything has its place from the start."""
        return float(self._audits["cumulative-layout-shift"]["numericValue"])

    @property
    def shifts(self) -> list[Any]:
        """What moved."""
        return list(self._audits["layout-shifts"].get("details", {}).get("items", []))

    @property
    def unsized_images(self) -> list[Any]:
        """The pictures without width and height."""
        return list(self._audits["unsized-images"]["details"]["items"])

    @property
    def elements(self) -> int:
        return int(self._audits["dom-size"]["numericValue"])

    def transferred(self, kind: str = "") -> int:
        """The bytes that the page took, or those of one kind (`Stylesheet`, `Script`, `Image`)."""
        return sum(each["transferSize"] for each in self._requests(kind))

    def blocking(self) -> list[str]:
        """The style sheets that have to be there before anything is shown."""
        sheets = self._requests("Stylesheet")
        return [each["url"] for each in sheets if each["priority"] == "VeryHigh"]

    def _requests(self, kind: str) -> list[dict[str, Any]]:
        every: list[dict[str, Any]] = self._audits["network-requests"]["details"]["items"]
        return [each for each in every if not kind or each["resourceType"] == kind]


class Lighthouse:
    """The program. It takes an address a line."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self._process = process
        self._errors = errors

    def audit(self, url: str) -> Report:
        """What it finds on a page."""
        output, given = self._process.stdout, self._process.stdin
        assert output is not None
        assert given is not None
        given.write(f"{url}\n")
        given.flush()
        ready, _, _ = select.select([output], [], [], PAGE_SECONDS)
        assert ready, f"Lighthouse did not answer in {PAGE_SECONDS} s"
        line = output.readline()
        assert line, self._errors.read_text()
        found: dict[str, Any] = json.loads(line)
        assert "error" not in found, found["error"]
        return Report(found)


@contextmanager
def lighthouse(folder: Path) -> Iterator[Lighthouse]:
    """Start it and Chromium, with their files in `folder`. Skips the test without Node.js, Lighthouse or Chromium."""
    node = shutil.which("node")
    if node is None or not (MODULES / "lighthouse").is_dir():
        servers.missing("Lighthouse", "run `make setup`")
    errors = folder / "errors.txt"
    with _chromium(folder) as port, errors.open("w") as written:
        command = [node, str(SCRIPT), str(port)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=written, cwd=folder, text=True
        )
        try:
            yield Lighthouse(process, errors)
        finally:
            process.kill()
            process.communicate()


@contextmanager
def _chromium(folder: Path) -> Iterator[int]:
    port = free_port()
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [servers.chromium(), *FLAGS, profile, f"--remote-debugging-port={port}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/json/version", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None, f"Chromium ended with {process.returncode}"
                assert time.monotonic() < end, f"Chromium did not answer in {START_SECONDS} s"
                time.sleep(0.1)
        yield port
    finally:
        servers.end(process)
