"""Languages: names, directions, fallback chains, and which version of a text a reader gets.

The list (some 870 languages with script and autonym) is Wikimedia's own, ``@wikimedia/language-data``; the
fallback chains are MediaWiki's, as ``banana-i18n`` carries them. Both are installed by ``make setup`` below
``node_modules`` (or the folder that ``SPACE_VENDOR`` names) and are read once, at first use.

A *code* is MediaWiki's: lower case, hyphens (``pt-br``, ``zh-hans``). ``Language.bcp47`` is what HTML's
``lang`` attribute and ``Accept-Language`` want.
"""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

Direction = Literal["ltr", "rtl"]

# Codes that were renamed; only the new one is ever stored, so that one language is one code. Sources:
# LanguageCode::DEPRECATED_LANGUAGE_CODE_MAPPING in MediaWiki; withdrawn codes of ISO 639 (iw, in, ji) that
# Java, and so older Android, still sends.
_RENAMED = {
    "als": "gsw", "bat-smg": "sgs", "be-x-old": "be-tarask", "fiu-vro": "vro", "roa-rup": "rup",
    "zh-classical": "lzh", "zh-min-nan": "nan", "zh-yue": "yue",
    "iw": "he", "in": "id", "ji": "yi",
}  # fmt: skip

# MediaWiki codes whose BCP 47 form is not a matter of case alone.
# Source: LanguageCode::NON_STANDARD_LANGUAGE_CODE_MAPPING in MediaWiki.
_BCP47 = {
    "cbk-zam": "cbk", "crh-ro": "crh-Latn-RO", "de-formal": "de-x-formal", "eml": "egl",
    "es-formal": "es-x-formal", "hu-formal": "hu-x-formal", "map-bms": "jv-x-bms", "mo": "ro-Cyrl-MD",
    "nl-informal": "nl-x-informal", "nrm": "nrf", "roa-tara": "nap-x-tara", "simple": "en-simple",
    "sr-ec": "sr-Cyrl", "sr-el": "sr-Latn", "zh-cn": "zh-Hans-CN", "zh-sg": "zh-Hans-SG",
    "zh-my": "zh-Hans-MY", "zh-tw": "zh-Hant-TW", "zh-hk": "zh-Hant-HK", "zh-mo": "zh-Hant-MO",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """One language: MediaWiki's ``code``, its name in itself, direction, ISO 15924 script, BCP 47 tag."""

    code: str
    autonym: str
    dir: Direction
    script: str
    bcp47: str


def normalise(code: str) -> str:
    """The one code under which a language is stored, from any usual spelling of it.

    Takes any case, underscores, BCP 47 forms and MediaWiki's former codes: ``pt_BR`` → ``pt-br``,
    ``zh-Hans-CN`` → ``zh-cn``, ``zh-yue`` → ``yue``. Raises ``ValueError`` for a code that is no language.
    """
    spelled = code.strip().lower().replace("_", "-")
    spelled = _RENAMED.get(spelled, spelled)
    spelled = _codes_by_bcp47().get(spelled, spelled)
    if spelled not in _records():
        raise ValueError(
            f"{code[:40]!r} is not a known language code: give one such as 'es', 'pt-br' or 'zh-hant'"
        )
    return spelled


def is_language(code: str) -> bool:
    """Whether ``code`` is a language's code exactly as it is stored (what ``normalise`` gives back)."""
    return code in _languages()


def language(code: str) -> Language:
    """The language of a code in any spelling; ``ValueError`` if there is none."""
    return _languages()[normalise(code)]


def direction(code: str) -> Direction:
    """``rtl`` or ``ltr``: how the language's script runs."""
    return language(code).dir


def autonym(code: str) -> str:
    """The language's name in itself, such as ``español`` or ``עברית``."""
    return language(code).autonym


def all_languages() -> tuple[Language, ...]:
    """Every language, in the order of their codes."""
    return tuple(_languages().values())


def fallbacks(code: str) -> tuple[str, ...]:
    """The codes to try when there is nothing in ``code``, as MediaWiki has them; the last is ``en``.

    English itself has none.
    """
    if normalise(code) == "en":
        return ()
    return _with_english(explicit_fallbacks(code))


def explicit_fallbacks(code: str) -> tuple[str, ...]:
    """The chain that MediaWiki states for the language, without the English that ends every interface chain.

    English is right for an interface text that must be shown in some language, but not for what people
    wrote: there the original is better than a translation the reader did not ask for.
    """
    code = normalise(code)
    chains = _chains()
    if code in chains:
        return chains[code]
    record = _records()[code]
    if len(record) == 1:  # a second code for a language that is listed under another one
        target = normalise(record[0])
        return tuple(each for each in (target, *chains.get(target, ())) if each != code)
    return ()


def choose(available: Collection[str], wanted: Sequence[str] | str, original: str) -> str:
    """The version of a text that a reader gets: which of the ``available`` languages.

    ``wanted`` is the reader's language, or several with the dearest first. Each is tried itself, then along
    its explicit fallback chain, then as the language without its variant (``zh-hant`` reads ``zh``). If
    nothing fits it is the ``original``: never an English translation that nobody asked for.
    """
    for want in (wanted,) if isinstance(wanted, str) else wanted:
        if want in available:
            return want
        for code in _content_chain(want):
            if code in available:
                return code
    return original


def original_first(codes: Collection[str], original: str) -> list[str]:
    """Language codes with the original's in front, the others by their letters."""
    return [original, *sorted(code for code in codes if code != original)]


def negotiate(accept_language: str | None, offered: Collection[str]) -> str | None:
    """The one of the ``offered`` languages that an ``Accept-Language`` header asks for, or None.

    As RFC 4647's *lookup*: languages by their weight; each is shortened from its end (``es-MX`` → ``es``),
    and then its fallback chain is tried before the next one's turn. Malformed parts are passed over.
    """
    for tag in _by_weight(accept_language or ""):
        for code in _spellings(tag):
            if code in offered:
                return code
            if code in _languages():
                found = next((chained for chained in _content_chain(code) if chained in offered), None)
                if found is not None:
                    return found
    return None


def _by_weight(header: str) -> list[str]:
    """The tags of an Accept-Language header, heaviest first, without those refused by ``q=0``."""
    weighted: list[tuple[float, str]] = []
    for part in header[:1000].split(","):
        tag, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        if tag and tag != "*" and 0 < weight <= 1:
            weighted.append((weight, tag))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]


