"""Everybody opens every address of a community in which each text has a word of its own, and finds what is for them
and nothing else."""

from __future__ import annotations

import pytest

from core.settings import SERVICES
from tests.leaks.cast import Cast
from tests.leaks.looking import Look, Looking, looks

WHOLE = (
    "stranger", "Otto", "Fora", "Memo", "Silas", "Ines", "Mona", "Edda", "Adam", "Lena", "Nora",
    "Ines-read", "Ines-read-write-moderate", "Mona-read", "Mona-read-write-moderate", "Adam-read",
    "Adam-read-write-moderate",
)  # fmt: skip
SAMPLE = (
    "Susi", "Nele", "decider", "Tara", "Dora", "Gina", "Ines-read-write", "Mona-read-write", "Adam-read-write",
    "Lena-read-write", "Lena-read-write-moderate",
)  # fmt: skip
"""Who sees the same as somebody above, or little more, and looks at fewer items."""

PRIVATE = ("a mail address", "the label of a token", "a browser's own name")


def test_every_reader_is_somebody(cast: Cast) -> None:
    assert sorted(cast.readers) == sorted((*WHOLE, *SAMPLE))


@pytest.mark.parametrize("name", [*WHOLE, *SAMPLE])
def test_a_reader_finds_what_is_for_them_and_nothing_else(cast: Cast, name: str) -> None:
    looking = Looking(cast.world, cast.readers[name], cast.raw)
    wanted = list(looks(cast.world))
    if name in SAMPLE:
        wanted = _some(cast, wanted)
        for look in wanted:
            looking.look(look)
    else:
        looking.look_at_all(wanted)
    assert not looking.faults, "\n".join(looking.faults[:40])


def _some(cast: Cast, wanted: list[Look]) -> list[Look]:
    """Those of no item, of the public ones and of the hidden group's."""
    audiences = ("public", cast.world.audience("hidden"))
    return [look for look in wanted if look.item is None or look.item.audience in audiences]


def test_no_event_holds_what_is_one_persons_alone(cast: Cast) -> None:
    """Addresses, labels of tokens, and what nobody is told: events go to other services and stay in the logs."""
    private = {each.word for each in cast.world.secrets if each.what in PRIVATE} | set(cast.raw)
    assert len(private) > len(PRIVATE)
    for name in SERVICES:
        told = str([each.model_dump() for each in getattr(cast.site.services, name).events_after(0, 1000)])
        assert not {each for each in private if each in told}, name


def test_pages_pay_no_regard_to_tokens(cast: Cast) -> None:
    stranger, token = cast.readers["stranger"].client, cast.readers["Ines-read-write-moderate"].client
    hidden = [item for item in cast.world.items_of("topic") if item.audience == cast.world.audience("hidden")]
    for path in ("/", "/talk", "/groups", "/settings", "/moderation", hidden[0].values["path"]):
        assert token.get(path).status == stranger.get(path).status
        for item in cast.world.items_of("group"):
            if item.state == "hidden":
                assert item.values["word"] not in token.get(path).text
