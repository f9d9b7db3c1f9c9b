"""The site's own words: its name, a line about it, the text of `/about`, and whether anyone may sign up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import cast

from flask import current_app, g, request
from markupsafe import Markup

from bus.rpc.context import within
from contracts.common import Recorded
from contracts.errors import SpaceError
from contracts.people import PeopleApi
from contracts.site import SiteChanged, SiteState, SiteText
from core import languages
from core.audience import STRANGER
from gateway.cache.rendering import ENVIRON
from gateway.i18n import messages
from gateway.limits.install import is_refused
from gateway.log_proof import LogProof
from gateway.request_context import request_context, services, settings
from gateway.services import EventListener

SECONDS_TO_ASK = 1.0
SECONDS_AWAY = 2.0


class SiteWords:
    """The words as this process knows them, for pages that are made for one reader.

    An event drops them, and so do missed events. While people does not reply, those that were known last count.
    """

    def __init__(self, listener: EventListener, keep: bool, now: Callable[[], float] = monotonic) -> None:
        self._keep = keep
        self._kept: SiteState | None = None
        self._last = SiteState()
        self._changes = 0
        self._away_until = 0.0
        self._now = now
        self._proof = LogProof("people", self.forget, now)
        if keep:
            listener.listen(self._handle)

    def state(self, people: PeopleApi) -> SiteState:
        """The words as they are now. Raises nothing."""
        if not self._keep:
            return self.ask(people) or self._last
        if self._now() < self._away_until:
            return self._last
        try:
            with within(SECONDS_TO_ASK):
                self._proof.prove(people)
        except SpaceError:
            self._away_until = self._now() + SECONDS_AWAY
            return self._last
        if self._kept is not None:
            return self._kept
        changes = self._changes
        found = self.ask(people)
        if changes == self._changes:
            self._kept = found
        return found or self._last

    def ask(self, people: PeopleApi) -> SiteState | None:
        """What people says; None while it does not reply. Then it is not asked again for some seconds, since no page
        should wait for words."""
        if self._now() < self._away_until:
            return None
        try:
            with within(SECONDS_TO_ASK):
                found = self._last = people.site(STRANGER)
        except SpaceError:
            if self._keep:
                self._away_until = self._now() + SECONDS_AWAY
            return None
        return found

    @property
    def last(self) -> SiteState:
        """The words that were known last."""
        return self._last

    def forget(self) -> None:
        """Ask for them anew."""
        self._changes += 1
        self._kept = None

    def doubt(self) -> None:
        """Ask people for news before what is kept counts again."""
        self._proof.doubt()

    def _handle(self, event: Recorded) -> None:
        if self._proof.is_new(event) and event.type == SiteChanged.type:
            self.forget()


def site() -> SiteState:
    """The site's words, asked for once in a request."""
    if not hasattr(g, "site"):
        g.site = _asked()
    return cast(SiteState, g.site)


def site_name() -> str:
    """The site's name: what administrators call it, else the operator's."""
    return site().name or settings().site_name


def tagline() -> Markup:
    """The site's name and a line about it, in the reader's language where there is one."""
    own = in_readers_language(site().taglines)
    if own is None:
        return messages.markup("space-frame-tagline", request_context().language, site_name())
    language = languages.language(own.language)
    return Markup('{} – <span lang="{}" dir="{}">{}</span>').format(
        site_name(), language.bcp47, language.dir, own.text
    )


def in_readers_language(texts: Sequence[SiteText]) -> SiteText | None:
    """That of several texts which the reader gets; None if there is none."""
    if not texts:
        return None
    by_language = {text.language: text for text in texts}
    wanted = request_context().viewer.languages
    return by_language[languages.choose(by_language, wanted, texts[0].language)]


def _asked() -> SiteState:
    if is_refused():
        return _words().last
    if ENVIRON not in request.environ:
        return _words().state(services().people)
    # A page that is kept notes by the call that it was made from the words, and goes when they change.
    found = _words().ask(services().people)
    if found is None:
        request_context().missing.append("people")
    return found or _words().last


def _words() -> SiteWords:
    return cast(SiteWords, current_app.extensions["space.site_words"])
