"""How people are called on pages and in feeds."""

from __future__ import annotations

from contracts.people import PersonCard
from gateway.i18n.messages import message

_VANISHED = "vanished-"


def shown_name(card: PersonCard, lang: str) -> str:
    """The name to show for a person, in `lang` if they have vanished: it is a number then."""
    if card.vanished:
        return message("space-people-vanished", lang, card.name.removeprefix(_VANISHED))
    return card.shown_name or card.display_name or card.name
