"""After somebody has vanished nothing is left of them in any table of any service, but that they wrote something.

A new table joins by itself: what it keeps of a person has to go, or stand below with the reason why it stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from bus.rpc.context import idempotent
from bus.rpc.idempotency import run_idempotent
from contracts.blog import CreateArticle, DescribePicture
from contracts.events import CreateEvent
from contracts.forum import CreatePost, CreateTopic
from contracts.moderation import Report
from contracts.own_account import Rename, VanishPerson
from contracts.people import ChangeProfile, CreateGroup, CreateToken, Register
from core import clock
from core.audience import PUBLIC, STRANGER, Viewer
from services.blog import actions as blog
from services.blog.picture_decoder import Prepared
from services.events import actions as events
from services.events.actions import dates
from services.forum import actions as forum
from services.notify import actions as notify
from services.people import actions as people
from services.people import queries
from services.people.actions import cases, emails, purging, second_factor, vanishing
from services.people.case_tables import Case
from services.people.tables import Person, SecondFactor
from services.people.wiki_tables import WikiAccount
from tests.unit.vanishing.harness import Services, all_services

pytestmark = pytest.mark.slow

KNOWN = (
    "oldquill", "quillon", "fez quill", "quill@secret.example", "quill@next.example", "aboutquill", "placequill",
    "labelquill", "wikiquill", "draftquill", "unusedquill",
)  # fmt: skip
"""What only they could be known by: in every table it must be gone."""

EVIDENCE = {"people.case_snapshot.text"}
"""What was reported of a profile is kept for an appeal; `purging` deletes it after its time."""

AUTHORSHIP = {
    # The account itself, which says nothing any more.
    "people.person.id",
    "people.person.name",
    # What they wrote, and in which texts of others they had a part.
    "blog.article.author_id",
    "blog.article_version.changed_by",
    "blog.article_revision.by_id",
    "blog.step.by_id",
    "blog.picture.uploaded_by",
    "events.event.author_id",
    "forum.topic.author_id",
    "forum.topic.last_author_id",
    "forum.topic_version.changed_by",
    "forum.post.author_id",
    "notify.post.author_id",
    "notify.notification.actor_id",
    "notify.refusal.person_id",
    "people.space_group.founder_id",
    "search.item.author_id",
    "search.author_name.author_id",
    # What was decided about them, and what they decided in an office.
    "people.decision.item",
    "people.moderation_case.item_id",
    "people.moderation_case.open_key",
    "people.moderation_case.subject_id",
    # Which events happened: what they said of the person is redacted.
    "blog.event_log.data",
    "events.event_log.data",
    "forum.event_log.data",
    "notify.event_log.data",
    "notify.event_log.subject",
    "people.event_log.data",
    "people.event_log.subject",
}
"""Where the id stays."""


@dataclass
class World:
    """People and what they did; `quill` is who vanishes. `before`: all that was stored before that; `name`: what they
    are called since."""

    services: Services
    quill: Viewer
    admin: Viewer
    other: Viewer
    before: set[str] = field(default_factory=set)
    name: str = ""


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Somebody has vanished who had left every trace that one can leave."""
    with all_services(request.param, tmp_path_factory.mktemp("services")) as services:
        made = _fill(services)
        made.before = {text for _, text in _texts(services)}
        with services.databases["people"].writing() as session:
            command = VanishPerson(reason="They asked for it by letter")
            made.name = vanishing.vanish_person(session, made.admin, "Quillon", command)
        services.carry()
        yield made


