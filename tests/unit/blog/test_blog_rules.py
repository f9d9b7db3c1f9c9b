"""Who may see and do what."""

import itertools
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.blog import (
    ArticleQuery,
    ArticleStatus,
    ArticleView,
    BoardStep,
    DescribePicture,
    SetArticleVersion,
)
from contracts.errors import Conflict, Forbidden, NotFound, SignInNeeded, SpaceError
from core.audience import MEMBERS, PUBLIC, Viewer
from services.blog import actions, queries, rules
from services.blog.tables import Article
from services.shared.powers import part_of
from tests.unit.blog.harness import (
    EDITOR_INSIDE,
    EVERYONE,
    accept,
    change,
    draft,
    events,
    picture_file,
    prepare,
    propose,
    published,
    translate,
    upload,
)
from tests.unit.harness import work_until_not_found
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, CLEO, EDITOR, GROUP_MODERATOR, INSIDER

STATUSES: tuple[ArticleStatus, ...] = ("draft", "submitted", "returned", "scheduled", "published", "declined")


def propose_and_accept(session: Session, viewer: Viewer, article: ArticleView, **fields: str) -> None:
    accept(session, propose(session, viewer, article, **fields))


def code(error: pytest.ExceptionInfo[SpaceError]) -> str:
    return error.value.code


def test_the_database_and_the_rule_agree_on_who_sees_what(session: Session) -> None:
    made = {}
    for status, audience, author in itertools.product(STATUSES, (PUBLIC, MEMBERS, CIRCLE), (AMIRA, INSIDER)):
        if audience == CIRCLE and author is AMIRA:
            continue
        article = draft(session, author, audience=audience)
        row = session.get_one(Article, article.id)
        row.status = status
        made[article.id] = (status, part_of(row), author.person_id or "")
    session.flush()
    for viewer in EVERYONE:
        by_database = set(session.scalars(select(Article.id).where(queries.visible(viewer))))
        by_rule = {each for each, facts in made.items() if rules.may_see_article(viewer, *facts)}
        assert by_database == by_rule, viewer.name


def test_drafts_are_for_members_and_declined_articles_for_author_and_board(session: Session) -> None:
    article = draft(session)
    assert queries.article(session, BO, article.id, None).title == "Año nuevo"
    with pytest.raises(NotFound):
        queries.article(session, Viewer(), article.id, None)
    actions.submit(session, AMIRA, article.id)
    actions.decline(session, EDITOR, article.id, "This is an advertisement.")
    for viewer in (AMIRA, EDITOR, ADMIN):
        assert (
            queries.article(session, viewer, article.slug, None).review[-1].remark
            == "This is an advertisement."
        )
    for viewer in (BO, CLEO, Viewer()):
        with pytest.raises(NotFound):
            queries.article(session, viewer, article.slug, None)
    declined = ArticleQuery(status="declined")
    assert queries.articles(session, BO, declined).items == []
    assert [line.id for line in queries.articles(session, AMIRA, declined).items] == [article.id]


