"""Parameters of the API's lists stand for fields of the contracts' queries, each by one declared name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contracts.blog import ArticleQuery
from contracts.common import Command
from contracts.errors import Fault, Invalid
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from contracts.search import SearchQuery
from core.audience import STRANGER
from gateway.api.common import contract_query, parameter_names
from gateway.api.schemas import (
    ArticleListQuery,
    EventListQuery,
    ListQuery,
    SearchParameters,
    TopicListQuery,
)
from gateway.problems import problem

PAIRS = [
    (ArticleListQuery, ArticleQuery),
    (TopicListQuery, TopicQuery),
    (EventListQuery, EventQuery),
    (SearchParameters, SearchQuery),
]

# What the sitemap asks for, and no client of the API.
NO_PARAMETERS = {"created_from", "created_to"}


@pytest.mark.parametrize(("parameters", "contract"), PAIRS)
def test_each_field_of_the_contract_has_one_parameter(
    parameters: type[ListQuery], contract: type[Command]
) -> None:
    fields = [field.serialization_alias or name for name, field in parameters.model_fields.items()]
    assert sorted(fields) == sorted(set(contract.model_fields) - NO_PARAMETERS)


def test_times_and_cursor_reach_the_field_that_they_stand_for() -> None:
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    query = EventListQuery(after=begin, before=end, cursor="c", spoken="EN", box=[1, 2, 3, 4], limit=5)
    assert contract_query(EventQuery, STRANGER, query) == EventQuery(
        from_time=begin, to_time=end, after="c", spoken="en", box=(1, 2, 3, 4), limit=5
    )


def test_a_fault_is_named_by_the_parameter_and_the_error_stays_as_it_was() -> None:
    error = Invalid(faults=[Fault(field="languages.0", code="language-unknown"), Fault(field="q", code="x")])
    names = parameter_names(SearchParameters)
    fields = [fault["field"] for fault in problem(error, "en", names)["errors"]]
    assert fields == ["lang.0", "q"]
    assert error.faults[0].field == "languages.0"
