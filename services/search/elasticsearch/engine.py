"""The search engine on Elasticsearch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError, BadRequestError, NotFoundError
from elasticsearch import Elasticsearch as Client
from pydantic_core import to_json

from contracts.errors import Unavailable
from contracts.search import SearchQuery, SearchResult, Suggestion, TagLine
from services.search.analysis import typed_terms
from services.search.elasticsearch import mapping, searching
from services.search.elasticsearch.asking import Asking, escaped
from services.search.elasticsearch.connection import Connection
from services.search.engine import Document, Key, Reader
from services.search.places import Places, nowhere
from services.search.suggesting import LOOKED_AT, MOST, MOST_TAG_LINES, suggestions, tag_prefix

Authors = Callable[[Sequence[str]], dict[str, list[str]]]
Change = tuple[int, Document | None]
"""The version of an item, and its document, None if it is removed."""

_PAGE = 500
_KEEP = "2m"
_NOT_NEWER = 409


class IndexLost(Exception):
    """The index is gone although it has been created: a rebuild is needed."""


@dataclass(frozen=True)
class Refusal:
    """A document that the index will never take, and why."""

    key: Key
    reason: str


class ElasticsearchEngine:
    """The reads of `Engine`, and its writes with versions, on one index.

    `authors`: for each name that somebody has, the ids of those who have it. `places`: the places of a name.
    """

    def __init__(self, connection: Connection, name: str, authors: Authors, places: Places = nowhere) -> None:
        self._connection = connection
        self._index = index_name(connection, name)
        self._authors = authors
        self._places = places

    def create(self) -> None:
        """Create the index, unless it is there."""

        def create(client: Client) -> None:
            client.indices.create(
                index=self._index,
                aliases={f"{self._index}-write": {}},
                mappings=mapping.MAPPING,
                settings=mapping.SETTINGS,
            )

        try:
            self._connection.write(create)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise

    def add_fields(self) -> None:
        """Give an index of an earlier release the fields that it lacks."""
        self._connection.write(
            lambda client: client.indices.put_mapping(
                index=self._index, properties=mapping.MAPPING["properties"]
            )
        )

    def write(self, changes: Mapping[Key, Change], wait: bool = False, again: bool = False) -> list[Refusal]:
        """Write documents in one request; of each item the newest version stays, in whatever order they come.

        With `wait` it returns once they can be found, with `again` it writes versions that the index has too.
        Returns what the index will never take. Raises `Unavailable`, and
        `IndexLost`.
        """
        # Written as JSON here: the client's own way takes five times as long.
        lines: list[bytes] = []
        version_type = "external_gte" if again else "external"
        for key, (version, document) in changes.items():
            action = {"_id": mapping.item_id(key), "version": version, "version_type": version_type}
            lines.append(_json({"index": action}))
            lines.append(_json(mapping.removed(key) if document is None else mapping.source(document)))
        if not lines:
            return []

        def bulk(client: Client) -> Any:
            # By an alias that only this index has: an index that is lost is not made again, by guessing its fields.
            return client.bulk(
                index=f"{self._index}-write",
                operations=lines,
                require_alias=True,
                filter_path="errors,items.index.status,items.index.error.reason",
                refresh="wait_for" if wait else False,
            )

        reply = self._connection.write(bulk)
        if not reply["errors"]:
            return []
        refused = []
        for key, line in zip(changes, reply["items"], strict=True):
            result = line["index"]
            status = result["status"]
            if status < 300 or status == _NOT_NEWER:
                continue
            if status == 404:
                raise IndexLost(f"the index {self._index} is gone: run `space rebuild search`")
            if status == 429 or status >= 500:
                raise Unavailable
            refused.append(Refusal(key, str(result["error"].get("reason", status))))
        return refused

    def search(self, query: SearchQuery, reader: Reader) -> SearchResult:
        """See `Engine.search`."""
        return searching.search(self._asking(reader), query)

    def suggest(self, prefix: str, limit: int, reader: Reader) -> list[Suggestion]:
        """See `Engine.suggest`."""
        wanted = typed_terms(prefix[:100])
        if not wanted:
            return []
        typed = [
            {"prefix" if each.prefix else "term": {"plain": {"value": each.terms[0]}}} for each in wanted
        ]
        documents = self._asking(reader).documents(typed, LOOKED_AT)
        rows = ((each.key, each.path, each.texts) for each in documents)
        return suggestions(rows, wanted, reader)[: max(1, min(limit, MOST))]

    def tags(self, prefix: str, limit: int, reader: Reader) -> list[TagLine]:
        """See `Engine.tags`."""
        most = max(1, min(limit, MOST_TAG_LINES))
        found = self._asking(reader).values("tags", most, escaped(tag_prefix(prefix)) + ".*")
        return [TagLine(tag=tag, items=items) for tag, items in found]

    def renew(self) -> list[Refusal]:
        """Analyse every document again, and return what was refused. What is written meanwhile is newer, and stays."""
        refused: list[Refusal] = []
        for page in self._pages():
            changes: dict[Key, Change] = {}
            for hit in page:
                document = mapping.document(hit["_source"])
                changes[document.key] = (hit["_version"], document)
            refused += self.write(changes, again=True)
        return refused

    def documents(self) -> Iterator[Document]:
        """Every document, ordered by kind and id, as they are at one point in time."""
        return (mapping.document(hit["_source"]) for page in self._pages() for hit in page)

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        """All hits, some hundreds at a time."""
        pit = self._connection.read(
            lambda client: client.open_point_in_time(index=self._index, keep_alive=_KEEP)["id"]
        )
        after: list[Any] | None = None
        try:
            while True:
                found = self._connection.write(
                    lambda client, after=after: (
                        client.search(  # type: ignore[misc]
                            pit={"id": pit, "keep_alive": _KEEP},
                            query={"exists": {"field": "audience"}},
                            sort=[{"kind": "asc"}, {"id": "asc"}],
                            search_after=after,
                            size=_PAGE,
                            version=True,
                        ).body
                    )
                )
                hits = found["hits"]["hits"]
                yield hits
                if len(hits) < _PAGE:
                    return
                after = hits[-1]["sort"][:2]
        finally:
            self._connection.read(lambda client: client.close_point_in_time(id=pit))

    def refresh(self) -> None:
        """Let everything that was written be found."""
        self._connection.write(lambda client: client.indices.refresh(index=self._index))

    def _asking(self, reader: Reader) -> Asking:
        return Asking(self._ask, self._authors, reader, self._places)

    def _ask(self, **body: Any) -> dict[str, Any]:
        try:
            found = self._connection.read(
                lambda client: client.search(index=self._index, allow_partial_search_results=False, **body)
            )
        except NotFoundError as error:
            # It is not created yet, or it is lost.
            raise Unavailable from error
        result: dict[str, Any] = found.body
        return result


def _json(value: dict[str, Any]) -> bytes:
    try:
        return to_json(value)
    except ValueError:
        return json.dumps(value).encode()  # half of a surrogate pair


def index_name(connection: Connection, name: str) -> str:
    """The name of an index in Elasticsearch."""
    return f"{connection.prefix}-{name}"


def take_over(connection: Connection, name: str) -> None:
    """Let the alias with the prefix's name stand for this index, and delete those that it stood for before.

    Also those that a rebuild was making and did not finish: they are older than the index in use. Space itself asks
    the index by its own name, which changes with the database; the alias is for people and their tools.
    """
    current = index_name(connection, name)

    def change(client: Client) -> None:
        known = client.indices.get(
            index=f"{connection.prefix}-*", features="aliases", expand_wildcards="open"
        ).body
        if current not in known:
            return
        old = sorted(each for each in known if each < current)
        actions: list[dict[str, Any]] = [{"remove_index": {"index": each}} for each in old]
        if connection.prefix not in known[current]["aliases"]:
            actions.append({"add": {"index": current, "alias": connection.prefix}})
        if actions:
            client.indices.update_aliases(actions=actions)

    try:
        connection.write(change)
    except ApiError as error:
        raise Unavailable from error


def drop(connection: Connection) -> None:
    """Delete every index of the prefix."""

    def delete(client: Client) -> None:
        for name in client.indices.get(index=f"{connection.prefix}-*", expand_wildcards="open").body:
            client.indices.delete(index=name)

    connection.write(delete)
