"""/admin/categories: adding, naming, ordering and closing the categories of blog and forum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol
from urllib.parse import quote

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.categories import (
    AddCategory,
    CategoryAdministration,
    CategoryDetails,
    CategoryText,
    SetCategoryState,
    SetCategoryText,
)
from contracts.errors import NotFound, invalid
from contracts.removed_categories import CategoryRemoval
from core import languages
from gateway.administration.log import load_named
from gateway.concurrency import run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import request_context, services, viewer

blueprint = Blueprint("admin_categories", __name__)

Domain = Literal["news", "talk"]
DOMAINS: tuple[Domain, ...] = ("news", "talk")
ENTRIES = 20


class CategoryService(CategoryAdministration, CategoryRemoval, Protocol):
    """A service with categories."""


@blueprint.get("/admin/categories")
def categories() -> str:
    """All categories of both, in their order."""
    return _list(Form())


@blueprint.post("/admin/categories/<domain>")
def add(domain: str) -> AnyResponse:
    """Add a category, or move one up or down."""
    api, form = of_domain(domain), Form(request.form)
    with shown_again(form, lambda _: _list(form), passing=(401, 403, 404)):
        if slug := form.get("up") or form.get("down"):
            api.move_category(viewer(), slug, "up" in request.form)
            return redirect_with("/admin/categories", "space-administration-category-moved")
        command = build(
            AddCategory,
            slug=form.text("slug"),
            language=form.get("language"),
            name=form.text("name"),
            about=form.text("about"),
            official=form.checked("official"),
            reason=form.text("reason"),
        )
        api.add_category(viewer(), command)
    return redirect_with(category_path(domain, command.slug), "space-administration-category-added")


@blueprint.get("/admin/categories/<domain>/<slug>")
def category(domain: str, slug: str) -> str:
    """One category: its text in one language, whether it is closed, and what was decided about it."""
    return _page(domain, slug, None, None)


@blueprint.post("/admin/categories/<domain>/<slug>")
def change(domain: str, slug: str) -> AnyResponse:
    """Change what the form's hidden field `do` names: the text in one language, or the state."""
    api, form = of_domain(domain), Form(request.form)
    changes: dict[str, Callable[[CategoryAdministration, str, Form], None]] = {
        "text": _set_text,
        "state": _set_state,
    }
    do = form.get("do")
    if do not in changes:
        raise invalid("do", "choice-unknown")
    of_text, of_state = (form, None) if do == "text" else (None, form)
    names = {"reason": "state_reason"} if do == "state" else None
    with shown_again(
        form, lambda _: _page(domain, slug, of_text, of_state), names=names, passing=(401, 403, 404)
    ):
        changes[do](api, slug, form)
    return redirect_with(category_path(domain, slug), "space-administration-category-changed")


def _set_text(api: CategoryAdministration, slug: str, form: Form) -> None:
    command = build(
        SetCategoryText,
        language=form.get("language"),
        name="" if form.checked("remove") else form.text("name"),
        about=form.text("about"),
        reason=form.text("reason"),
    )
    api.set_category_text(viewer(), slug, command)


def _set_state(api: CategoryAdministration, slug: str, form: Form) -> None:
    command = build(
        SetCategoryState,
        closed=form.checked("closed"),
        official=form.checked("official"),
        reason=form.text("state_reason"),
    )
    api.set_category_state(viewer(), slug, command)


def of_domain(domain: str) -> CategoryService:
    """The service of the categories of this domain, as `DOMAINS` names it. Raises `NotFound`."""
    if domain not in DOMAINS:
        raise NotFound
    return services().blog if domain == "news" else services().forum


def _list(form: Form) -> str:
    me, api = viewer(), services()
    news, talk = run_concurrently(
        lambda: api.blog.category_details(me), lambda: api.forum.category_details(me)
    )
    lists = [
        (domain, [(one, shown_text(one)) for one in rows])
        for domain, rows in (("news", news), ("talk", talk))
    ]
    return render_template("administration/categories.html", lists=lists, form=form)


def _page(domain: str, slug: str, of_text: Form | None, of_state: Form | None) -> str:
    me, api, after = viewer(), of_domain(domain), request.args.get("after")
    rows, entries = run_concurrently(
        lambda: api.category_details(me),
        lambda: api.administration_log(me, slug, after, ENTRIES),
    )
    found = next((one for one in rows if one.slug == slug), None)
    if found is None:
        raise NotFound
    load_named(entries.items)
    language = (of_text and of_text.get("language")) or request.args.get("lang") or found.texts[0].language
    text = next((one for one in found.texts if one.language == language), None)
    return render_template(
        "administration/category.html",
        domain=domain,
        category=found,
        shown=shown_text(found),
        language=language if languages.is_language(language) else found.texts[0].language,
        new_language=text is None,
        text_form=of_text or Form.filled(name=text.name if text else "", about=text.about if text else ""),
        state_form=of_state
        or Form.filled(closed="1" if found.closed else None, official="1" if found.official else None),
        entries=entries,
        path=category_path(domain, slug),
    )


def shown_text(category: CategoryDetails) -> CategoryText:
    """The text of a category in the reader's language, else in another."""
    texts = {text.language: text for text in category.texts}
    own = category.texts[0].language
    return texts[languages.choose(texts, request_context().viewer.languages, own)]


def category_path(domain: str, slug: str) -> str:
    """The path of the page of a category."""
    return f"/admin/categories/{domain}/{quote(slug, safe='')}"
