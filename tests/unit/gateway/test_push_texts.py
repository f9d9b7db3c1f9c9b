"""Messages to phones are worded in each language, and short enough for one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bus.push.encryption import LONGEST
from bus.push.message import content
from contracts.push import PushNote
from core.settings import Settings
from gateway.i18n import messages
from gateway.notify.phrases import BY_TYPE
from gateway.notify.push_texts import PushWriter

LANGUAGES = sorted(messages.catalogue().languages())


@pytest.fixture
def writer(tmp_path: Path) -> PushWriter:
    return PushWriter(
        Settings.from_environment({"SPACE_HOME": str(tmp_path), "SPACE_BASE_URL": "https://space.example"})
    )


def note(**fields: Any) -> PushNote:
    usual = {
        "display_language": "en", "what": "forum.post.created", "reasons": ["reply"], "actor": "Noa",
        "title": "Night buses", "language": "en", "excerpt": "Late.", "path": "/talk/t/x/night-buses#pabc", "tag": "t",
        "ids": ["a"], "unread": 1,
    }  # fmt: skip
    return PushNote.model_validate({**usual, **fields})


@pytest.mark.parametrize("language", [*LANGUAGES, "nope", "qqx"])
def test_each_kind_is_worded_in_each_language(writer: PushWriter, language: str) -> None:
    for what in (*BY_TYPE, "something.new"):
        for fields in ({}, {"withheld": True, "more": 2}, {"actor": "", "more": 1}):
            text = writer(note(display_language=language, what=what, reasons=["follow"], **fields))
            assert text.title
            for said in (text.title, text.body):
                assert not any(mark in said for mark in ("$1", "$2", "⧼", "{{", "space-")), (what, said)


def test_it_leads_to_the_post_itself(writer: PushWriter) -> None:
    assert writer(note()).address == "https://space.example/talk/p/abc"
    assert writer(note(path="/talk/p/abc")).address == "https://space.example/talk/p/abc"
    assert writer(note(path="/events/x/Fête")).address == "https://space.example/events/x/F%C3%AAte"


def test_the_longest_texts_fit(writer: PushWriter) -> None:
    text = writer(
        note(title="字" * 400, excerpt="🚌" * 200, actor="م" * 60, path="/news/" + "ж" * 80, more=9)
    )
    assert len(text.title) <= 160
    written = content(text, "t", "k", ["0" * 16] * 20, 12)
    assert len(written) <= LONGEST
    assert json.loads(written)["notification"]["navigate"] == text.address
