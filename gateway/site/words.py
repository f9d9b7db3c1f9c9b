"""The site's own words: its name, a line about it, the text of `/about`, and whether anyone may sign up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import cast

from flask import request
from markupsafe import Markup

from bus.rpc.context import within
from contracts.errors import SpaceError
from contracts.people import PeopleApi
from contracts.site import SiteState, SiteText
from core import languages
from core.audience import STRANGER
from gateway.cache.log_ends import LogEnds
from gateway.cache.rendering import ENVIRON
from gateway.i18n import messages
from gateway.limits.install import is_refused
from gateway.request_context import request_context, services, settings
from gateway.request_globals import extension, request_globals

SECONDS_TO_ASK = 1.0
SECONDS_AWAY = 2.0


class SiteWords:
    """The words as this process knows them, for pages that are made for one reader.

    An event of people ends them. While people does not reply, those that were known last count.
    """

    def __init__(self, ends: LogEnds | None, now: Callable[[], float] = monotonic) -> None:
        self._ends = ends
        self._kept: tuple[SiteState, int] | None = None
        self._last = SiteState()
        self._away_until = 0.0
        self._now = now

    def state(self, people: PeopleApi) -> SiteState:
        """The words as they are now. Raises nothing."""
        if self._ends is None:
            return self.ask(people) or self._last
        if self._now() < self._away_until:
            return self._last
        if not self._ends.prove(("people",)):
            self._away_until = self._now() + SECONDS_AWAY
            return self._last
        if self._kept is not None and not self._ends.changed_in("people", self._kept[1], {"site"}):
            return self._kept[0]
        end = self._ends.end("people")
        found = self.ask(people)
        self._kept = (found, end) if found is not None else None
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
            if self._ends is not None:
                self._away_until = self._now() + SECONDS_AWAY
            return None
        return found

    @property
    def last(self) -> SiteState:
        """The words that were known last."""
        return self._last


def site() -> SiteState:
    """The site's words, asked for once in a request."""
    mine = request_globals()
    if "site" not in mine:
        mine.site = _asked()
    return cast(SiteState, mine.site)


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
    return cast(SiteWords, extension("space.site_words"))