def _fill(services: Services) -> World:
    database = services.databases["people"]
    with database.writing() as session:
        quill = _enrol(session, "Oldquill", "quill@next.example")
        admin, other = _enrol(session, "Ada"), _enrol(session, "Bea")
        people.make_administrator(session, "Ada")
        admin = queries.viewer_of_person(session, session.get_one(Person, admin.person_id))
    with database.writing() as session:
        row = session.get_one(Person, quill.person_id)
        row.email, row.email_key, row.password_hash = "quill@secret.example", "quill@secret.example", "hash"
        people.rename(session, quill, Rename(name="Quillon"))
        quill = queries.viewer_of_person(session, row)
        profile = ChangeProfile(
            display_name="Fez Quill", about="Aboutquill", place_name="Placequill", languages=["fr"]
        )
        with idempotent("key of a form"):
            run_idempotent(session, people.change_profile, quill, profile)
        token = CreateToken(name="Quillon", password=SecretStr(""), label="Labelquill")
        people.create_token(session, row.id, token)
        session.add(SecondFactor(person_id=row.id, secret="secret", confirmed_at=clock.now(), last_step=0))
        second_factor.new_challenge(session, row.id)
        wiki = {"wiki": "https://wiki.example/w", "central_id": "7", "username": "Wikiquill"}
        session.add(WikiAccount(person_id=row.id, linked_at=clock.now(), **wiki))
        emails.ask_confirmation(session, row)
        people.hold_role(session, row, "editor", held=True)
        group = CreateGroup(slug="maps", kind="open", language="en", name="Maps")
        people.create_group(session, quill, group)
        people.join(session, other, "maps")
        cases.report(session, other, _report(quill.person_id or "", quill.person_id, "Aboutquill, rude"))
        cases.report(session, quill, _report("0post00000000000", other.person_id, "You fool."))
        session.flush()
    services.carry()
    with services.databases["blog"].writing() as session:
        blog.set_category(session, admin, "community", "en", {"en": ("Community", "")})
    with services.databases["forum"].writing() as session:
        forum.set_category(session, admin, "general", "en", {"en": ("General", "")})
        topic = forum.create_topic(
            session, other, CreateTopic(language="en", title="Topic", body="Text", category="general")
        )
        forum.create_post(session, quill, topic.id, CreatePost(body="A post that stays"))
        own = CreateTopic(language="en", title="A topic that stays", body="Text", category="general")
        mine = forum.create_topic(session, quill, own)
        forum.create_post(session, other, mine.id, CreatePost(body="A reply"))
    with services.databases["blog"].writing() as session:
        text = {"language": "en", "category": "community", "body": "Text"}
        blog.create_article(session, quill, CreateArticle(title="Draftquill", **text))
        article = blog.create_article(session, quill, CreateArticle(title="An article that stays", **text))
        blog.submit(session, quill, article.id)
        blog.publish(session, admin, article.id)
        picture = DescribePicture(alt="Unusedquill", author="A", licence="CC0", source="own work")
        blog.upload_picture(session, quill, picture, Prepared(1, 1, "image/webp", {1: b"picture"}))
    with services.databases["events"].writing() as session:
        plain = {
            "language": "en",
            "body": "Text",
            "timezone": "UTC",
            "minutes": 60,
            "online_url": "https://x.example",
        }
        start = (clock.now() + timedelta(days=3)).replace(tzinfo=None, microsecond=0)
        event = events.create_event(session, other, CreateEvent(title="Event", start=start, **plain))
        dates.attend(session, quill, event.id, None, "going")
        events.create_event(session, quill, CreateEvent(title="An event that stays", start=start, **plain))
    with services.databases["notify"].writing() as session:
        notify.follow(session, quill, "person", other.person_id or "", "normal")
        notify.follow(session, other, "person", quill.person_id or "", "normal")
    services.carry()
    return World(services, quill, admin, other)


def test_before_it_everything_is_there(world: World) -> None:
    missing = [each for each in KNOWN if not any(each in text for text in world.before)]
    assert missing == []


def test_after_it_nothing_says_who_they_were(world: World) -> None:
    left = {
        (where, each)
        for where, text in _texts(world.services)
        for each in KNOWN
        if each in text and where not in EVIDENCE
    }
    assert left == set()


def test_after_it_their_id_is_where_they_wrote_and_nowhere_else(world: World) -> None:
    person_id = world.quill.person_id or ""
    found = {where for where, text in _texts(world.services) if person_id in text}
    assert found - AUTHORSHIP == set()


def test_what_was_reported_of_them_goes_when_no_appeal_can_need_it(world: World) -> None:
    with world.services.databases["people"].writing() as session:
        for case in session.query(Case):
            case.closed_at = clock.now()
    with clock.at(clock.now() + timedelta(days=91)), world.services.databases["people"].writing() as session:
        purging.purge_cases(session)
    assert not [where for where, text in _texts(world.services) if "aboutquill" in text]


def test_what_they_wrote_stays_and_others_take_over(world: World) -> None:
    texts = {text for _, text in _texts(world.services)}
    for kept in ("a post that stays", "a topic that stays", "an article that stays", "an event that stays"):
        assert kept in texts
    with world.services.databases["people"].reading() as session:
        group = queries.group(session, world.other, "maps")
        assert (group.members, group.may_moderate) == (1, True)
        profile = queries.person(session, STRANGER, world.name)
        assert (profile.vanished, profile.groups, profile.about) == (True, [], "")
        assert world.quill.person_id not in {
            card.id for card in queries.people(session, STRANGER, None, 50).items
        }


def test_who_reads_the_logs_from_the_start_learns_no_more(world: World, tmp_path: Path) -> None:
    (tmp_path / "anew").mkdir()
    with all_services("sqlite", tmp_path / "anew") as fresh:
        rebuilt = {name: fresh.databases[name] for name in ("notify", "search")}
        again = Services({**world.services.databases, **rebuilt})
        for name in rebuilt:
            again.carry_to(name)
        found = list(_texts(Services(rebuilt)))
    assert [(where, each) for where, text in found for each in KNOWN if each in text] == []
    person_id = world.quill.person_id or ""
    assert {where for where, text in found if person_id in text} - AUTHORSHIP == set()


def _texts(services: Services) -> Iterator[tuple[str, str]]:
    """The place and the text, in lower case, of whatever is stored."""
    for service, table, column, value in services.cells():
        text = (
            json.dumps(value, ensure_ascii=False, default=str)
            if isinstance(value, list | dict)
            else str(value)
        )
        yield f"{service}.{table}.{column}", text.casefold()


def _enrol(session: Session, name: str, email: str | None = None) -> Viewer:
    command = Register(name=name, password=SecretStr("correct horse battery"), email=email)
    return people.register(session, STRANGER, command, password_hash="").viewer


def _report(item_id: str, subject_id: str | None, text: str) -> Report:
    kind = "person" if item_id == subject_id else "post"
    return Report.model_validate(
        {
            "kind": kind, "item_id": item_id, "path": "/people/Quillon" if kind == "person" else "/talk/p/x",
            "audience": PUBLIC, "title": "Fez Quill" if kind == "person" else "Rude", "text": text,
            "subject_id": subject_id, "reason": "harassment", "words": "Rude!",
        }
    )  # fmt: skip
