"""Makes the archive of a person's data while it is sent: docs/export.md describes what is in it.

A ZIP file is written from front to back, so no more than one page of records or one picture is in memory.
"""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, TypeVar

from bus.rpc.context import within
from contracts.common import Page
from contracts.errors import NotFound, Unavailable
from contracts.own_data import Exporter, ExportRecord
from core import clock
from core.audience import Viewer
from gateway.services import Services

FORMAT = 1
"""The version of the format, in `export.json`."""

RECORDS = 100
PICTURE_WIDTH = 1920
PICTURES = "blog/pictures"
"""The file whose records are pictures."""

SECONDS_FOR_A_CALL = 20.0
ATTEMPTS = 3

T = TypeVar("T")


class _Pieces:
    """Takes what is written and gives it out piece by piece."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._written)
        self._written.clear()
        return data


def archive(api: Services, viewer: Viewer) -> Iterator[bytes]:
    """The archive in pieces. Raises `Unavailable` if a service doesn't reply, also when asked again: what was sent so
    far is then no archive, and the browser says that the download failed."""
    pieces = _Pieces()
    counts: dict[str, int] = {}
    pictures: list[str] = []
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as target:  # type: ignore[call-overload]
        for service in (api.people, api.blog, api.forum, api.events, api.notify, api.mail):
            for _ in _write_records(target, service, viewer, counts, pictures):
                yield pieces.taken()
        for picture_id in pictures:
            _write_picture(target, api, viewer, picture_id)
            yield pieces.taken()
        about = {
            "format": FORMAT,
            "made_at": clock.now().isoformat(),
            "name": viewer.name,
            "id": viewer.person_id,
            "records": counts,
        }
        # Last of all: an archive that has it is whole.
        target.writestr(_entry("export.json"), _json(about))
    yield pieces.taken()


def _write_records(
    target: zipfile.ZipFile, service: Exporter, viewer: Viewer, counts: dict[str, int], pictures: list[str]
) -> Iterator[None]:
    """Write the files of one service, each an array of objects; yields after each page."""
    file, opened = "", None
    for page in _pages(service, viewer):
        for item in page.items:
            if item.file != file or opened is None:
                _finish(opened)
                file, opened = item.file, target.open(_entry(f"{item.file}.json"), "w")
                opened.write(b"[\n")
            elif counts[file]:
                opened.write(b",\n")
            counts[file] = counts.get(file, 0) + 1
            opened.write(_json(item.record))
            if file == PICTURES:
                pictures.append(item.record["id"])
        yield
    _finish(opened)


def _pages(service: Exporter, viewer: Viewer) -> Iterator[Page[ExportRecord]]:
    after: str | None = None
    while True:
        page = _asked(lambda after=after: service.export_of(viewer, after, RECORDS))  # type: ignore[misc]
        yield page
        if (after := page.next) is None:
            return


def _write_picture(target: zipfile.ZipFile, api: Services, viewer: Viewer, picture_id: str) -> None:
    with suppress(NotFound):  # deleted meanwhile
        picture = _asked(lambda: api.blog.picture_bytes(viewer, picture_id, PICTURE_WIDTH))
        # It is compressed already.
        name = f"pictures/{picture_id}.{picture.media_type.rpartition('/')[2]}"
        target.writestr(_entry(name, zipfile.ZIP_STORED), base64.b64decode(picture.base64))


def _asked(ask: Callable[[], T]) -> T:
    """What a service replies, asked again if it doesn't."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Unavailable), within(SECONDS_FOR_A_CALL):
            return ask()
    with within(SECONDS_FOR_A_CALL):
        return ask()


def _finish(opened: IO[bytes] | None) -> None:
    if opened is not None:
        opened.write(b"\n]\n")
        opened.close()


def _entry(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, clock.now().timetuple()[:6])
    entry.compress_type = method
    return entry


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
