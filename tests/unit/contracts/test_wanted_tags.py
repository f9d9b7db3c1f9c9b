"""A filter finds a tag however it is spelled."""

from __future__ import annotations

import pytest

from contracts.blog import ArticleQuery
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from contracts.search import SearchQuery


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("Maps", "maps"),
        ("#maps", "maps"),
        ("İstanbul", "istanbul"),
        ("C++", "c++"),
        ("Wiki Day", "wiki-day"),
        ("!", "!"),
    ],
)
def test_a_filter_has_the_canonical_form(typed: str, tag: str) -> None:
    assert SearchQuery(tags=[typed]).tags == [tag]
    for model in (ArticleQuery, TopicQuery, EventQuery):
        assert model.model_validate({"tag": typed}).tag == tag
