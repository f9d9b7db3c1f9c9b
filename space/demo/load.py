"""Laying the demo community into a new house."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Literal, TypeVar

import click

from contracts.blog import ChangeArticle, CreateArticle, SetArticleVersion, UploadPicture
from contracts.events import CreateEvent, PlaceInput, SetEventVersion
from contracts.forum import ChangePost, ChangeTopic, CreatePost, CreateTopic, SetTopicVersion
from contracts.notify import FollowKind
from contracts.people import ChangeProfile, CreateGroup, Register, SetGroupText
from contracts.validation import parse
from core import clock
from core.audience import Viewer
from core.settings import SERVICES, Settings
from services.blog import actions as blog
from services.blog import queries as blog_queries
from services.events import actions as events
from services.events import dates, gazetteer
from services.forum import actions as forum
from services.forum import queries as forum_queries
from services.notify import actions as notify
from services.people import actions as people
from space.demo import model
from space.demo.passwords import make_passwords
from space.demo.pictures import picture
from space.demo.writer import SYSTEM, Cast, Writer, writing
from space.local import LocalHouse
from space.wiring import open_database

Item = TypeVar("Item")

FOUNDED_DAYS_AGO = 120.0


def lay_in_if_new(settings: Settings) -> None:
    """Migrate every store, and lay in the demo when nobody has signed up yet."""
    for name in SERVICES:
        open_database(settings, name).close()
    house = LocalHouse(settings)
    try:
        empty = not house.rooms.people.people(SYSTEM, None, 1).items
    finally:
        house.close()
    if empty:
        lay_in(settings, scale=1)


def lay_in(settings: Settings, scale: int) -> None:
    """Write the demo, topics and posts `scale` times, and let every event take effect. Shows its progress."""
    house = LocalHouse(settings)
    try:
        if house.rooms.people.people(SYSTEM, None, 1).items:
            raise click.ClickException("There are people here already; the demo is for a new house.")
        click.echo("Laying in the demo community …")
        Demo(house, scale).write()
        _settle(house)
    finally:
        house.close()


def _settle(house: LocalHouse) -> None:
    with click.progressbar(length=max(house.unapplied(), 1), label=f"  {'telling every room':<20}") as bar:
        house.settle(bar.update)


class Demo:
    """One laying-in: what has been written so far, under the names that later content uses."""

    def __init__(self, house: LocalHouse, scale: int) -> None:
        self._house = house
        self._scale = scale
        self._now = clock.now()
        self._cast = Cast(house)
        self._topic_ids: dict[str, str] = {}

    def write(self) -> None:
        """Everything, oldest rooms first: people, groups, articles, topics, events, follows."""
        self._write_people()
        self._write_groups()
        self._write_categories()
        self._write_articles()
        self._write_topics()
        self._write_events()
        self._write_follows()

    def _ago(self, days: float) -> datetime:
        return self._now - timedelta(days=days)

    def _write_people(self) -> None:
        passwords = make_passwords(self._house.settings)
        with writing(self._house.databases["people"]) as write:
            for number, person in enumerate(_progress(model.people(), "people")):
                moment = self._ago(FOUNDED_DAYS_AGO - number * 0.4)
                known = passwords.get(person.name)
                command = parse(
                    Register,
                    {
                        "name": person.name,
                        "password": known or "not used at all",
                        "languages": person.languages,
                    },
                )
                # Nobody signs in as the others, so no password opens them.
                signed_in = write(moment, people.register, SYSTEM, command, None if known else "")
                viewer = signed_in.viewer
                self._cast.ids[person.name] = viewer.person_id or ""
                self._cast.roles[person.name] = frozenset(person.roles)
                self._cast.languages[person.name] = tuple(person.languages)
                place = person.place
                write(
                    moment,
                    people.change_profile,
                    viewer,
                    ChangeProfile(
                        display_name=person.display_name,
                        about=person.about,
                        place_name=place.city if place else "",
                        place_country=place.country if place else "",
                    ),
                )
                for role in person.roles:
                    if role != "member":
                        write(moment, people.grant_role, SYSTEM, person.name, role, True)

    def _write_groups(self) -> None:
        with writing(self._house.databases["people"]) as write:
            for number, group in enumerate(model.groups()):
                moment = self._ago(FOUNDED_DAYS_AGO - 15 - number)
                founder, *others = group.moderators
                made = write(
                    moment,
                    people.create_group,
                    self._cast.viewer(founder),
                    CreateGroup(
                        slug=group.slug,
                        kind=group.kind,
                        language=group.language,
                        name=group.name,
                        about=group.about,
                    ),
                )
                self._cast.group_ids[group.slug] = made.id
                self._cast.join(founder, group.slug, moderator=True)
                head = self._cast.viewer(founder)
                for language, words in group.versions.items():
                    text = SetGroupText(language=language, name=words.name, about=words.about)
                    write(moment, people.set_group_text, head, group.slug, text)
                # A closed group's moderators let in who asked; a hidden one's invite.
                for name in [*others, *group.members]:
                    if name == founder:
                        continue
                    moderator = name in others
                    if group.kind != "hidden":
                        write(moment, people.join, self._cast.viewer(name), group.slug)
                    if group.kind != "open" or moderator:
                        state: Literal["moderator", "member"] = "moderator" if moderator else "member"
                        write(moment, people.set_member, head, group.slug, name, state)
                    self._cast.join(name, group.slug, moderator)
                for name in group.requests:
                    write(self._ago(1), people.join, self._cast.viewer(name), group.slug)

    def _write_categories(self) -> None:
        with writing(self._house.databases["blog"]) as write_blog:
            for category in model.categories()["blog"]:
                write_blog(
                    self._ago(FOUNDED_DAYS_AGO),
                    blog.set_category,
                    SYSTEM,
                    category.slug,
                    category.language,
                    _texts(category),
                )
        with writing(self._house.databases["forum"]) as write_forum:
            for category in model.categories()["forum"]:
                write_forum(
                    self._ago(FOUNDED_DAYS_AGO),
                    forum.set_category,
                    SYSTEM,
                    category.slug,
                    category.language,
                    _texts(category),
                    category.official,
                )

    def _write_articles(self) -> None:
        with writing(self._house.databases["blog"]) as write:
            # Oldest first, as they would have come.
            for article in _progress(sorted(model.articles(), key=lambda one: -_age(one)), "articles"):
                self._write_article(write, article)

    def _write_article(self, write: Writer, article: model.DemoArticle) -> None:
        author = self._cast.viewer(article.author)
        begun = self._ago(_age(article) + 3)
        done = self._ago(_age(article))
        original = article.versions[article.language]
        picture_id = self._write_picture(write, begun, author, article.picture) if article.picture else None
        made = write(
            begun,
            blog.create_article,
            author,
            CreateArticle(
                language=article.language,
                title=original.title,
                summary=original.summary,
                body=original.body,
                category=article.category,
                tags=article.tags,
                picture_id=picture_id,
                audience=self._cast.audience(article.group),
            ),
        )
        for name in article.contributors:
            self._help(write, begun + timedelta(days=1), name, made.id)
        if article.state != "draft":
            write(begun + timedelta(days=2), blog.submit, author, made.id)
        editor = self._cast.viewer(self._publisher(article))
        if article.state == "published":
            write(done, blog.publish, editor, made.id)
        elif article.state == "returned":
            write(done, blog.send_back, editor, made.id, article.remark.strip())
        elif article.state == "declined":
            write(done, blog.decline, editor, made.id, article.reason.strip())
        elif article.state == "scheduled":
            due = self._now + timedelta(days=article.scheduled_in_days or 3)
            write(done, blog.schedule, editor, made.id, due)
        hours = count(4)
        for language, text in article.versions.items():
            if language == article.language:
                continue
            moment = min(done + timedelta(hours=next(hours)), self._now)
            translator = self._cast.viewer(text.translator or article.author)
            version = SetArticleVersion(
                language=language, title=text.title, summary=text.summary, body=text.body, based_on=None
            )
            write(moment, blog.set_version, translator, made.id, version)
            write(
                moment, blog.review_version, self._reviewer(translator, article.reviewer), made.id, language
            )

    @staticmethod
    def _publisher(article: model.DemoArticle) -> str:
        """Who decides on an article: in a group one of its own moderators, for nobody else sees it."""
        group = next((group for group in model.groups() if group.slug == article.group), None)
        return article.reviewer if group is None else next(n for n in group.moderators if n != article.author)

    def _reviewer(self, translator: Viewer, reviewer: str) -> Viewer:
        """The article's own reviewer, or another editor where that is the translator."""
        names = (reviewer, "editor", "admin")
        return self._cast.viewer(next(name for name in names if name != translator.name))

    def _help(self, write: Writer, moment: datetime, name: str, article_id: str) -> None:
        """`name` reads the draft through and saves it: enough to be credited."""
        helper = self._cast.viewer(name)
        current = write(moment, blog_queries.article, helper, article_id, None)
        write(
            moment,
            blog.change_article,
            helper,
            article_id,
            ChangeArticle(revision=current.revision, body=current.body.rstrip() + "\n"),
        )

    def _write_picture(self, write: Writer, moment: datetime, viewer: Viewer, demo: model.DemoPicture) -> str:
        command = UploadPicture(
            base64=base64.b64encode(picture(demo.seed, demo.kind)).decode("ascii"),
            alt=demo.alt,
            author=demo.author,
            licence=demo.licence,
            source=demo.source,
        )
        return write(moment, blog.upload_picture, viewer, command).id

    def _write_topics(self) -> None:
        rounds = [(number, topic) for number in range(self._scale) for topic in model.topics()]
        with writing(self._house.databases["forum"]) as write:
            for number, topic in _progress(sorted(rounds, key=lambda one: -one[1].days_ago), "topics"):
                self._write_topic(write, topic, number)

    def _write_topic(self, write: Writer, topic: model.DemoTopic, number: int) -> None:
        """Copies beyond the first are a little older each, so that the first stay on top."""
        begun = self._ago(topic.days_ago + number * 0.37)
        author = self._cast.viewer(topic.author)
        made = write(
            begun,
            forum.create_topic,
            author,
            CreateTopic(
                language=topic.language,
                title=topic.title if number == 0 else f"{topic.title} ({number + 1})",
                body=topic.text,
                category=topic.category,
                tags=topic.tags,
                audience=self._cast.audience(topic.group),
            ),
        )
        if number == 0:
            self._topic_ids[topic.key] = made.id
        for language, text in topic.versions.items():
            version = SetTopicVersion(language=language, title=text.title, body=text.text or text.body)
            translator = self._cast.viewer(text.translator or topic.author)
            write(begun + timedelta(minutes=30), forum.set_topic_version, translator, made.id, version)
        if topic.pinned and number == 0:
            write(
                begun + timedelta(minutes=31),
                forum.change_topic,
                self._cast.viewer("moderator"),
                made.id,
                ChangeTopic(revision=made.revision, pinned=True),
            )
        first = write(begun, forum_queries.posts, author, made.id, None, 1).items[0]
        written = [(topic.author, first.id)]
        for post in topic.posts:
            moment = begun + timedelta(hours=post.hours_after)
            body = post.text
            opening = ""
            if post.quotes is not None:
                quoted_author, quoted_id = written[post.quotes]
                lines = "\n".join(f"> {line}" for line in post.quote_text.strip().splitlines())
                opening = f"> [@{quoted_author}](/talk/p/{quoted_id}):\n>\n{lines}\n\n"
            writer = self._cast.viewer(post.author)
            reply = CreatePost(body=opening + body, language=post.language)
            view = write(moment, forum.create_post, writer, made.id, reply)
            written.append((post.author, view.id))
            if post.edited_text is not None:
                change = ChangePost(revision=view.revision, body=opening + post.edited_text)
                write(moment + timedelta(minutes=7), forum.change_post, writer, view.id, change)

    def _write_events(self) -> None:
        with writing(self._house.databases["events"]) as write:
            for number, event in enumerate(_progress(model.events(), "events")):
                self._write_event(write, event, self._ago(30 - number * 0.6))

    def _write_event(self, write: Writer, event: model.DemoEvent, moment: datetime) -> None:
        author = self._cast.viewer(event.author)
        day = (self._now + timedelta(days=event.in_days)).date()
        start = datetime.combine(day, event.start())
        place = self._place(event.place) if event.place else None
        made = write(
            moment,
            events.create_event,
            author,
            CreateEvent(
                language=event.language,
                title=event.title,
                body=event.text,
                start=start,
                minutes=event.minutes,
                timezone=event.timezone,
                place=place,
                online_url=event.online_url,
                recurrence=event.recurrence,
                spoken=event.languages,
                tags=event.tags,
                status=event.status,
                audience=self._cast.audience(event.group),
            ),
        )
        for language, text in event.versions.items():
            version = SetEventVersion(language=language, title=text.title, body=text.text or text.body)
            translator = self._cast.viewer(text.translator or event.author)
            write(moment, events.set_event_version, translator, made.id, version)
        if event.status == "cancelled":
            return
        before = min(moment + timedelta(days=1), self._now, self._now + timedelta(days=event.in_days - 1))
        for name in event.going:
            write(before, dates.attend, self._cast.viewer(name), made.id, None, "going")
        for name in event.maybe:
            write(before, dates.attend, self._cast.viewer(name), made.id, None, "maybe")

    def _place(self, city: model.City) -> PlaceInput:
        found = gazetteer.find(self._house.settings.home, city.city, 20)
        best = next((place for place in found if place.country == city.country), None)
        if best is None:
            raise click.ClickException(f"The gazetteer knows no {city.city} in {city.country}.")
        return PlaceInput(
            name=best.name,
            country=best.country,
            latitude=best.latitude,
            longitude=best.longitude,
            venue=city.venue,
        )

    def _write_follows(self) -> None:
        with writing(self._house.databases["notify"]) as write:
            for follow in model.follows():
                kind: FollowKind = follow.kind
                write(
                    self._ago(100),
                    notify.follow,
                    self._cast.viewer(follow.person),
                    kind,
                    self._followed_id(kind, follow.id),
                    "watching",
                )

    def _followed_id(self, kind: str, name: str) -> str:
        lookup: dict[str, Callable[[], str]] = {
            "person": lambda: self._cast.ids[name],
            "group": lambda: self._cast.group_ids[name],
            "topic": lambda: self._topic_ids[name],
        }
        return lookup[kind]() if kind in lookup else name


def _age(article: model.DemoArticle) -> float:
    """Days since its last step."""
    return article.published_days_ago if article.published_days_ago is not None else article.days_ago or 0


def _texts(category: model.DemoCategory) -> dict[str, tuple[str, str]]:
    texts = {language: (words.name, words.about) for language, words in category.versions.items()}
    return {category.language: (category.name, category.about), **texts}


def _progress(items: Sequence[Item], label: str) -> Iterator[Item]:
    with click.progressbar(items, label=f"  {label:<20}") as bar:
        yield from bar
