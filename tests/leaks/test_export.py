"""What people download of themselves holds what they wrote and may read, and nothing that others told them no more."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.leaks.cast import ARCHIVE, Cast
from tests.leaks.looking import allowed, what
from tests.leaks.words import found_in


@pytest.mark.parametrize("name", ["Otto", "Fora", "Memo", "Ines", "Mona", "Adam"])
def test_an_archive_tells_only_what_its_owner_may_read(cast: Cast, name: str) -> None:
    reader = cast.readers[name]
    answer = reader.client.submit("/settings/data", {})
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        text = "\n".join(archive.read(each).decode("utf-8", "replace") for each in archive.namelist())
    told = found_in(text) - allowed(cast.world, reader.viewer, ARCHIVE)
    assert not told, what(cast.world, told)
    for secret, says in cast.raw.items():
        assert secret not in text, says
