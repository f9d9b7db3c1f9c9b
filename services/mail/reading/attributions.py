"""The line with which mail programs say who is quoted ("On 1 January, Anna wrote:"), in the languages that they speak.

A line is one only if it has what a program fills in: a date or a time with a verb, or an address with either. So a
sentence that somebody wrote before a quote stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.mail.reading import limits

_VERBS = {
    "af": ("geskryf", "skryf"),
    "ar": ("كتب", "كتبت", "كتب/ت", "كتبت/كتب", "تمت كتابة ما يلي", "كتابة"),
    "az": ("yazdı", "yazmışdır"),
    "be": ("напісаў", "напісала", "піша"),
    "bg": ("написа", "писа"),
    "bn": ("লিখেছেন", "লিখেছে"),
    "ca": ("va escriure", "ha escrit", "missatge de", "escrigué"),
    "cs": ("napsal", "napsala", "napsal(a)", "píše"),
    "cy": ("ysgrifennodd", "ysgrifennwyd"),
    "da": ("skrev", "skrevet"),
    "de": ("schrieb", "schrieben", "geschrieben", "hat geschrieben"),
    "el": ("έγραψε", "έγραψαν"),
    "en": ("wrote", "writes", "said", "has written"),
    "eo": ("skribis",),
    "es": ("escribió", "escribio", "ha escrito"),
    "et": ("kirjutas", "kirjutatud"),
    "eu": ("idatzi du", "igorleak hau idatzi du", "idatzi zuen"),
    "fa": ("نوشت", "نوشته است", "نوشته"),
    "fi": ("kirjoitti", "kirjoittaa"),
    "fr": ("a écrit", "écrit", "a ecrit", "écrivait"),
    "ga": ("scríobh",),
    "gl": ("escribiu",),
    "gu": ("લખ્યું",),
    "he": ("כתב", "כתבה", "כתב/ה", "כתב‪/‬ה", "מאת"),
    "hi": ("ने लिखा", "लिखा"),
    "hr": ("je napisao", "je napisala", "je napisao/la", "napisao je", "napisao/la", "piše"),
    "hu": ("ezt írta", "írta"),
    "hy": ("գրել է", "գրեց"),
    "id": ("menulis",),
    "is": ("skrifaði", "ritaði"),
    "it": ("ha scritto", "scrive", "scritto"),
    "ja": (
        "のメール",
        "のメッセージ",
        "さんは書きました",
        "さんが書きました",
        "が書きました",
        "は書きました",
        "写道",
        "wrote",
    ),
    "ka": ("დაწერა",),
    "kk": ("жазды",),
    "kn": ("ಅವರು ಬರೆದಿದ್ದಾರೆ", "ಬರೆದಿದ್ದಾರೆ"),
    "ko": ("님이 작성", "작성", "님이 쓴 글", "썼습니다", "wrote"),
    "lt": ("rašė", "parašė"),
    "lv": ("rakstīja", "uzrakstīja"),
    "mk": ("напиша",),
    "ml": ("എഴുതി",),
    "mr": ("ने लिहिले", "लिहिले"),
    "ms": ("menulis", "tulis"),
    "nb": ("skrev", "skreiv", "skrev følgende"),
    "nl": ("schreef", "geschreven", "het volgende geschreven"),
    "pl": ("napisał", "napisała", "napisał(a)", "pisze"),
    "pt": ("escreveu", "escreveram"),
    "ro": ("a scris",),
    "ru": ("написал", "написала", "написал(а)", "пишет", "писал", "писал(а)", "писали"),
    "sk": ("napísal", "napísala", "napísal(a)"),
    "sl": ("je napisal", "je napisala", "je napisal/-a", "napisal", "je oseba"),
    "sq": ("shkroi",),
    "sr": ("је написао", "је написала", "је написао/ла", "написао", "je napisao"),
    "sv": ("skrev",),
    "sw": ("aliandika", "ameandika"),
    "ta": ("எழுதியது", "எழுதினார்"),
    "te": ("ఇలా రాసారు", "రాశారు"),
    "th": ("เขียนว่า", "เขียน"),
    "tl": ("sinulat", "isinulat ni", "ay sumulat"),
    "tr": ("yazdı", "şunu yazdı", "şunları yazdı"),
    "uk": ("написав", "написала", "написав(ла)", "пише"),
    "ur": ("نے لکھا", "لکھا"),
    "vi": ("đã viết", "viết"),
    "zh": ("写道", "寫道", "写到", "寫到", "撰写", "撰寫", "写了", "wrote"),
}
"""What says "wrote", as mail programs have it, by language."""

_ALL = sorted({verb for verbs in _VERBS.values() for verb in verbs}, key=len, reverse=True)
_WITHOUT_SPACES = re.compile("[\u0e00-\u0e7f\u3040-\uffdc]")
_VERB = re.compile(
    "|".join(
        re.escape(verb) if _WITHOUT_SPACES.search(verb) else rf"(?<!\w){re.escape(verb)}(?!\w)"
        for verb in _ALL
    ),
    re.IGNORECASE,
)
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069*_\\\\]")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_END = re.compile(r"(?:[:：][\s\"'“”]*|\s-{2,4}\s*)$")
_ADDRESS = re.compile(r"[^\s<>()\[\]:]{1,64}@[^\s<>()\[\]:]{1,190}")
_IN_BRACKETS = re.compile(rf"[<(\[]\s?(?:mailto:)?{_ADDRESS.pattern}\s?[>)\]]")
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.hH時时點点시]\s?\d{2}(?!\d)")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_DAY = re.compile(r"(?<![\d:.])\d{1,2}(?![\d:])")
_NUMERIC_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{4}[./-]\s?\d{1,2}[./-]\s?\d{1,2})(?!\d)"
)
_DATED_ADDRESS = re.compile(rf"{_NUMERIC_DATE.pattern}[^<>]{{0,200}}<{_ADDRESS.pattern}>:?")
"""How Gmail wrote it in earlier years."""
_MAY_END = re.compile("[:：>-]")
_TAIL = 12
_SHORTEST, _LONGEST = 8, 300
MOST_LINES = 4
"""Over so many lines a program's line is wrapped."""