Write = Callable[[Session, Viewer, ArticleView], object]
WRITES: dict[str, Write] = {
    "create": lambda session, viewer, _: draft(session, viewer),
    "change": lambda session, viewer, article: change(session, viewer, article, title="Other"),
    "translate": lambda session, viewer, article: translate(session, viewer, article, "fr"),
    "propose": lambda session, viewer, article: propose(session, viewer, article, body="Other."),
    "review": lambda session, viewer, article: actions.review_version(session, viewer, article.id, "en"),
    "submit": lambda session, viewer, article: actions.submit(session, viewer, article.id),
    "send_back": lambda session, viewer, article: actions.send_back(session, viewer, article.id, "Why?"),
    "decline": lambda session, viewer, article: actions.decline(session, viewer, article.id, "No."),
    "publish": lambda session, viewer, article: actions.publish(
        session, viewer, article.id, article.article_revision
    ),
    "schedule": lambda session, viewer, article: actions.schedule(
        session, viewer, article.id, article.created_at, article.article_revision
    ),
    "upload": lambda session, viewer, _: upload(session, viewer),
    "category": lambda session, viewer, _: actions.set_category(
        session, viewer, "x", "en", {"en": ("X", "")}
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_strangers_and_tokens_that_only_read_write_nothing(session: Session, name: str) -> None:
    article = published(session)
    before = len(events(session))
    with pytest.raises(SignInNeeded):
        WRITES[name](session, Viewer(), article)
    reading = ADMIN.model_copy(update={"scopes": frozenset({"read"})})
    with pytest.raises(Forbidden) as refused:
        WRITES[name](session, reading, article)
    assert code(refused) == "scope-missing"
    assert len(events(session)) == before


@pytest.mark.parametrize("name", ["send_back", "decline", "publish", "schedule"])
def test_the_boards_steps_are_for_the_board_and_not_for_ones_own_article(session: Session, name: str) -> None:
    article = draft(session)
    actions.submit(session, AMIRA, article.id)
    with pytest.raises(Forbidden) as refused:
        WRITES[name](session, BO, article)
    assert code(refused) == "not-on-board"
    own = draft(session, EDITOR)
    actions.submit(session, EDITOR, own.id)
    with pytest.raises(Forbidden) as refused:
        WRITES[name](session, EDITOR, own)
    assert code(refused) == "own-article"


def test_an_editor_who_mended_an_article_may_publish_it_and_an_administrator_their_own(
    session: Session,
) -> None:
    article = draft(session)
    actions.submit(session, AMIRA, article.id)
    article = change(session, EDITOR, article, body="Un texto. Mended.")
    out = actions.publish(session, EDITOR, article.id, article.article_revision)
    assert out.contributor_ids == [EDITOR.person_id]
    own = draft(session, ADMIN)
    actions.submit(session, ADMIN, own.id)
    assert actions.publish(session, ADMIN, own.id).status == "published"


STEPS: dict[str, ArticleStatus] = {
    "submit": "submitted",
    "send_back": "returned",
    "decline": "declined",
    "publish": "published",
    "schedule": "scheduled",
}


@pytest.mark.parametrize(("step", "status"), list(itertools.product(STEPS, STATUSES)))
def test_each_step_has_its_states(session: Session, step: BoardStep, status: ArticleStatus) -> None:
    article = draft(session)
    session.get_one(Article, article.id).status = status
    later = article.model_copy(update={"created_at": article.created_at.replace(year=2999)})
    viewer = AMIRA if step == "submit" else EDITOR
    if status in rules.STEPS[step][0]:
        WRITES[step](session, viewer, later)
        assert queries.article(session, EDITOR, article.id, None).status == STEPS[step]
    else:
        with pytest.raises(Conflict) as refused:
            WRITES[step](session, viewer, later)
        assert (code(refused), refused.value.params) == ("article-elsewhere", {"status": status})


def test_what_is_accepted_is_changed_at_once_by_the_board_alone_and_by_its_author_until_it_is_out(
    session: Session,
) -> None:
    article = draft(session)
    article = change(session, BO, article, body="Bo helped.")
    actions.submit(session, AMIRA, article.id)
    article = actions.schedule(
        session, EDITOR, article.id, article.created_at.replace(year=2999), article.article_revision
    )
    for viewer in (BO, CLEO):
        with pytest.raises(Forbidden) as refused:
            change(session, viewer, article, title=f"{viewer.name}'s")
        assert code(refused) == "review-needed"
    for viewer in (AMIRA, EDITOR):
        article = change(session, viewer, article, title=f"{viewer.name}'s")
    article = actions.publish(session, EDITOR, article.id, article.article_revision)
    for viewer in (AMIRA, BO, CLEO):
        with pytest.raises(Forbidden) as refused:
            change(session, viewer, article, title=f"{viewer.name}'s")
        assert code(refused) == "review-needed"
        with pytest.raises(Forbidden) as refused:
            actions.set_version(
                session, viewer, article.id, SetArticleVersion(language="de", title="D", body="D")
            )
        assert code(refused) == "review-needed"
    article = change(session, EDITOR, article, title="Edited")
    assert article.contributor_ids == [BO.person_id, EDITOR.person_id], "later ones are in its history"


def test_a_stranger_to_a_draft_does_not_submit_it(session: Session) -> None:
    article = draft(session)
    with pytest.raises(Forbidden) as refused:
        actions.submit(session, BO, article.id)
    assert code(refused) == "not-your-article"


def test_a_group_decides_over_its_own_articles(session: Session) -> None:
    article = draft(session, INSIDER, audience=CIRCLE)
    actions.submit(session, INSIDER, article.id)
    with pytest.raises(Forbidden):
        actions.publish(session, INSIDER, article.id)
    assert actions.publish(session, GROUP_MODERATOR, article.id).status == "published"
    another = draft(session, GROUP_MODERATOR, audience=CIRCLE)
    actions.submit(session, GROUP_MODERATOR, another.id)
    assert actions.publish(session, GROUP_MODERATOR, another.id).status == "published"
    third = draft(session, INSIDER, audience=CIRCLE)
    actions.submit(session, INSIDER, third.id)
    assert actions.publish(session, EDITOR_INSIDE, third.id).status == "published"
    assert {event.audience for event in events(session)} == {CIRCLE}


@pytest.mark.slow
def test_a_groups_article_answers_an_outsider_as_one_that_never_was(session: Session) -> None:
    picture = upload(session, INSIDER)
    hidden = published(
        session, INSIDER, audience=CIRCLE, title="Secret plan", tags=["plan"], picture_id=picture.id
    )
    hidden = translate(session, GROUP_MODERATOR, hidden, "en")
    never = "0123456789abcdef"
    for viewer in (Viewer(), AMIRA, EDITOR, ADMIN):
        for asked in (hidden.id, hidden.slug, never):
            with pytest.raises(NotFound) as missing:
                queries.article(session, viewer, asked, None)
            assert missing.value.to_wire() == NotFound().to_wire()
        for each in (hidden.id, never):
            with pytest.raises(NotFound):
                queries.history(session, viewer, each, None, 10)
        for each in (picture.id, never):
            with pytest.raises(NotFound):
                queries.picture_bytes(session, viewer, each, 640)
        for query in (
            ArticleQuery(),
            ArticleQuery(tag="plan"),
            ArticleQuery(audience=CIRCLE),
            ArticleQuery(status=None),
        ):
            assert queries.articles(session, viewer, query).items == []
    unknown = hidden.model_copy(update={"id": never})
    for viewer, name in itertools.product((AMIRA, EDITOR, ADMIN), WRITES):
        if name in ("create", "upload", "category"):
            continue
        for target in (hidden, unknown):
            with pytest.raises(NotFound) as missing:
                WRITES[name](session, viewer, target)
            assert missing.value.to_wire() == NotFound().to_wire()
    with pytest.raises(NotFound):
        draft(session, AMIRA, audience=CIRCLE)
    for viewer in (Viewer(), AMIRA, EDITOR):
        works = []
        for target, slug, shown in ((hidden, hidden.slug, picture.id), (unknown, "never-was", never)):
            calls: list[Callable[[], object]] = [
                partial(queries.article, session, viewer, target.id, None),
                partial(queries.article, session, viewer, slug, None),
                partial(queries.history, session, viewer, target.id, None, 10),
                partial(queries.picture, session, viewer, shown),
                partial(queries.picture_bytes, session, viewer, shown, 640),
            ]
            if viewer.signed_in:
                writes = (WRITES[name] for name in WRITES if name not in ("create", "upload", "category"))
                calls += [partial(write, session, viewer, target) for write in writes]
            works.append([work_until_not_found(session, call) for call in calls])
        assert all(works[0])
        assert works[0] == works[1], "the time of an answer would tell of it"
    assert published(session, AMIRA, title="Secret plan").slug == "secret-plan", (
        "a taken slug would tell of it"
    )
    assert queries.article(session, INSIDER, hidden.slug, None).id == hidden.id


def test_an_address_alone_opens_no_picture(session: Session) -> None:
    private = upload(session, INSIDER)
    draft(session, INSIDER, audience=CIRCLE, picture_id=private.id)
    published(session, AMIRA, body=f"Look: ![](/media/{private.id}/640)")
    for viewer in (AMIRA, BO, Viewer()):
        with pytest.raises(NotFound):
            queries.picture_bytes(session, viewer, private.id, 640)
    with pytest.raises(SpaceError) as refused:
        draft(session, AMIRA, picture_id=private.id)
    assert refused.value.faults[0].code == "picture-unknown"


def test_a_kept_picture_is_in_no_article_until_its_maker_and_licence_are_named(session: Session) -> None:
    kept = actions.keep_picture(session, AMIRA, prepare(picture_file()))
    assert queries.picture_bytes(session, AMIRA, kept.id, 320).base64
    with pytest.raises(SpaceError) as refused:
        draft(session, AMIRA, picture_id=kept.id)
    assert refused.value.faults[0].code == "picture-undescribed"
    article = published(session, AMIRA, body=f"Look: ![](/media/{kept.id}/640)")
    assert not queries.may_see_pictures(session, BO, {kept.id})
    description = DescribePicture(alt="A boat", author="Amira", licence="CC0", source="own work")
    for other in (BO, EDITOR):
        with pytest.raises(NotFound):
            actions.describe_picture(session, other, kept.id, description)
    actions.describe_picture(session, AMIRA, kept.id, description)
    propose_and_accept(session, AMIRA, article, picture_id=kept.id)
    shown = queries.article(session, BO, article.slug, None).picture
    assert shown is not None
    assert (shown.id, shown.author) == (kept.id, "Amira")
    with pytest.raises(NotFound):
        actions.describe_picture(session, AMIRA, kept.id, description)


def test_pictures_that_an_article_no_longer_shows_are_its_uploaders_again(session: Session) -> None:
    picture = upload(session)
    article = published(session, picture_id=picture.id)
    assert queries.may_see_pictures(session, Viewer(), {picture.id})
    propose_and_accept(session, AMIRA, article, picture_id="")
    assert not queries.may_see_pictures(session, Viewer(), {picture.id})
    assert queries.may_see_pictures(session, AMIRA, {picture.id})


def test_a_translation_is_reviewed_by_somebody_else(session: Session) -> None:
    article = translate(session, BO, published(session), "en")
    assert [version.reviewed for version in article.versions] == [True, False]
    with pytest.raises(Forbidden) as refused:
        actions.review_version(session, BO, article.id, "en")
    assert code(refused) == "own-translation"
    article = actions.review_version(session, CLEO, article.id, "en")
    assert article.versions[1].reviewed
    article = translate(session, BO, article, "en", body="Bo mends it.")
    assert not article.versions[1].reviewed
    editors = translate(session, EDITOR, article, "de")
    with pytest.raises(Forbidden):
        actions.review_version(session, EDITOR, editors.id, "de")


def test_a_translation_is_outdated_when_the_original_moved_on(session: Session) -> None:
    article = translate(session, BO, published(session), "en")
    article = actions.review_version(session, CLEO, article.id, "en")
    moved = change(session, EDITOR, queries.article(session, EDITOR, article.id, "es"), body="Más.")
    assert [version.outdated for version in moved.versions] == [False, True]
    tagged = change(session, EDITOR, moved, tags=["one"])
    caught_up = translate(session, CLEO, tagged, "en", body="More.", based_on=moved.revision)
    assert [version.outdated for version in caught_up.versions] == [False, False]
    assert (caught_up.versions[1].translator_id, caught_up.versions[1].reviewed) == (BO.person_id, False)
    behind = translate(session, BO, caught_up, "de", based_on=1)
    assert {version.language: version.outdated for version in behind.versions} == {
        "es": False,
        "en": False,
        "de": True,
    }


def test_an_uploaded_picture_is_its_uploaders_alone(session: Session) -> None:
    picture = upload(session)
    with pytest.raises(NotFound):
        queries.picture_bytes(session, BO, picture.id, 640)
    assert queries.picture_bytes(session, AMIRA, picture.id, 640).media_type == "image/webp"


@pytest.mark.parametrize(
    ("viewer", "status", "may_edit", "on_board", "steps"),
    [
        (Viewer(), "published", False, False, set()),
        (BO, "draft", True, False, set()),
        (AMIRA, "draft", True, False, {"submit"}),
        (AMIRA, "submitted", True, False, set()),
        (EDITOR, "submitted", True, True, {"publish", "schedule", "send_back", "decline"}),
        (EDITOR, "published", True, True, set()),
        (BO, "published", False, False, set()),
        (AMIRA, "published", False, False, set()),
    ],
)
def test_an_article_says_what_its_reader_may_do(
    session: Session, viewer: Viewer, status: str, may_edit: bool, on_board: bool, steps: set[str]
) -> None:
    article = draft(session)
    if status != "draft":
        actions.submit(session, AMIRA, article.id)
    if status == "published":
        actions.publish(session, EDITOR, article.id)
    seen = queries.article(session, viewer, article.id, None)
    assert (seen.may_edit, seen.on_board, set(seen.steps)) == (may_edit, on_board, steps)
    assert seen.may_propose == (viewer.signed_in and status == "published" and not may_edit)


def test_a_translation_is_offered_for_review_to_those_who_did_not_write_it(session: Session) -> None:
    article = translate(session, BO, published(session), "en")

    def reviewable_by(viewer: Viewer, language: str = "en") -> bool:
        return queries.article(session, viewer, article.id, language).may_review

    assert reviewable_by(CLEO)
    assert not reviewable_by(BO)
    assert not reviewable_by(Viewer())
    assert not reviewable_by(CLEO, "es"), "the original is no translation"
    actions.review_version(session, CLEO, article.id, "en")
    assert not reviewable_by(AMIRA), "it is reviewed already"


def test_any_member_may_translate_what_was_not_declined(session: Session) -> None:
    article = draft(session)
    assert article.may_translate
    actions.submit(session, AMIRA, article.id)
    assert not actions.decline(session, EDITOR, article.id, "No.").may_translate
    shown = published(session)
    assert not queries.article(session, Viewer(), shown.id, None).may_translate
    assert queries.article(session, BO, shown.id, None).may_translate


def test_an_editor_may_not_take_the_boards_steps_on_their_own_article_for_all(session: Session) -> None:
    article = draft(session, EDITOR)
    submitted = actions.submit(session, EDITOR, article.id)
    assert submitted.on_board
    assert submitted.steps == []
    inside = draft(session, GROUP_MODERATOR, audience=CIRCLE)
    assert "publish" in actions.submit(session, GROUP_MODERATOR, inside.id).steps
    assert queries.on_board(session, EDITOR)
    assert not queries.on_board(session, BO)
