"""People who have left every trace that one can leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import SecretStr
from sqlalchemy.orm import Session

from bus.rpc.context import idempotent
from bus.rpc.idempotency import run_idempotent
from contracts.blocks import BlockPerson
from contracts.blog import CreateArticle, DescribePicture
from contracts.events import CreateEvent
from contracts.forum import CreatePost, CreateTopic
from contracts.moderation import Report
from contracts.own_account import Rename
from contracts.people import ChangeProfile, CreateGroup, CreateToken, Register
from core import clock
from core.audience import PUBLIC, STRANGER, Viewer
from services.blog import actions as blog
from services.blog.picture_decoder import Prepared
from services.events import actions as events
from services.forum import actions as forum
from services.notify import actions as notify
from services.people import actions as people
from services.people import queries
from services.people.actions import blocks, cases, emails, second_factor
from services.people.tables import Person, SecondFactor
from services.people.wiki_tables import WikiAccount
from tests.unit.vanishing.harness import Services


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


def fill(services: Services) -> World:
    """Let somebody leave every trace that one can leave."""
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
            display_name="Fez Quill",
            about="Aboutquill",
            place_name="Placequill",
            pronouns="Pronounquill",
            website="https://websitequill.example/",
            languages=["fr", "sw"],
            field_audiences={"languages": "me"},
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
        blocks.block(session, quill, "Ada", BlockPerson(level="mute"))
        blocks.block(session, other, "Quillon", BlockPerson(level="mute"))
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
        events.attend(session, quill, event.id, None, "going")
        events.create_event(session, quill, CreateEvent(title="An event that stays", start=start, **plain))
    with services.databases["notify"].writing() as session:
        notify.follow(session, quill, "person", other.person_id or "", "normal")
        notify.follow(session, other, "person", quill.person_id or "", "normal")
        notify.follow(session, quill, "search", "searchquill maps", "normal")
    services.carry()
    with database.reading() as session:
        quill = queries.viewer_of_person(session, session.get_one(Person, quill.person_id))
    return World(services, quill, admin, other)


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
