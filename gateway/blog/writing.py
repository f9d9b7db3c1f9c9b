"""/news/submit, editing and translating articles, /drafts."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import (
    ArticleQuery,
    ArticleView,
    ChangeArticle,
    CreateArticle,
    SetArticleVersion,
)
from contracts.errors import Conflict, SignInNeeded, SpaceError, invalid
from contracts.proposals import ProposalView
from core.audience import PUBLIC
from gateway.blog.pages import names_of
from gateway.blog.pictures import LICENCES, NAMES, keep_picture, picture_of
from gateway.blog.saving import change_or_propose, translate_or_propose
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.deletion import check_present
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.paths import article_path, proposal_path
from gateway.request_context import known_language, request_context, services, viewer
from gateway.text_versions import original, version_in
from gateway.textdiff import compare

blueprint = Blueprint("writing", __name__)

COMMON_LANGUAGES = ("en", "es", "ar", "fr")


@blueprint.get("/news/submit")
def submit() -> str:
    return _page(
        None,
        Form.filled(
            language=request_context().reading_language,
            tags=request.args.get("tags"),
            audience=request.args.get("audience", PUBLIC),
        ),
    )


@blueprint.post("/news/submit")
def do_submit() -> AnyResponse:
    return _save(None, Form(request.form))


@blueprint.get("/news/<slug>/edit")
def edit(slug: str) -> str:
    found = services().blog.article(viewer(), slug, None)
    check_present(found)
    text = original(found)
    return _page(
        found,
        Form.filled(
            title=text.title,
            summary=text.summary,
            body=text.body,
            language=text.language,
            category=found.category,
            tags=", ".join(found.tags),
            revision=text.revision,
            picture_id=found.picture.id if found.picture else None,
        ),
    )


@blueprint.post("/news/<slug>/edit")
def do_edit(slug: str) -> AnyResponse:
    return _save(services().blog.article(viewer(), slug, None), Form(request.form))


def _page(article: ArticleView | None, form: Form, conflict: Conflict | None = None) -> str:
    api, me = services(), viewer()
    if not me.signed_in:
        raise SignInNeeded
    categories, groups = run_concurrently(
        lambda: api.blog.categories(me),
        optional("people", lambda: api.people.groups_by_id(me, sorted(me.groups)) if me.groups else []),
    )
    return render_template(
        "blog/write.html",
        article=article,
        form=form,
        groups=groups or [],
        categories=categories,
        licences=LICENCES,
        conflict=_compared(conflict, form) if conflict else None,
    )


def _compared(conflict: Conflict, form: Form) -> dict[str, object]:
    """The saved text, and its differences from the one just sent."""
    theirs = conflict.data.get("theirs") or {}
    return {"theirs": theirs, "pieces": compare(str(theirs.get("body", "")), form.get("body"))}


def _save(article: ArticleView | None, form: Form) -> AnyResponse:
    """Save a new or an existing article, then do what the button says: stay, submit, or confirm the autosave."""
    do = form.get("do", "save")
    passing = range(400, 600) if do == "autosave" else ()  # a script reads the error itself
    with shown_again(form, lambda error: _again(article, form, error), names=NAMES, passing=passing):
        picture_id = picture_of(form, article)
        saved = _write(article, form, picture_id)
        if isinstance(saved, ProposalView):
            return redirect_with(proposal_path(saved.id), "space-blog-proposed")
        article = saved
        # The article is saved even if a later step is refused: the form goes on from this revision.
        form.put("revision", original(article).revision)
        if do == "submit" and article.status in ("draft", "returned"):
            article = services().blog.submit(viewer(), article.id)
    if do == "autosave":
        return jsonify(revision=original(article).revision, action=f"/news/{article.slug}/edit")
    key = {"submit": "space-blog-submitted"}.get(do, "space-blog-saved")
    path = article_path(article.slug)
    return redirect_with(f"{path}/edit" if do == "save-stay" else path, key)


def _stale(error: SpaceError) -> Conflict | None:
    """The error, if it says that the edit is stale."""
    return error if isinstance(error, Conflict) and "theirs" in error.data else None


def _again(article: ArticleView | None, form: Form, error: SpaceError) -> str:
    """The form as it was sent, with the picture that was chosen."""
    keep_picture(form)
    return _page(article, form, _stale(error))


def _write(article: ArticleView | None, form: Form, picture_id: str | None) -> ArticleView | ProposalView:
    common = {
        "title": form.text("title"),
        "summary": form.text("summary"),
        "body": form.get("body"),
        "category": form.optional("category"),
        "tags": form.words("tags"),
    }
    blog, me = services().blog, viewer()
    if article is None:
        command = build(
            CreateArticle,
            language=form.get("language"),
            audience=form.optional("audience") or PUBLIC,
            picture_id=picture_id or None,
            **common,
        )
        return blog.create_article(me, command)
    revision = form.text("revision")
    if not revision.isdecimal():
        raise invalid("revision", "type-wrong")
    change = build(ChangeArticle, revision=int(revision), picture_id=picture_id, **common)
    return change_or_propose(me, article.id, change)


@blueprint.get("/news/<slug>/translate")
def choose_language(slug: str) -> AnyResponse:
    code = known_language(request.args.get("to", ""))
    if code is None:
        article = services().blog.article(viewer(), slug, None)
        # The first of the reader's languages, then of common ones, that the article has no version in.
        candidates = [*viewer().languages, *COMMON_LANGUAGES]
        taken = (
            {*article.languages}
            if not set(candidates) <= {*article.languages}
            else {article.original_language}
        )
        code = next(language for language in candidates if language not in taken)
    return redirect(f"{article_path(slug)}/translate/{code}", 303)


@blueprint.get("/news/<slug>/translate/<code>")
def translate(slug: str, code: str) -> str:
    found = services().blog.article(viewer(), slug, None)
    check_present(found)
    language = _target(found, code)
    present = version_in(found, language)
    form = Form.filled(based_on=original(found).revision)
    if present:
        form = Form.filled(
            title=present.title,
            summary=present.summary,
            body=present.body,
            revision=present.revision,
            based_on=original(found).revision,
        )
    return _translation_page(found, language, form)


@blueprint.post("/news/<slug>/translate/<code>")
def do_translate(slug: str, code: str) -> AnyResponse:
    blog, me, form = services().blog, viewer(), Form(request.form)
    found = blog.article(me, slug, None)
    language = _target(found, code)
    texts = {"title": form.text("title"), "summary": form.text("summary"), "body": form.get("body")}
    based_on = form.text("based_on")
    with shown_again(form, lambda error: _translation_page(found, language, form, _stale(error))):
        command = build(
            SetArticleVersion,
            language=language,
            based_on=int(based_on) if based_on.isdecimal() else None,
            **texts,
        )
        revision = int(form.text("revision")) if form.text("revision").isdecimal() else 0
        if revision and not found.may_propose:
            # An existing version is saved with its revision first, so that two translators don't overwrite each other.
            blog.change_article(
                me, found.id, build(ChangeArticle, revision=revision, language=language, **texts)
            )
        saved = translate_or_propose(me, found.id, command, revision)
    if isinstance(saved, ProposalView):
        return redirect_with(proposal_path(saved.id), "space-blog-proposed")
    return redirect_with(f"{article_path(found.slug)}?lang={language}", "space-blog-translated")


def _target(article: ArticleView, code: str) -> str:
    if not viewer().signed_in:
        raise SignInNeeded
    language = known_language(code)
    if language is None:
        raise invalid("language", "language-unknown", language=code[:20])
    if language == article.original_language:
        raise invalid("language", "language-is-original", language=language)
    return language


def _translation_page(
    article: ArticleView, language: str, form: Form, conflict: Conflict | None = None
) -> str:
    return render_template(
        "blog/translate.html",
        article=article,
        original=original(article),
        language=language,
        form=form,
        conflict=_compared(conflict, form) if conflict else None,
    )


@blueprint.get("/drafts")
def drafts() -> str | Response:
    """The reader's own unfinished articles, and others' drafts that need help."""
    blog, me = services().blog, viewer()
    if not me.signed_in:
        raise SignInNeeded
    own = [
        ArticleQuery(status=status, author_id=me.person_id, limit=50)
        for status in ("returned", "draft", "submitted")
    ]
    returned, drafts, waiting, open_to_help, categories = run_concurrently(
        lambda: blog.articles(me, own[0]),
        lambda: blog.articles(me, own[1]),
        lambda: blog.articles(me, own[2]),
        lambda: blog.articles(me, ArticleQuery(status="draft", limit=50)),
        optional("blog", lambda: blog.categories(me)),
    )
    others = [line for line in open_to_help.items if line.author_id != me.person_id]
    load_people(me.person_id, *(line.author_id for line in others))
    return render_template(
        "blog/drafts.html",
        own=[*returned.items, *drafts.items, *waiting.items],
        others=others,
        names=names_of(categories),
    )
