"""Inline rules of the parser for what Markdown does not have: wiki links and bare URLs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from core import languages

# Noncharacters that stand for `|` and `\|` in wiki links while blocks are parsed; a table would split its row there.
_BAR, _ESCAPED_BAR = "\ufdd0", "\ufdd1"
_BRACKETS = re.compile(r"\[\[[^\[\]\n]{1,600}\]\]")
_WIKI_LINK = re.compile(
    rf"\[\[([^\[\]\n|{_BAR}{_ESCAPED_BAR}]{{1,300}})(?:[|{_BAR}{_ESCAPED_BAR}]([^\[\]\n]{{1,300}}))?\]\]"
)
_BARS = re.compile(rf"[|{_BAR}{_ESCAPED_BAR}]")
_OTHER_LANGUAGE = re.compile(r"^:([A-Za-z][A-Za-z-]{1,30}):(.+)$")

# The namespace of files in MediaWiki's languages with the most speakers; `File:` is understood by every wiki.
_FILE = re.compile(
    r"^(file|image|datei|bild|fichier|archivo|imagen|ficheiro|imagem|immagine|bestand|afbeelding|plik|grafika|файл|"
    r"изображение|зображення|датотека|слика|soubor|fil|tiedosto|kuva|fájl|kép|fișier|imagine|ملف|صورة|پرونده|تصویر|"
    r"קובץ|תמונה|文件|档案|檔案|图像|圖像|ファイル|画像|파일|그림|चित्र|छवि|"
    r"tập tin|hình|dosya|resim|berkas|gambar|fitxer|imatge)"
    r"\s*:\s*(?=\S)",
    re.IGNORECASE,
)
# https://www.mediawiki.org/wiki/Help:Images; every wiki understands these English names.
_FILE_OPTION = re.compile(
    r"thumb|thumbnail|frame|framed|frameless|border|left|right|center|centre|none|baseline|sub|super|top|text-top|"
    r"middle|bottom|text-bottom|upright|\d*x?\d+\s*px|(alt|link|lang|page|class|upright|thumb|thumbnail|start|end)\s*=.*",
    re.IGNORECASE | re.DOTALL,
)

# A bare URL ends at white space, at characters that URLs can't contain, and at punctuation of scripts without spaces.
_ADDRESS = re.compile(r"://[^\s<>\"`\\^{}|\[\]　、。〈〉《》「」『』【】（），！？；：]{3,2000}")
# The punctuation of a sentence, in any script, belongs to a URL only inside it.
_SENTENCE_END = ".,:;!?'*_~…’‘“”»«›‹،؛؟۔।॥։។၊။።၏།"
# Where a character of a script without spaces follows directly, another word begins, except in the name of a wiki page.
_NEXT_WORD = re.compile(
    r"(?<=[A-Za-z0-9])[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
_PAGE_NAME = re.compile(r"/wiki/|[?&]title=")


def hide_bars(state: StateCore) -> None:
    """Core rule before blocks are parsed: a bar in a wiki link is no border of a table's cell."""
    state.src = _BRACKETS.sub(
        lambda found: found[0].replace("\\|", _ESCAPED_BAR).replace("|", _BAR), state.src
    )


def show_bars(tokens: list[Token]) -> None:
    """Undo `hide_bars` in what was not a wiki link, such as code."""
    for token in tokens:
        token.content = _shown(token.content)
        token.info = _shown(token.info)
        for name, value in token.attrs.items():
            token.attrs[name] = _shown(value) if isinstance(value, str) else value
        show_bars(token.children or [])


def has_hidden_bars(text: str) -> bool:
    """Whether `hide_bars` changed a text."""
    return _BAR in text or _ESCAPED_BAR in text


def _shown(text: str) -> str:
    return text.replace(_BAR, "|").replace(_ESCAPED_BAR, "\\|")


