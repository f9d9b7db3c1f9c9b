"""/admin/site: the site's name, its own texts in each language, whether anyone may sign up, and what reports do."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import invalid
from contracts.report_scores import FIRST_LEAST, HIDE_LEAST, MOST, ReportScores, SetReportScores
from contracts.site import SetSignUp, SetSiteText, SiteKind, SiteRevision, SiteState, SiteText
from core import languages
from gateway.concurrency import load_people, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import known_language, request_context, services, viewer

blueprint = Blueprint("admin_site", __name__)

KINDS: tuple[SiteKind, ...] = get_args(SiteKind)


@blueprint.get("/admin/site")
def site() -> str:
    """The forms, the texts in the language that `lang` says."""
    return _page(_language(request.args.get("lang")), {})


@blueprint.post("/admin/site")
def change() -> AnyResponse:
    """Set what the form's hidden field `do` names: a text, whether anyone may sign up, or the scores of reports."""
    form = Form(request.form)
    do, language = form.get("do"), _language(form.get("language"))
    if do not in (*KINDS, "sign-up", "scores"):
        raise invalid("do", "choice-unknown")
    # The forms stand on one page, so their fields have names of their own.
    names = {"text": f"{do}_text", "reason": f"{do}_reason"}
    with shown_again(form, lambda _: _page(language, {do: form}), names=names, passing=(401, 403)):
        reason = form.text(f"{do}_reason")
        if do == "sign-up":
            services().people.set_sign_up(
                viewer(),
                build(
                    SetSignUp,
                    open=form.get("open") == "yes",
                    by_invitation=form.get("open") == "invited",
                    reason=reason,
                ),
            )
        elif do == "scores":
            services().people.set_report_scores(
                viewer(),
                build(
                    SetReportScores,
                    scores=build(ReportScores, first=form.text("first"), hide=form.text("hide")),
                    revision=form.get("revision"),
                    reason=reason,
                ),
            )
        else:
            command = build(
                SetSiteText,
                kind=do,
                language="" if do == "name" else language,
                text=form.text(f"{do}_text"),
                revision=form.get("revision"),
                reason=reason,
            )
            services().people.set_site_text(viewer(), command)
    target = "/admin/site" if do in ("name", "sign-up", "scores") else f"/admin/site?lang={language}"
    return redirect_with(target, "space-administration-site-changed")


def _page(language: str, sent: dict[str, Form]) -> str:
    """Render the page; `sent` holds a refused form by the value of its field `do`."""
    me, people = viewer(), services().people
    # Who may not read the earlier versions may not see the page either.
    state, scores, *earlier = run_concurrently(
        lambda: people.site(me),
        lambda: people.report_scores(me),
        lambda: people.site_revisions(me, "name", ""),
        lambda: people.site_revisions(me, "tagline", language),
        lambda: people.site_revisions(me, "about", language),
        lambda: people.site_revisions(me, "conduct", language),
    )
    revisions: dict[SiteKind, list[SiteRevision]] = dict(zip(KINDS, earlier, strict=True))
    load_people(*(one.by_id for rows in earlier for one in rows))
    forms = {kind: sent.get(kind) or _filled(kind, revisions[kind]) for kind in KINDS}
    closed = "invited" if state.sign_up_by_invitation else "no"
    forms_of_state = sent.get("sign-up") or Form.filled(open="yes" if state.sign_up_open else closed)
    return render_template(
        "administration/site.html",
        state=state,
        language=language,
        written=_languages_of(state),
        revisions=revisions,
        forms=forms,
        sign_up_form=forms_of_state,
        scores_form=sent.get("scores") or Form.filled(**scores.model_dump()),
        least=(FIRST_LEAST, HIDE_LEAST),
        most=MOST,
    )


def _filled(kind: SiteKind, revisions: list[SiteRevision]) -> Form:
    newest = revisions[0] if revisions else None
    given = {f"{kind}_text": newest.text if newest else "", "revision": newest.revision if newest else 0}
    return Form.filled(**given)


def _languages_of(state: SiteState) -> list[str]:
    """The languages in which the site has texts of its own."""
    texts: list[SiteText] = [*state.taglines, *state.abouts, *state.conducts]
    return list(dict.fromkeys(text.language for text in texts))


def _language(code: str | None) -> str:
    """The language whose texts are shown: that code, else the reader's."""
    known = known_language(code) if code else None
    return known or languages.normalise(request_context().reading_language)
