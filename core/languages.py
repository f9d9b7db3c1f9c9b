"""Languages: names, directions, fallback chains, and the choice of a text's version for a reader.

The list (some 870 languages with script and autonym) is Wikimedia's ``@wikimedia/language-data``; the fallback chains
are MediaWiki's, from ``banana-i18n``. ``make setup`` installs both below ``node_modules`` (or the folder that
``SPACE_VENDOR`` names). They are read once, at first use.

A *code* is a MediaWiki language code: lower case, with hyphens (``pt-br``, ``zh-hans``). HTML's ``lang`` attribute and
``Accept-Language`` use BCP 47 tags instead: ``Language.bcp47``.
"""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

Direction = Literal["ltr", "rtl"]

# Codes that were renamed; only the new one is stored, so that each language has one code. Sources:
# LanguageCode::DEPRECATED_LANGUAGE_CODE_MAPPING in MediaWiki; the withdrawn ISO 639 codes iw, in and ji, which Java,
# and so older Android, still sends.
_RENAMED = {
    "als": "gsw", "bat-smg": "sgs", "be-x-old": "be-tarask", "fiu-vro": "vro", "roa-rup": "rup",
    "zh-classical": "lzh", "zh-min-nan": "nan", "zh-yue": "yue",
    "iw": "he", "in": "id", "ji": "yi",
}  # fmt: skip

