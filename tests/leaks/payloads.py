"""Markup that somebody would like others' browsers to run, and a parser that finds what of it came through."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from tests.leaks.site import Answer

WORD = "zqxss"
PAYLOADS = (
    f"<script>{WORD}()</script>",
    f'"><img src=x onerror={WORD}()>',
    f"'><svg onload={WORD}()>",
    f"[x](javascript:{WORD}())",
    f'<a href="javascript:{WORD}()">x</a>',
    f"</textarea></title><script>{WORD}()</script>",
    f"</script><script>{WORD}()</script>",
    f"]]><script>{WORD}()</script>",
    f'![x](https://x.test/" onerror="{WORD}())',
    f'<iframe srcdoc="<script>{WORD}()</script>">',
    f'<math><mi xlink:href="javascript:{WORD}()">x',
    f"&lt;script&gt;{WORD}()&lt;/script&gt;",
    f'" autofocus onfocus={WORD}() x="',
    f"[x](data:text/html,<script>{WORD}()</script>)",
    f"--><script>{WORD}()</script><!--",
    f"<{WORD} style=x>",
)
_ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "data", "srcset", "poster"}
_ELSEWHERE = re.compile(r"\s*(?:https?:[/\\]*|[/\\]{2,})[^/?#]*evil\.example", re.IGNORECASE)
"""An address on the site to which reflected values would lead; nobody links to it."""
_BAD_SCHEMES = ("javascript:", "vbscript:", "data:text")
_NEVER = {"iframe", "object", "embed", "math", "base", WORD}
_HTML_FIELDS = {"html", "content_html", "summary_html", "extract_html"}


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._script: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _NEVER:
            self.faults.append(f"an element <{tag}>")
        for name, value in given.items():
            if name.startswith("on") or WORD in name or name == "srcdoc":
                self.faults.append(f"an attribute {name} of <{tag}>")
            plain = re.sub(r"[\x00-\x20]", "", value).lower()
            if name in _ADDRESSES and (plain.startswith(_BAD_SCHEMES) or _ELSEWHERE.match(plain)):
                self.faults.append(f"an address {value[:60]} of <{tag}>")
        if tag == "script":
            self._script = given.get("type", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is None or WORD not in data:
            return
        if "json" in self._script:
            json.loads(data)
        else:
            self.faults.append(f"a script {data[:60]}")


def in_html(text: str) -> list[str]:
    """What a browser would run, or go to, that came from a payload."""
    finder = _Finder()
    finder.feed(text)
    finder.close()
    return finder.faults


def faults(answer: Answer) -> list[str]:
    """The same of any answer, by its type. Raises where it can't be parsed."""
    kind = answer.header("Content-Type").partition(";")[0]
    if kind == "text/html":
        return in_html(answer.text)
    if kind.endswith("json"):
        return [fault for text in _html_in(answer.json) for fault in in_html(text)]
    if kind.endswith("xml"):
        root = ElementTree.fromstring(answer.body)
        own = [f"an element {element.tag}" for element in root.iter() if WORD in str(element.tag)]
        of_html = [element.text or "" for element in root.iter() if _has_html(element)]
        of_html += [each.text or "" for each in root.findall("./channel/item/description")]
        return own + [fault for text in of_html for fault in in_html(text)]
    if kind == "text/calendar":
        lines = answer.text.replace("\r\n ", "").split("\r\n")
        return [f"a line {line[:60]}" for line in lines if line and not re.match(r"[A-Z][A-Z-]+[;:]", line)]
    if kind == "text/event-stream":
        sent = [line[6:] for line in answer.text.split("\n") if line.startswith("data: ")]
        return [fault for line in sent for text in _html_in(json.loads(line)) for fault in in_html(text)]
    return []


def _has_html(element: ElementTree.Element) -> bool:
    """Whether a feed says that an element's text is HTML."""
    return element.get("type") == "html" or str(element.tag).endswith("}encoded")


def _html_in(value: Any, name: str = "") -> Iterator[str]:
    """The texts of fields that have HTML in them."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _html_in(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _html_in(each, name)
    elif isinstance(value, str) and name in _HTML_FIELDS:
        yield value
