"""What changes in an article after the board has accepted it waits until the board has read the change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from contracts.blog import ArticleView, DescribePicture, SetArticleVersion
from contracts.common import Recorded
from contracts.deletion import Delete
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, SpaceError, TooMany
from contracts.proposals import ProposalQuery, ProposalView
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.blog import actions, proposal_queries, queries
from services.blog.actions.proposals import MOST_PROPOSALS
from services.blog.tables import ArticleRevision, Proposal
from tests.unit.blog.harness import (
    EDITOR_INSIDE,
    EVERYONE,
    accept,
    change,
    decide,
    draft,
    picture_file,
    prepare,
    propose,
    published,
    translate,
    upload,
)
from tests.unit.harness import meet
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, CLEO, EDITOR, GROUP_MODERATOR, INSIDER, person

pytestmark = pytest.mark.slow


def seen(session: Session, article: ArticleView, language: str | None = None) -> ArticleView:
    return queries.article(session, STRANGER, article.id, language)


def proposal_events(session: Session) -> list[Recorded]:
    recorded = events_after(session, "blog", 0, log_end(session))
    return [each for each in recorded if each.subject.startswith("proposal/")]


def listed(session: Session, viewer: Viewer, **query: object) -> list[str]:
    page = proposal_queries.proposals(session, viewer, ProposalQuery.model_validate(query))
    return [each.id for each in page.items]


# The attacks


def test_whoever_edited_it_while_it_was_submitted_does_not_rewrite_it_once_it_is_out(
    session: Session,
) -> None:
    article = actions.submit(session, AMIRA, draft(session).id)
    article = change(session, BO, article, body="Un texto. Bo helped.")
    article = actions.publish(session, EDITOR, article.id, article.article_revision)
    assert article.contributor_ids == [BO.person_id]
    with pytest.raises(Forbidden) as refused:
        change(session, BO, article, body="Buy this.")
    assert refused.value.code == "review-needed"
    propose(session, BO, article, body="Buy this.")
    assert seen(session, article).body == "Un texto. Bo helped."


def test_the_author_does_not_replace_what_was_reviewed(session: Session) -> None:
    article = published(session, AMIRA)
    with pytest.raises(Forbidden):
        change(session, AMIRA, article, body="Buy this.")
    proposal = propose(session, AMIRA, article, body="Buy this.", tags=["buy"])
    assert (seen(session, article).body, seen(session, article).tags) == ("Un texto.", [])
    accept(session, proposal)
    assert (seen(session, article).body, seen(session, article).tags) == ("Buy this.", ["buy"])


def test_a_new_accounts_translation_is_on_no_page_until_the_board_has_read_it(session: Session) -> None:
    article = published(session)
    translation = SetArticleVersion(language="en", title="Buy this", body="Buy this.")
    with pytest.raises(Forbidden):
        actions.set_version(session, BO, article.id, translation)
    proposal = propose(session, BO, article, language="en", title="New year", body="A text.")
    assert proposal.is_translation
    assert seen(session, article, "en").languages == ["es"]
    accept(session, proposal)
    out = seen(session, article, "en")
    assert (out.title, out.body, out.languages) == ("New year", "A text.", ["es", "en"])
    assert (out.versions[1].translator_id, out.versions[1].reviewed) == (BO.person_id, False)


def test_what_is_proposed_for_a_scheduled_article_does_not_go_out_with_it(session: Session) -> None:
    article = actions.submit(session, AMIRA, change(session, BO, draft(session), body="Bo helped.").id)
    due = clock.now() + timedelta(hours=1)
    article = actions.schedule(session, EDITOR, article.id, due, article.article_revision)
    propose(session, BO, article, body="Buy this.")
    with clock.at(due + timedelta(seconds=1)):
        actions.publish_due(session)
    assert seen(session, article).body == "Bo helped."


# The course of a proposal


def test_an_accepted_change_is_in_its_authors_name(session: Session) -> None:
    article = published(session)
    proposal = propose(session, BO, article, revision=article.revision, title="Feliz año", body="Otro texto.")
    assert (proposal.status, proposal.may_decide, proposal.may_withdraw) == ("open", False, True)
    assert proposal.changes.model_dump(exclude_none=True) == {"title": "Feliz año", "body": "Otro texto."}
    assert proposal.replaces.model_dump(exclude_none=True) == {"title": "Año nuevo", "body": "Un texto."}
    done = actions.accept_proposal(session, EDITOR, proposal.id)
    assert (done.status, done.decided_by, done.may_decide) == ("accepted", EDITOR.person_id, False)
    assert done.replaces.title == "Año nuevo"
    (newest, _) = queries.history(session, AMIRA, article.id, None, 10).items
    assert (newest.by_id, newest.title) == (BO.person_id, "Feliz año")
    assert seen(session, article).article_revision == article.article_revision + 1
    types = [each.type.removeprefix("blog.") for each in events_after(session, "blog", 0, log_end(session))]
    assert types[-3:] == ["proposal.made", "article.changed", "proposal.accepted"]


def test_a_declined_change_changes_nothing_and_says_why(session: Session) -> None:
    article = published(session)
    proposal = propose(session, BO, article, body="Buy this.")
    with pytest.raises(Invalid):
        actions.decline_proposal(session, EDITOR, proposal.id, " ")
    actions.decline_proposal(session, EDITOR, proposal.id, "This is an advertisement.")
    told = proposal_queries.proposal(session, BO, proposal.id)
    assert (told.status, told.remark) == ("declined", "This is an advertisement.")
    assert told.decided_by == EDITOR.person_id
    assert seen(session, article).body == "Un texto."
    assert proposal_events(session)[-1].data["remark"] == "This is an advertisement."


def test_its_author_withdraws_it_and_a_newer_one_takes_its_place(session: Session) -> None:
    article = published(session)
    first = propose(session, BO, article, body="One.")
    other = propose(session, BO, article, language="en", title="New year", body="One.")
    with pytest.raises(NotFound):
        actions.withdraw_proposal(session, CLEO, first.id)
    with pytest.raises(Forbidden):
        actions.withdraw_proposal(session, EDITOR, first.id)
    second = propose(session, BO, article, body="Two.")
    assert listed(session, EDITOR) == [second.id, other.id]
    with pytest.raises(Conflict) as refused:
        actions.accept_proposal(session, EDITOR, first.id)
    assert (refused.value.code, refused.value.data) == ("proposal-closed", {"status": "withdrawn"})
    assert actions.withdraw_proposal(session, BO, second.id).status == "withdrawn"
    steps: list[Callable[[], object]] = [
        lambda: actions.withdraw_proposal(session, BO, second.id),
        lambda: actions.accept_proposal(session, EDITOR, second.id),
        lambda: actions.decline_proposal(session, EDITOR, second.id, "No."),
    ]
    for step in steps:
        with pytest.raises(Conflict):
            step()
    assert listed(session, BO, own=True, status="withdrawn") == [second.id, first.id]


def test_what_others_have_changed_since_is_not_overwritten(session: Session) -> None:
    article = published(session)
    proposal = propose(session, BO, article, body="Bo's.", tags=["bo"])
    current = change(session, EDITOR, article, title="Edited", summary="New.", body="Edited.")
    with pytest.raises(Conflict) as refused:
        accept(session, proposal)
    assert (refused.value.code, refused.value.data) == ("proposal-outdated", {"fields": ["body"]})
    shown = proposal_queries.proposal(session, EDITOR, proposal.id)
    assert (shown.conflicts, shown.replaces.body) == (["body"], "Edited.")
    back = change(session, EDITOR, current, body="Un texto.")
    accept(session, proposal)
    out = seen(session, article)
    assert (out.title, out.summary, out.body, out.tags) == ("Edited", "New.", "Bo's.", ["bo"])
    assert back.title == "Edited"


def test_two_translations_into_one_language_do_not_overwrite_each_other(session: Session) -> None:
    article = published(session)
    first = propose(session, BO, article, language="en", revision=0, title="One", body="One.")
    second = propose(session, CLEO, article, language="en", revision=0, title="Two", body="Two.")
    accept(session, first)
    with pytest.raises(Conflict) as refused:
        accept(session, second)
    assert refused.value.data == {"fields": ["title", "body"]}
    with pytest.raises(Conflict) as refused:
        propose(session, CLEO, article, language="en", revision=0, title="Two", body="Two.")
    assert refused.value.code == "edit-conflict"
    assert refused.value.data["theirs"]["title"] == "One"


def test_an_accepted_update_of_a_translation_keeps_its_translator(session: Session) -> None:
    article = translate(session, BO, published(session), "en")
    change(session, EDITOR, queries.article(session, EDITOR, article.id, "es"), body="Más.")
    accept(session, propose(session, CLEO, article, language="en", body="More.", based_on=2))
    version = seen(session, article, "en").versions[1]
    assert (version.translator_id, version.outdated, version.body) == (BO.person_id, False, "More.")
    change(session, EDITOR, queries.article(session, EDITOR, article.id, "es"), body="Mucho más.")
    accept(session, propose(session, CLEO, article, language="en", title="A small fix"))
    assert seen(session, article, "en").versions[1].outdated


def test_a_picture_of_a_proposal_is_seen_by_its_board_and_shown_in_its_authors_right(
    session: Session,
) -> None:
    article = published(session)
    picture, secret = upload(session, BO), upload(session, EDITOR)
    body = f"Look: ![](/media/{secret.id}/640)"
    proposal = propose(session, BO, article, picture_id=picture.id, body=body)
    assert queries.may_see_pictures(session, EDITOR, {picture.id}) == {picture.id}
    for viewer in (CLEO, AMIRA, STRANGER):
        assert not queries.may_see_pictures(session, viewer, {picture.id})
    with pytest.raises(Invalid):
        propose(session, BO, article, picture_id=secret.id)
    accept(session, proposal)
    assert queries.may_see_pictures(session, STRANGER, {picture.id, secret.id}) == {picture.id}
    accept(session, propose(session, CLEO, article, picture_id=""))
    assert seen(session, article).picture is None


def test_the_board_sees_each_picture_that_a_proposed_text_adds(session: Session) -> None:
    article = published(session)
    picture, secret = upload(session, BO), upload(session, CLEO)
    body = f"Look: ![](/media/{picture.id}/640) ![](/media/{secret.id}/640)"
    proposal = propose(session, BO, article, body=body)
    for viewer in (EDITOR, BO):
        assert proposal_queries.proposal(session, viewer, proposal.id).pictures == [picture]
    assert queries.may_see_pictures(session, EDITOR, {picture.id, secret.id}) == {picture.id}
    for viewer in (AMIRA, STRANGER):
        assert not queries.may_see_pictures(session, viewer, {picture.id})
    assert accept(session, proposal).pictures == []
    assert queries.may_see_pictures(session, STRANGER, {picture.id, secret.id}) == {picture.id}


def test_a_small_change_does_not_bring_out_a_picture_that_nobody_could_review(session: Session) -> None:
    kept = actions.keep_picture(session, AMIRA, prepare(picture_file()))
    article = published(session, AMIRA, body=f"Un texto. ![](/media/{kept.id}/640)")
    description = DescribePicture(alt="Buy this.", author="Amira", licence="CC0 1.0", source="own work")
    actions.describe_picture(session, AMIRA, kept.id, description)
    accept(session, propose(session, AMIRA, article, tags=["wells"]))
    assert not queries.may_see_pictures(session, STRANGER, {kept.id})
    proposal = propose(session, AMIRA, article, body=f"Un texto! ![](/media/{kept.id}/640)")
    (shown,) = proposal_queries.proposal(session, EDITOR, proposal.id).pictures
    assert shown.alt == "Buy this."
    accept(session, proposal)
    assert queries.may_see_pictures(session, STRANGER, {kept.id}) == {kept.id}


@pytest.mark.parametrize("in_text", [False, True])
def test_a_picture_is_not_described_anew_while_the_board_reads_its_proposal(
    session: Session, in_text: bool
) -> None:
    article, picture = published(session), upload(session, BO)
    other = DescribePicture(alt="Buy this.", author="Bo", licence="CC0 1.0", source="own work")
    shown = {"body": f"![](/media/{picture.id}/640)"} if in_text else {"picture_id": picture.id}
    proposal = propose(session, BO, article, **shown)
    with pytest.raises(NotFound):
        actions.describe_picture(session, BO, picture.id, other)
    actions.withdraw_proposal(session, BO, proposal.id)
    assert actions.describe_picture(session, BO, picture.id, other).alt == "Buy this."


# Who may


def test_a_proposal_is_its_authors_and_the_boards_alone(session: Session) -> None:
    article = published(session)
    proposal = propose(session, BO, article, body="Secret words.")
    for viewer in EVERYONE:
        knows = viewer is BO or viewer.has("editor")
        assert (proposal.id in listed(session, viewer)) == knows, viewer.name
        assert (proposal.id in listed(session, viewer, article_id=article.id)) == knows
        if knows:
            assert proposal_queries.proposal(session, viewer, proposal.id).changes.body == "Secret words."
        else:
            with pytest.raises(NotFound):
                proposal_queries.proposal(session, viewer, proposal.id)
    assert [event.audience for event in proposal_events(session)] == ["members"]
    everything = events_after(session, "blog", 0, log_end(session))
    assert not any("Secret words" in str(event.data) for event in everything), "a log is replayed"
    assert not any(
        "Secret words" in each.body for each in queries.history(session, CLEO, article.id, None, 9).items
    )


def test_a_hidden_groups_proposals_are_within_it(session: Session) -> None:
    other_insider = person("inside2", groups=INSIDER.groups)
    article = published(session, INSIDER, audience=CIRCLE)
    proposal = propose(session, INSIDER, article, body="Within.")
    for viewer in (AMIRA, EDITOR, ADMIN, STRANGER, other_insider):
        assert listed(session, viewer) == []
        with pytest.raises(NotFound):
            proposal_queries.proposal(session, viewer, proposal.id)
    for step in (actions.accept_proposal, actions.withdraw_proposal):
        with pytest.raises(NotFound):
            step(session, EDITOR, proposal.id)
    assert listed(session, GROUP_MODERATOR) == listed(session, EDITOR_INSIDE) == [proposal.id]
    left = INSIDER.model_copy(update={"groups": frozenset()})
    with pytest.raises(NotFound):
        proposal_queries.proposal(session, left, proposal.id)
    assert actions.accept_proposal(session, GROUP_MODERATOR, proposal.id).status == "accepted"
    assert {event.audience for event in proposal_events(session)} == {CIRCLE}


def test_what_is_deleted_takes_its_proposals_along(session: Session) -> None:
    article = published(session)
    proposal = propose(session, BO, article, body="Bo's.")
    actions.delete_article(session, EDITOR, article.id, Delete(reason="spam"))
    for viewer in (BO, EDITOR):
        assert listed(session, viewer) == []
        with pytest.raises(NotFound):
            proposal_queries.proposal(session, viewer, proposal.id)
    with pytest.raises(NotFound):
        accept(session, proposal)
    with pytest.raises(NotFound):
        propose(session, CLEO, article, body="Cleo's.")


@pytest.mark.parametrize("step", ["accept", "decline", "withdraw"])
def test_who_may_not_decide_is_refused(session: Session, step: str) -> None:
    proposal = propose(session, BO, published(session), body="Bo's.")

    with pytest.raises(SignInNeeded):
        decide(session, STRANGER, proposal, step)
    for viewer in (AMIRA, CLEO, INSIDER, GROUP_MODERATOR):
        with pytest.raises(NotFound):
            decide(session, viewer, proposal, step)
    with pytest.raises(Forbidden):
        decide(session, EDITOR.model_copy(update={"scopes": frozenset({"read"})}), proposal, step)
    if step != "withdraw":
        with pytest.raises(Forbidden) as refused:
            decide(session, BO, proposal, step)
        assert refused.value.code == "not-on-board"


@pytest.mark.parametrize("viewer", [EDITOR, ADMIN])
def test_who_may_change_it_at_once_does_not_propose(session: Session, viewer: Viewer) -> None:
    with pytest.raises(Conflict) as refused:
        propose(session, viewer, published(session), body="Mine.")
    assert refused.value.code == "article-elsewhere"


def test_a_draft_is_changed_at_once(session: Session) -> None:
    article = draft(session)
    assert (article.may_edit, article.may_propose) == (True, False)
    with pytest.raises(Conflict):
        propose(session, BO, article, body="Bo's.")


# What is wrong


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "nothing-changed"),
        ({"title": "Año nuevo", "body": "Un texto.", "tags": []}, "nothing-changed"),
        ({"body": " "}, "body-missing"),
        ({"title": ""}, "title-missing"),
        ({"category": "none"}, "category-unknown"),
        ({"tags": ["!"]}, "tag-shape"),
        ({"picture_id": "0123456789abcdef"}, "picture-unknown"),
        ({"language": "en", "title": "Only"}, "body-missing"),
        ({"language": "en", "title": "T", "body": "B", "based_on": 9}, "revision-unknown"),
        ({"language": "en", "title": "T", "body": "B", "revision": 3}, "version-unknown"),
        ({"language": "xx-nowhere", "title": "T", "body": "B"}, "language-unknown"),
    ],
)
def test_a_proposal_that_makes_no_sense_is_refused(
    session: Session, fields: dict[str, object], code: str
) -> None:
    with pytest.raises(SpaceError) as refused:
        propose(session, BO, published(session), **fields)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert session.scalar(select(func.count()).select_from(Proposal)) == 0


def test_a_stale_proposal_is_told_of_the_newer_text(session: Session) -> None:
    article = published(session)
    change(session, EDITOR, article, body="Edited.")
    with pytest.raises(Conflict) as refused:
        propose(session, BO, article, revision=article.revision, body="Bo's.")
    assert (refused.value.code, refused.value.data["theirs"]["body"]) == ("edit-conflict", "Edited.")


def test_nobody_floods_the_board(session: Session) -> None:
    article = published(session)
    for number in range(MOST_PROPOSALS):
        propose(session, BO, article, body=f"Number {number}.")
    with pytest.raises(TooMany) as refused:
        propose(session, BO, article, body="One more.")
    assert refused.value.code == "too-many-proposals"
    assert len(listed(session, EDITOR, limit=100)) == 1, "each takes the place of the one before"


def test_a_list_of_proposals_has_pages(session: Session) -> None:
    article = published(session)
    made = [propose(session, person(f"p{number}"), article, body=f"{number}.").id for number in range(5)]
    found: list[str] = []
    after: str | None = None
    while True:
        page = proposal_queries.proposals(session, EDITOR, ProposalQuery(after=after, limit=2))
        found += [each.id for each in page.items]
        after = page.next
        if after is None:
            break
    assert found == made[::-1]


# At once


def prepared(database: Database) -> tuple[ArticleView, ProposalView]:
    with database.writing() as session:
        article = published(session)
        return article, propose(session, BO, article, body="Bo's.")


def test_of_two_editors_who_accept_at_once_one_does(database: Database) -> None:
    article, proposal = prepared(database)
    error = meet(
        database,
        lambda session: actions.accept_proposal(session, EDITOR, proposal.id),
        lambda session: actions.accept_proposal(session, ADMIN, proposal.id),
    )
    assert isinstance(error, Conflict)
    assert error.code == "proposal-closed"
    with database.reading() as session:
        texts = select(func.count()).where(ArticleRevision.article_id == article.id)
        assert session.scalar(texts) == 2
        assert [event.type for event in proposal_events(session)] == [
            "blog.proposal.made",
            "blog.proposal.accepted",
        ]


def test_of_an_acceptance_and_a_withdrawal_at_once_the_second_knows_of_the_first(database: Database) -> None:
    _, proposal = prepared(database)
    error = meet(
        database,
        lambda session: actions.withdraw_proposal(session, BO, proposal.id),
        lambda session: actions.accept_proposal(session, EDITOR, proposal.id),
    )
    assert isinstance(error, Conflict)
    assert error.code == "proposal-closed"


def test_an_acceptance_does_not_overwrite_a_change_of_the_same_moment(database: Database) -> None:
    article, proposal = prepared(database)
    error = meet(
        database,
        lambda session: change(session, ADMIN, article, body="Edited."),
        lambda session: actions.accept_proposal(session, EDITOR, proposal.id),
    )
    assert isinstance(error, Conflict)
    assert error.code == "proposal-outdated"
    with database.reading() as session:
        assert seen(session, article).body == "Edited."