def _spellings(tag: str) -> list[str]:
    """The codes to look up for a tag: itself, then shorter and shorter, as far as they are languages."""
    parts = tag.replace("_", "-").split("-")
    codes = []
    for length in range(min(len(parts), 5), 0, -1):
        try:
            codes.append(normalise("-".join(parts[:length])))
        except ValueError:
            continue
    return codes


@lru_cache(maxsize=4096)  # bounded: `wanted` comes from requests
def _content_chain(code: str) -> tuple[str, ...]:
    try:
        chain = explicit_fallbacks(code)
    except ValueError:
        return ()  # not a language: a request may ask for anything
    base = code.partition("-")[0]
    return (*chain, base) if base != code and base not in chain else chain


def _with_english(chain: tuple[str, ...]) -> tuple[str, ...]:
    return chain if "en" in chain else (*chain, "en")


@cache
def _languages() -> Mapping[str, Language]:
    data = _language_data()
    rtl = set(data["rtlscripts"])
    found = {}
    for code, record in sorted(_records().items()):
        if normalise(code) != code:
            continue  # another spelling of a language that is listed
        script, _, name = data["languages"][record[0]] if len(record) == 1 else record
        found[code] = Language(code, name, "rtl" if script in rtl else "ltr", script, _to_bcp47(code))
    return found


def _to_bcp47(code: str) -> str:
    if code in _BCP47:
        return _BCP47[code]
    first, *rest = code.split("-")
    # BCP 47's customary case: a script of four letters in title case, a region of two in upper case.
    cased = [part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part for part in rest]
    return "-".join([first, *cased])


@cache
def _codes_by_bcp47() -> Mapping[str, str]:
    """From lower-case BCP 47 tags back to the codes of ``_BCP47``, where the tag is no code of its own."""
    return {tag.lower(): code for code, tag in _BCP47.items() if code.startswith(("sr-", "zh-", "crh-"))}


@cache
def _records() -> Mapping[str, list[Any]]:
    """Code → [script, regions, autonym], or → [another code] where it is a second name of that."""
    records: dict[str, list[Any]] = _language_data()["languages"]
    return records


@cache
def _language_data() -> Mapping[str, Any]:
    data: dict[str, Any] = _read("@wikimedia/language-data/data/language-data.json")
    return data


@cache
def _chains() -> Mapping[str, tuple[str, ...]]:
    return {code: tuple(chain) for code, chain in _read("banana-i18n/src/languages/fallbacks.json").items()}


def _read(name: str) -> dict[str, Any]:
    folder = Path(os.environ.get("SPACE_VENDOR") or Path(__file__).resolve().parent.parent / "node_modules")
    try:
        content: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RuntimeError(f"{folder / name} is missing: run `make setup`") from None
    return content