def is_attribution(text: str) -> bool:
    """Whether a line right before a quote is a mail program's, and names who is quoted."""
    if not _MAY_END.search(text[-_TAIL:]):
        return False
    line = _unmarked(text)
    if not _SHORTEST <= len(line) <= _LONGEST:
        return False
    if not _END.search(line):
        return _DATED_ADDRESS.fullmatch(line) is not None
    time, date, verb = bool(_TIME.search(line)), _has_date(line), bool(_VERB.search(line))
    if _ADDRESS.search(line):
        return time or date or (verb and bool(_IN_BRACKETS.search(line)))
    return (verb and (time or date)) or (time and date)


def is_certain(text: str) -> bool:
    """Whether it is one also where no mark shows what it quotes: it has a date, a time and an address."""
    if "@" not in text or not _MAY_END.search(text[-_TAIL:]) or len(text) > _LONGEST * 2:
        return False
    line = _unmarked(text)
    addressed = _IN_BRACKETS.search(line) and _TIME.search(line)
    return bool(addressed) and (_has_date(line) or bool(_VERB.search(line))) and is_attribution(text)


def attribution_length(texts: Sequence[str]) -> int:
    """Of how many of the last lines an attribution is made, 0 if they are none.

    The fewest lines that are one, but more where these lack the date or the time that the lines above have.
    """
    fewest = 0
    for length in range(1, min(MOST_LINES, len(texts)) + 1):
        part = texts[len(texts) - length :]
        if not part[0].strip():
            break
        joined = " ".join(part)
        if is_attribution(joined):
            fewest = fewest or length
            line = _unmarked(joined)
            if _TIME.search(line) and _has_date(line):
                return length
    return fewest


def plain(text: str) -> str:
    """A line without emphasis, marks of direction, dashes around it and needless spaces."""
    return _unmarked(text).strip("-").strip()


def _has_date(line: str) -> bool:
    return bool(_NUMERIC_DATE.search(line) or (_YEAR.search(line) and _DAY.search(line)))


def _unmarked(text: str) -> str:
    return _SPACES.sub(" ", _MARKS.sub("", text)).strip() if len(text) <= limits.LONGEST_LINE * 2 else ""
