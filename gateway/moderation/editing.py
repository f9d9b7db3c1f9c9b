"""What a decision may change in an item: its text of now, and the categories that it may be moved to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contracts.blog import CategoryView
from contracts.errors import Forbidden, NotFound, invalid
from contracts.forum import ForumCategory
from contracts.moderation import CaseView, Decide, Measure, NewText
from core.audience import PUBLIC, Viewer
from gateway.concurrency import optional
from gateway.forms import Form, build
from gateway.services import Services

Category = ForumCategory | CategoryView

CHANGING: tuple[Measure, ...] = ("edit", "move")


@dataclass(frozen=True)
class Editable:
    """An item's text in `language`, of a post without a title (None); only an article has a `summary`. `body` is None
    of a topic whose first post is deleted: its title can be changed alone.
    `categories` are those that it may be moved to."""

    language: str
    title: str | None
    body: str | None
    summary: str | None = None
    category: str = ""
    categories: Sequence[Category] = ()

    @property
    def digest(self) -> str:
        """The same for the same words, as a form sends them."""
        return _digest(self.title or "", self.summary or "", self.body or "")


def editable(services: Services, viewer: Viewer, case: CaseView) -> Callable[[], Editable | None]:
    """A call for what a decision on the case may change; it returns None where that is nothing: of another kind, of
    what is deleted, and of what opens an article's discussion, which follows the article."""
    find = _FINDERS.get(case.kind)
    if find is None or not case.may_decide or not set(CHANGING) & set(case.measures):
        return lambda: None
    service, read = find

    def found() -> Editable | None:
        try:
            return read(services, viewer, case)
        except (NotFound, Forbidden):
            return None

    return optional(service, found)


def filled(form: Form, item: Editable | None) -> Form:
    """The form with the item's text, unless it was sent."""
    if item is not None and not form.get("shown"):
        for name, value in (("title", item.title), ("summary", item.summary), ("body", item.body)):
            form.put(name, value or "")
        for name, value in (("shown", item.digest), ("shown_category", item.category), ("withhold", "1")):
            form.put(name, value)
        form.put("category", item.category)
    return form


def command_of(form: Form, case: CaseView) -> Decide:
    """The decision that the form asks for: text and category are measures where they are not as the form showed them.

    Raises `Invalid`.
    """
    measures = form.all("measures") + form.all("person_measure")
    category = form.optional("category")
    text = None
    if form.get("shown") not in ("", _digest(form.get("title"), form.get("summary"), form.get("body"))):
        measures.append("edit")
        # Left out where there is none: it would say that a topic keeps its first post.
        if form.has("body") and not form.text("body"):
            raise invalid("body", "text-missing")
        text = build(
            NewText,
            language=form.text("language") or case.language,
            title=form.text("title"),
            summary=form.text("summary"),
            body=form.get("body"),
            withhold=form.checked("withhold"),
        )
    if category not in (None, form.optional("shown_category")):
        measures.append("move")
    return build(
        Decide,
        measures=measures,
        text=text,
        category=category if "move" in measures else None,
        reason=form.optional("reason"),
        days=form.optional("days"),
        words=form.text("words"),
        revision=form.optional("revision"),
    )


def _digest(title: str, summary: str, body: str) -> str:
    return hashlib.sha256("\0".join((title.strip(), summary.strip(), body.strip())).encode()).hexdigest()


def _post(services: Services, viewer: Viewer, case: CaseView) -> Editable | None:
    post = services.forum.post(viewer, case.item_id)
    topic = services.forum.topic(viewer, post.topic_id, None)
    if post.deleted or topic.deletion is not None or (post.number == 1 and topic.article_id is not None):
        return None
    return Editable(post.language, None, post.body)


def _topic(services: Services, viewer: Viewer, case: CaseView) -> Editable | None:
    topic = services.forum.topic(viewer, case.item_id, None)
    if topic.deletion is not None or topic.article_id is not None:
        return None
    original = next(each for each in topic.versions if each.language == topic.original_language)
    open_ones = [
        each for each in services.forum.categories(viewer) if each.may_open and each.audience == PUBLIC
    ]
    return Editable(
        original.language,
        original.title,
        original.body or None,
        category=topic.category or "",
        categories=open_ones,
    )


def _article(services: Services, viewer: Viewer, case: CaseView) -> Editable | None:
    article = services.blog.article(viewer, case.item_id, case.language)
    if article.deletion is not None:
        return None
    open_ones = [each for each in services.blog.categories(viewer) if not each.closed]
    return Editable(
        article.language, article.title, article.body, article.summary,
        category=article.category, categories=open_ones,
    )  # fmt: skip


def _event(services: Services, viewer: Viewer, case: CaseView) -> Editable | None:
    event = services.events.event(viewer, case.item_id, None, case.language)
    if event.deletion is not None:
        return None
    return Editable(event.language, event.title, event.body)


_Read = Callable[[Services, Viewer, CaseView], Editable | None]
_FINDERS: dict[str, tuple[str, _Read]] = {
    "post": ("forum", _post),
    "topic": ("forum", _topic),
    "article": ("blog", _article),
    "event": ("events", _event),
}
