"""Earlier texts of articles, topics, posts and events: what their histories have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from contracts.common import CLEAN_TEXT, Command, Event, View


class Withhold(Command):
    """Why a text is withheld; everybody who may read the history may read the reason."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), CLEAN_TEXT]


class Withheld(View):
    """That a text is withheld, by whom and why. It is shown to moderators alone; for others it is empty."""

    reason: str
    by_id: str
    at: AwareDatetime


class Withholdable(View):
    """What the view of an earlier text says of its being withheld: then its text is shown to moderators alone. Whether
    the viewer may withhold it (`may_withhold`) or show it again (`may_show_again`)."""

    withheld: Withheld | None = None
    may_withhold: bool = False
    may_show_again: bool = False


class TextRevision(Withholdable):
    """One text of a history, in one language: an earlier one, or the one that is shown now. `by_id` wrote it at the
    time `at`."""

    revision: int
    language: str
    title: str
    body: str
    by_id: str
    at: AwareDatetime


class RevisionEvent(Event):
    """A text of a history was withheld, or is shown again. Whoever has copies of `item` at `revision` should act on
    it."""

    item: str
    item_audience: str
    language: str
    revision: int
    by_id: str

    def subject(self) -> str:
        return self.item

    def audience(self) -> str:
        return self.item_audience
