"""Texts of a history that are withheld: what all histories do alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.forum import PostRevision, PostView
from contracts.revisions import TextRevision

Earlier = TextRevision | PostRevision


def is_hidden(text: Earlier | PostView) -> bool:
    """Whether the reader does not get this text: then no comparison with it may be made."""
    return isinstance(text, Earlier) and text.withheld is not None and not text.may_show_again


def withheld_by(texts: Iterable[Earlier]) -> Iterator[str]:
    """The people who withheld some of these texts."""
    return (text.withheld.by_id for text in texts if text.withheld is not None)