# MediaWiki codes whose BCP 47 form is not a matter of case alone.
# Source: LanguageCode::NON_STANDARD_LANGUAGE_CODE_MAPPING in MediaWiki.
_BCP47 = {
    "tokipona": "tok",
    "cbk-zam": "cbk", "crh-ro": "crh-Latn-RO", "de-formal": "de-x-formal", "eml": "egl",
    "es-formal": "es-x-formal", "hu-formal": "hu-x-formal", "map-bms": "jv-x-bms", "mo": "ro-Cyrl-MD",
    "nl-informal": "nl-x-informal", "nrm": "nrf", "roa-tara": "nap-x-tara", "simple": "en-simple",
    "sr-ec": "sr-Cyrl", "sr-el": "sr-Latn", "zh-cn": "zh-Hans-CN", "zh-sg": "zh-Hans-SG",
    "zh-my": "zh-Hans-MY", "zh-tw": "zh-Hant-TW", "zh-hk": "zh-Hant-HK", "zh-mo": "zh-Hant-MO",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """One language: MediaWiki's ``code``, its name in the language itself, direction, ISO 15924 script, BCP 47 tag."""

    code: str
    autonym: str
    dir: Direction
    script: str
    bcp47: str


def normalise(code: str) -> str:
    """The code under which a language is stored, from any usual spelling of it.

    Accepts any case, underscores, BCP 47 tags and MediaWiki's former codes: ``pt_BR`` → ``pt-br``, ``zh-Hans-CN`` →
    ``zh-cn``, ``zh-yue`` → ``yue``. Raises ``ValueError`` for an unknown language.
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
    """Whether ``code`` is a language code in the form in which it is stored (as ``normalise`` returns it)."""
    return code in _languages()


def language(code: str) -> Language:
    """The language of a code in any spelling. Raises ``ValueError`` for an unknown language."""
    return _languages()[normalise(code)]


def direction(code: str) -> Direction:
    """``rtl`` or ``ltr``: the direction of the language's script."""
    return language(code).dir


def autonym(code: str) -> str:
    """The language's name in the language itself, such as ``español`` or ``עברית``."""
    return language(code).autonym


def all_languages() -> tuple[Language, ...]:
    """Every language, ordered by code."""
    return tuple(_languages().values())


def fallbacks(code: str) -> tuple[str, ...]:
    """MediaWiki's fallback chain of ``code`` for interface texts; it ends with ``en``. Empty for English itself."""
    if normalise(code) == "en":
        return ()
    return _with_english(explicit_fallbacks(code))


def explicit_fallbacks(code: str) -> tuple[str, ...]:
    """MediaWiki's fallback chain without the English that ends every chain for interface texts.

    This is the chain for what people wrote. There English comes after the chains of all of the reader's languages
    (`choose`), not after the first.
    """
    code = normalise(code)
    chains = _chains()
    if code in chains:
        return chains[code]
    record = _records()[code]
    if len(record) == 1:  # an alias of another code
        target = normalise(record[0])
        return tuple(each for each in (target, *chains.get(target, ())) if each != code)
    return ()


def choose(available: Collection[str], wanted: Sequence[str] | str, original: str) -> str:
    """The language version of a text that a reader gets, out of the ``available`` ones.

    ``wanted`` is the reader's language, or several, preferred first. For each, the language itself is tried, then its
    explicit fallback chain, then the language without its variant (``zh`` for ``zh-hant``). At last comes English, with
    which every chain of MediaWiki ends: more readers understand it than any other original. If that is not available
    either, or no language is wanted, the result is ``original``.
    """
    codes = (wanted,) if isinstance(wanted, str) else wanted
    for want in codes:
        if want in available:
            return want
        for code in _content_chain(want):
            if code in available:
                return code
    return "en" if codes and "en" in available else original


def original_first(codes: Collection[str], original: str) -> list[str]:
    """Language codes with the original's first and the others in alphabetical order."""
    return [original, *sorted(code for code in codes if code != original)]


def negotiate(accept_language: str | None, offered: Collection[str]) -> str | None:
    """The language among ``offered`` that fits an ``Accept-Language`` header best, or None.

    Follows the *lookup* scheme of RFC 4647, section 3.4: tags are tried by weight, each also shortened from its end
    (``es-MX`` → ``es``). After each tag its fallback chain is tried, which the RFC leaves open. Malformed parts are
    ignored.
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
    """The tags of an Accept-Language header by descending weight, without those excluded by ``q=0``."""
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
    """The codes to look up for a tag: the tag itself, then shortened step by step; only known languages."""
    parts = tag.replace("_", "-").split("-")
    codes = []
    for length in range(min(len(parts), 5), 0, -1):
        try:
            codes.append(normalise("-".join(parts[:length])))
        except ValueError:
            continue
    return codes


def broader(code: str) -> tuple[str, ...]:
    """The languages that a stored code is of, the broadest first and itself last, as BCP 47 tags begin: ``zh``,
    ``zh-hant`` and ``zh-tw`` for ``zh-tw``, whose tag is ``zh-Hant-TW``. A code that is none is of itself alone."""
    return _broader().get(code, (code,))


def narrower(code: str) -> tuple[str, ...]:
    """The languages that are of a stored code, itself among them: those whose `broader` has it."""
    return _narrower().get(code, (code,))


@lru_cache(maxsize=4096)  # bounded, since the codes come from requests
def _content_chain(code: str) -> tuple[str, ...]:
    try:
        chain = explicit_fallbacks(code)
    except ValueError:
        return ()  # an unknown language: requests may contain anything
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
            continue  # another spelling of a listed language
        script, _, name = data["languages"][record[0]] if len(record) == 1 else record
        found[code] = Language(code, name, "rtl" if script in rtl else "ltr", script, _to_bcp47(code))
    return found


@cache
def _broader() -> Mapping[str, tuple[str, ...]]:
    by_tag = {each.bcp47.lower(): code for code, each in _languages().items()}
    found = {}
    for code, each in _languages().items():
        parts = each.bcp47.lower().split("-")
        beginnings = ("-".join(parts[:length]) for length in range(1, len(parts)))
        found[code] = (*(by_tag[tag] for tag in beginnings if tag in by_tag), code)
    return found


@cache
def _narrower() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for code, wider in _broader().items():
        for each in wider:
            found.setdefault(each, []).append(code)
    return {code: tuple(each) for code, each in found.items()}


def _to_bcp47(code: str) -> str:
    if code in _BCP47:
        return _BCP47[code]
    first, *rest = code.split("-")
    # The case that RFC 5646, section 2.1.1, recommends: title case for scripts (4 letters), upper case for regions (2).
    cased = [part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part for part in rest]
    return "-".join([first, *cased])


@cache
def _codes_by_bcp47() -> Mapping[str, str]:
    """The codes of ``_BCP47`` by lower-case BCP 47 tag, for tags that are not codes of other languages."""
    return {tag.lower(): code for code, tag in _BCP47.items() if code.startswith(("sr-", "zh-", "crh-"))}


@cache
def _records() -> Mapping[str, list[Any]]:
    """For each code ``[script, regions, autonym]``, or ``[another code]`` for an alias."""
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
