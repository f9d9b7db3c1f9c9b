"""What past events may still say: a log keeps what was since deleted, taken back or withheld."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.common import TextVersion
from contracts.errors import NotFound
from core.audience import STRANGER
from gateway.services import Services

TEXTS = ("title", "summary", "body")

_SLUGS = ("slug", "topic_slug")


@dataclass(frozen=True)
class Present:
    """What is public now of the item of a past event. `texts`: what it says, if earlier texts of it are withheld; then
    a past event may say nothing else. `fields` are those that it concerns."""

    texts: frozenset[str] | None = None
    fields: tuple[str, ...] = TEXTS
    slug: str | None = None
    """That of now, for an item whose slug is made anew of each title."""

    def allowed(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """An item's state of a past event, without texts that may be withheld."""
        known = self.texts
        if known is None:
            return dict(state)

        def kept(names: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
            return {name: "" for name in names if name in given and given[name] not in known}

        left = {**state, **kept(self.fields, state)}
        if self.slug is not None and "title" in self.fields:
            left |= {name: self.slug for name in _SLUGS if name in state}
        if "topic_title" in state and "title" in self.fields:
            left |= kept(("topic_title",), state)
        if "versions" in state:
            left["versions"] = [{**each, **kept(self.fields, each)} for each in state["versions"]]
        if "mentions" in state and left["body"] != state["body"]:
            left |= {"mentions": [], "quoted_ids": []}
        return left


def present(api: Services, kind: str, state: Mapping[str, Any]) -> Present | None:
    """What is public now of the item in this state; None if it isn't public any more."""
    try:
        return _FINDERS[kind](api, state)
    except NotFound:
        return None


def _article(api: Services, state: Mapping[str, Any]) -> Present:
    found = api.blog.article(STRANGER, state["id"], None)
    return Present(_said(found.versions) if found.withholds else None)


def _topic(api: Services, state: Mapping[str, Any]) -> Present:
    if discussed := state.get("article_id"):
        # It says what the article says, whose history it is that texts are withheld from.
        api.forum.topic(STRANGER, state["id"], None)
        return _article(api, {"id": discussed})
    found = api.forum.topic(STRANGER, state["id"], None)
    withholds = found.withholds or found.withholds_titles
    fields = TEXTS if found.withholds_titles else ("body",)
    return Present(_said(found.versions) if withholds else None, fields, found.slug)


def _post(api: Services, state: Mapping[str, Any]) -> Present | None:
    found = api.forum.post(STRANGER, state["id"])
    if found.deleted:
        return None
    if state.get("article_id") and state["number"] == 1:
        return _article(api, {"id": state["article_id"]})
    fields: tuple[str, ...] = ("body",) if found.withholds else ()
    texts, slug = frozenset({found.body}), None
    if found.withholds_titles:
        topic = api.forum.topic(STRANGER, found.topic_id, None)
        fields, texts, slug = (*fields, "title"), texts | _said(topic.versions), topic.slug
    return Present(texts if fields else None, fields, slug)


def _event(api: Services, state: Mapping[str, Any]) -> Present:
    found = api.events.event(STRANGER, state["id"], None, None)
    return Present(_said(found.versions) if found.withholds else None, slug=found.slug)


def _said(versions: Iterable[TextVersion]) -> frozenset[str]:
    return frozenset(text for each in versions for text in (each.title, each.summary, each.body))


_FINDERS: Mapping[str, Callable[[Services, Mapping[str, Any]], Present | None]] = {
    "article": _article,
    "topic": _topic,
    "post": _post,
    "event": _event,
}