def wiki_link(state: StateInline, silent: bool) -> bool:
    """Inline rule for ``[[Page]]``, ``[[Page|label]]``, ``[[:xx:Page]]`` and ``[[File:x.jpg|thumb|caption]]``.

    A file becomes a link to its page: a picture of another host would reveal the reader to it.
    """
    if state.linkLevel > 0 or not (found := _WIKI_LINK.match(state.src, state.pos, state.posMax)):
        return False
    page, label = found[1].strip(), (found[2] or "").strip()
    pattern, language, attrs = state.env.get("wiki_url", ""), state.env.get("language", ""), {}
    if other := _OTHER_LANGUAGE.match(page):
        try:
            attrs["hreflang"] = languages.language(other[1]).bcp47
        except ValueError:
            pass  # ":Category:Births" links to a page of the same wiki, as in MediaWiki
        else:
            # Uses the code as typed: some wikis have another code in their host than Space uses (nb: no.wikipedia.org).
            language, page, pattern = other[1].lower(), other[2].strip(), state.env.get("wiki_url_for", "")
    shown_as_link = page.startswith(":")
    page = page.removeprefix(":").strip()
    if not page:
        return False
    meta = {}
    if not shown_as_link and (file := _FILE.match(page)):
        label, meta = _caption(label) or page[file.end() :], {"file": True}
    if not silent:
        title = quote(re.sub(r"\s+", "_", page), safe="/:()*!,;@#")
        attrs["href"] = pattern.replace("$lang", language).replace("$1", title)
        attrs |= {"class": "wiki-link", "dir": "auto"}
        push_link(state, _shown(label) or page, attrs, meta)
    state.pos = found.end()
    return True


def _caption(parameters: str) -> str:
    """The caption among the parameters of a file: the last one that is no option, as in MediaWiki."""
    parts = [part.strip() for part in _BARS.split(parameters)]
    return next((part for part in reversed(parts) if part and not _FILE_OPTION.fullmatch(part)), "")


def bare_address(state: StateInline, silent: bool) -> bool:
    """Inline rule for a URL without markup around it."""
    pos, source = state.pos, state.src
    if state.linkLevel > 0 or not source.startswith("://", pos):
        return False
    scheme = next(
        (each for each in ("https", "http") if source[max(0, pos - 5) : pos].lower().endswith(each)), None
    )
    if scheme is None or not (found := _ADDRESS.match(source, pos, state.posMax)):
        return False
    start = pos - len(scheme)
    # "xhttps" is another scheme; before it there may be a letter of a script that needs no space.
    if start > 0 and source[start - 1].isascii() and source[start - 1].isalnum():
        return False
    address = source[start : _end_of_address(source, pos, found.end())]
    href = state.md.normalizeLink(address)
    if len(address) < len(scheme) + 4 or not state.md.validateLink(href):
        return False
    if not silent:
        if not state.pending.endswith(source[start:pos]):
            return False
        state.pending = state.pending[: -len(scheme)]
        push_link(state, state.md.normalizeLinkText(address), {"href": href, "dir": "ltr"}, {})
    state.pos = start + len(address)
    return True


def _end_of_address(source: str, start: int, end: int) -> int:
    """The end of a URL without the word, full stop, quotation mark or bracket that follows it in its sentence."""
    word = _NEXT_WORD.search(source, start + 3, end)
    if word is not None and not _PAGE_NAME.search(source, start, word.start()):
        end = word.start()
    while end > start:
        last = source[end - 1]
        unbalanced = last == ")" and source.count(")", start, end) > source.count("(", start, end)
        if last not in _SENTENCE_END and not unbalanced:
            break
        end -= 1
    return end


def push_link(state: StateInline, text: str, attrs: dict[str, Any], meta: dict[str, Any]) -> None:
    """Add a link with a text to the tokens."""
    opening = state.push("link_open", "a", 1)
    opening.attrs, opening.meta, opening.info = dict(attrs), meta, "own"
    state.push("text", "", 0).content = text
    state.push("link_close", "a", -1)
