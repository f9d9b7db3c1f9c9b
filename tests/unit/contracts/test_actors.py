"""Moderators are not named in what other programs get, and what is for the services alone is left out."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import catalogue
from contracts.actors import public_data

MODELS = {model.type: model for model in catalogue.event_models()}
OF_ITEMS = [type_ for type_ in MODELS if type_.endswith((".deleted", ".restored"))]
OF_REVISIONS = [type_ for type_ in MODELS if ".revision." in type_]


@pytest.mark.parametrize("type_", OF_ITEMS)
def test_who_deletes_or_restores_is_named_if_it_is_their_own(type_: str) -> None:
    kind = type_.split(".")[1]
    data: dict[str, Any] = {kind: {"author_id": "amina"}, "by_id": "amina", "reason": "author"}
    assert public_data(type_, data) == data
    assert public_data(type_, {**data, "by_id": "mina"}) == {**data, "by_id": ""}
    assert data["by_id"] == "amina", "the log keeps it"
    assert kind in MODELS[type_].model_fields


@pytest.mark.parametrize("type_", OF_REVISIONS)
def test_who_withholds_a_text_is_not_named(type_: str) -> None:
    assert public_data(type_, {"item": "post/p", "by_id": "mina"}) == {"item": "post/p", "by_id": ""}


def test_all_other_events_stay_as_they_are() -> None:
    data = {"topic": {"author_id": "amina"}, "by_id": "boris"}
    for type_ in MODELS.keys() - {*OF_ITEMS, *OF_REVISIONS}:
        assert public_data(type_, data) == data


def test_what_a_text_was_parsed_to_is_for_the_services_alone() -> None:
    data = {"post": {"author_id": "amina", "body": "*a*"}, "by_id": "amina"}
    assert public_data("forum.post.created", data | {"parsed": {"plain": "a", "excerpt": "a"}}) == data
