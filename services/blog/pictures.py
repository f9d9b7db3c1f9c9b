"""Prepares uploaded pictures, in a process of their own that may use only so much memory and time."""

from __future__ import annotations

import base64
import binascii
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from contracts.errors import Unavailable, invalid
from contracts.pictures import LIMITS, MOST_BYTES
from core.turns import Turns
from services.blog import picture_decoder
from services.blog.picture_decoder import PictureRefused, Prepared

_ROOT = Path(__file__).parents[2]


class PictureProcess:
    """Decodes pictures in processes of their own.

    `most_at_once`, and one of each person: others wait for up to `wait` seconds, five of one person. Each process has
    `memory` bytes of address space (an AVIF of 50 million pixels takes 460 MB) and `cpu_seconds` of CPU time (the
    largest pictures take three), and is ended after `seconds` by the clock, which say how busy the machine is.
    """

    def __init__(
        self,
        most_at_once: int = 2,
        wait: float = 5.0,
        memory: int = 1_000_000_000,
        cpu_seconds: int = 10,
        seconds: float = 25.0,
    ) -> None:
        self._free = threading.BoundedSemaphore(most_at_once)
        self._of_each = Turns(at_once=1, waiting=5)
        self._wait = wait
        self._memory = memory
        self._cpu_seconds = cpu_seconds
        self._seconds = seconds

    def decode(self, content: bytes, person_id: str) -> Prepared:
        """`picture_decoder.decode` apart. Raises `PictureRefused`, and `Unavailable("pictures-busy")`.

        A picture that takes too much memory or CPU time is refused as too large, whatever it would have become. One
        for which the machine had no time may be uploaded again.
        """
        end = time.monotonic() + self._wait
        # First among one's own, so that never more than one of them waits where others wait too.
        if not self._of_each.take(person_id, self._wait):
            raise self._busy()
        try:
            if not self._free.acquire(timeout=max(end - time.monotonic(), 0.0)):
                raise self._busy()
            try:
                return self._run(content)
            finally:
                self._free.release()
        finally:
            self._of_each.give_back(person_id)

    def _busy(self) -> Unavailable:
        return Unavailable("pictures-busy", params={"seconds": max(int(self._wait), 1)})

    def _run(self, content: bytes) -> Prepared:
        command = [sys.executable, "-m", picture_decoder.__name__, str(self._memory), str(self._cpu_seconds)]
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
            given.write(content)
            given.seek(0)
            process = subprocess.Popen(
                command, cwd=_ROOT, stdin=given, stdout=printed, stderr=subprocess.DEVNULL
            )
            try:
                ended = self._await(process)
            finally:
                process.kill()
                process.wait()
            if not ended:
                raise self._busy()
            if process.returncode != 0:
                raise PictureRefused("picture-size")
            printed.seek(0)
            return picture_decoder.read(printed.read())

    def _await(self, process: subprocess.Popen[bytes]) -> bool:
        """Look again and again whether the process has ended: under eventlet all other greenlets run meanwhile.
        Returns whether it did in time."""
        end = time.monotonic() + self._seconds
        while process.poll() is None:
            if time.monotonic() >= end:
                return False
            time.sleep(0.01)
        return True


_apart = PictureProcess()


def prepare(
    encoded: str, person_id: str, decode: Callable[[bytes, str], Prepared] = _apart.decode
) -> Prepared:
    """Check a picture (base64) that a person uploads, and make its sizes.

    Faults: `picture-type`, `picture-size`, `picture-broken`. Raises `Unavailable("pictures-busy")`.
    """
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("base64", "picture-broken") from None
    if len(content) > MOST_BYTES:
        raise invalid("base64", "picture-size", **LIMITS)
    try:
        return decode(content, person_id)
    except PictureRefused as refused:
        limits = LIMITS if refused.code == "picture-size" else {}
        raise invalid("base64", refused.code, **limits) from None
