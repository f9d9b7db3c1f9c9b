"""Content for a world: one of each kind, for an audience and in a state, with a word in each of its texts."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from PIL import Image

from core import clock
from core.audience import group_of
from tests.leaks.words import Rule, Secret
from tests.leaks.world import Item, World, board, both, either, moderators, of, parts_of, signed_in


def _texts(world: World, name: str, rule: Rule, *parts: str) -> tuple[list[Secret], list[str]]:
    secrets = [world.secret(f"{part} of the {name}", rule) for part in parts]
    return secrets, [each.word for each in secrets]


def _noted(
    world: World, kind: str, made: dict[str, Any], secrets: list[Secret], tag: str, **more: Any
) -> Item:
    values = {"id": made["id"], "slug": made["slug"], "word": secrets[0].word, "tag": tag}
    return world.note(Item(kind, values, secrets[0].rule, secrets=secrets, **more))


def topic(world: World, audience: str, author: str = "Ines", language: str = "en") -> Item:
    """A topic with a translation, a tag, and a reply that was edited."""
    rule = of(audience)
    parts = parts_of("topic", language, "help")
    texts = ("title", "text", "tag", "translated title", "translated text", "earlier reply", "reply")
    secrets, (title, body, tag, titel, worte, first, now) = _texts(
        world, f"topic for {audience}", rule, *texts
    )
    robot = world.accounts[author].robot
    given = {
        "language": language, "title": f"Title {title}", "body": f"Text {body}.", "tags": [tag], "audience": audience,
        "category": "help",
    }  # fmt: skip
    made = robot.done("POST", "/topics", given)
    other = "en" if language == "de" else "de"
    robot.done(
        "PUT", f"/topics/{made['id']}/versions/{other}", {"title": f"Titel {titel}", "body": f"{worte}."}
    )
    post = robot.done("POST", f"/topics/{made['id']}/posts", {"body": f"First {first}."})
    robot.done("PATCH", f"/posts/{post['id']}", {"revision": post["revision"], "body": f"Now {now}."})
    values = {"id": post["id"], "word": now, "topic": made["id"]}
    world.note(Item("post", values, rule, audience, author=author, parts=parts, secrets=secrets[-2:]))
    return _noted(world, "topic", made, secrets, tag, audience=audience, author=author, parts=parts)


def article(
    world: World,
    audience: str,
    state: str = "published",
    author: str = "Ines",
    editor: str = "Edda",
    pictured: bool = False,
    language: str = "en",
) -> Item:
    """An article in a state of its review; `pictured`: with a picture."""
    parts = parts_of("article", language, "stories")
    rule = of(audience) if state == "published" else both(signed_in, of(audience))
    if state == "declined":
        rule = both(of(audience), either(world.only(author), board(audience, parts)))
    name = f"{state} article for {audience}"
    secrets, (title, summary, body, tag) = _texts(world, name, rule, "title", "summary", "text", "tag")
    robot = world.accounts[author].robot
    given = {
        "language": language, "title": f"Title {title}", "summary": f"Summary {summary}.", "body": f"Text {body}.",
        "category": "stories", "tags": [tag], "audience": audience,
        "picture_id": picture(world, author, f"picture of the {name}", rule).id if pictured else None,
    }  # fmt: skip
    path = f"/articles/{robot.done('POST', '/articles', given)['id']}"
    decider = world.accounts[author if group_of(audience) else editor].robot
    if state != "draft":
        robot.done("POST", f"{path}/submit")
    if step := {"returned": "return", "declined": "decline"}.get(state):
        secrets.append(world.secret(f"review of the {name}", rule))
        decider.done("POST", f"{path}/{step}", {"remark": f"Because {secrets[-1].word}."})
    elif state == "scheduled":
        decider.done("POST", f"{path}/schedule", {"at": (clock.now() + timedelta(days=9)).isoformat()})
    elif state == "published":
        decider.done("POST", f"{path}/publish")
    made = robot.done("GET", path)
    more = {"audience": audience, "state": state, "author": author, "parts": parts}
    return _noted(world, "article", made, secrets, tag, **more)


def proposal(world: World, item: Item, author: str) -> Item:
    """A change of a published article that waits for the board."""
    rule = both(of(item.audience), either(world.only(author), board(item.audience, item.parts)))
    secret = world.secret(f"proposed text of an article for {item.audience}", rule)
    robot = world.accounts[author].robot
    revision = robot.done("GET", f"/articles/{item.id}")["revision"]
    made = robot.done("PATCH", f"/articles/{item.id}", {"revision": revision, "body": f"New {secret.word}."})
    return world.note(Item("proposal", {"id": made["id"]}, rule, item.audience, secrets=[secret]))


def mentioning(world: World, audience: str, names: Iterable[str]) -> Item:
    """A topic of Ines, or in a group of Memo, with a reply that mentions these people."""
    author = "Memo" if audience in ("hidden", "closed") else "Ines"
    found = topic(world, world.audience(audience), author=author)
    secret = world.secret(f"a reply for {audience}", found.known)
    body = {"body": f"{secret.word}: look, {' '.join(f'@{name}' for name in names)}."}
    other = "Sofia" if author == "Memo" else "Otto"
    world.accounts[other].robot.done("POST", f"/topics/{found.id}/posts", body)
    return found


def held(world: World, audience: str, term: str, author: str = "Memo") -> Item:
    """A topic with a blocked term, which waits for review."""
    parts = parts_of("topic", "en", "help")
    rule = either(world.only(author), moderators(audience, parts))
    secrets, (title, body) = _texts(world, f"held topic for {audience}", rule, "title", "text")
    given = {
        "language": "en", "title": f"Title {title}", "body": f"Text {body}: {term}.", "audience": audience,
        "category": "help",
    }  # fmt: skip
    made = world.accounts[author].robot.done("POST", "/topics", given)
    values = {"id": made["id"], "word": title}
    return world.note(Item("held", values, rule, audience, author=author, parts=parts, secrets=secrets))


def event(
    world: World, audience: str, status: str = "confirmed", author: str = "Ines", language: str = "en"
) -> Item:
    """An event in thirty days."""
    texts = ("title", "text", "tag", "place", "venue", "link")
    secrets, (title, body, tag, place, venue, link) = _texts(
        world, f"{status} event for {audience}", of(audience), *texts
    )
    where = {"name": f"Town {place}", "country": "KE", "latitude": 1.0, "longitude": 36.0, "venue": venue}
    given = {
        "language": language, "title": f"Title {title}", "body": f"Text {body}.", "tags": [tag], "audience": audience,
        "start": f"{(clock.now() + timedelta(days=30)).date()}T18:00", "minutes": 90, "timezone": "UTC",
        "online_url": f"https://meet.test/{link}", "place": where,
    }  # fmt: skip
    robot = world.accounts[author].robot
    made = robot.done("POST", "/events", given)
    if status != "confirmed":
        robot.done("PATCH", f"/events/{made['id']}", {"revision": made["revision"], "status": status})
    more = {"audience": audience, "state": status, "author": author, "parts": parts_of("event", language)}
    return _noted(world, "event", made, secrets, tag, **more)


def picture(world: World, author: str, name: str, rule: Rule | None = None) -> Item:
    """A picture; without a `rule` one of its uploader alone."""
    secrets, (alt, who, licence, source) = _texts(
        world, name, rule or world.only(author), "description", "author", "licence", "source"
    )
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "PNG")
    given = {
        "alt": f"Seen {alt}", "author": f"By {who}", "licence": f"Under {licence}",
        "source": f"https://pictures.test/{source}", "base64": base64.b64encode(file.getvalue()).decode(),
    }  # fmt: skip
    made = world.accounts[author].robot.done("POST", "/uploads", given)
    for secret in secrets:
        secret.shown = rule is not None
    return world.note(Item("picture", {"id": made["id"], "word": alt}, secrets[0].rule, secrets=secrets))


def delete(world: World, item: Item, by: str) -> Item:
    """Delete something with a reason: then it is there for its author and its moderators."""
    staff = moderators(item.audience, item.parts)
    if item.kind == "article":
        staff = either(staff, board(item.audience, item.parts))
    rule = both(of(item.audience), either(world.only(item.author), staff))
    reason = world.secret(f"why the {item.kind} for {item.audience} was deleted", rule)
    path = f"/{item.kind}s/{item.id}?reason=other&note=Because+{reason.word}"
    world.accounts[by].robot.done("DELETE", path)
    item.known, item.state = rule, "deleted"
    for post in world.items_of("post"):
        if post.values["topic"] == item.id:
            post.known, post.state = both(of(item.audience), staff), "deleted"
    for secret in item.secrets:
        secret.rule, secret.shown = rule, False
        secret.what += " that was deleted"
    return item
