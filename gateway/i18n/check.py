"""Checks the message files and their use: ``python -m gateway.i18n.check`` (part of ``make lint``).

It refuses: files that are no message files or not in order, keys outside their area, English and its
documentation out of step, documentation that leaves out a parameter, broken braces, parameters that English
lacks, keys that are used but not defined, and messages that nothing uses. ``--fix`` puts files in order and
changes nothing else.

A key is *used* where it stands as a string in the gateway's Python, templates or scripts. Where a key is
composed, the string ends in ``-`` or at a ``{`` (``'space-blog-state-' ~ state``,
``f"space-blog-state-{state}"``) and stands for all keys that begin so; at least one must.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from core import languages
from gateway.i18n.messages import FOLDER, PREFIX
from gateway.i18n.syntax import MessageSyntaxError, compile_message, params_of

DOCUMENTATION = "qqq"
SOURCES = ("*.py", "*.html", "*.xml", "*.txt", "*.js")

_LITERAL = re.compile(r"""["'`](space-[a-z]+-[a-z0-9-]*)(["'`{$])""")
# What asks for a message by name, whatever the name looks like: a slip in the prefix must not go unseen.
_CALL = re.compile(r"""\b(?:msg|message|markup)\(\s*f?["']([^"'{]*)(["'{])""")

Area = Mapping[str, Mapping[str, str]]


def problems(folder: Path = FOLDER, source: Path = FOLDER.parent) -> Iterator[str]:
    """Everything wrong, a line each: messages in ``folder``, used by the files below ``source``."""
    defined: set[str] = set()
    for area in sorted(path for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"):
        texts: dict[str, Mapping[str, str]] = {}
        for path in sorted(area.glob("*.json")):
            try:
                texts[path.stem] = _read(path)
            except ValueError as error:
                yield f"{path}: {error}"
                continue
            if path.read_text(encoding="utf-8") != in_order(path):
                yield f"{path}: not in order: run `python -m gateway.i18n.check --fix`"
        yield from _area_problems(area, texts)
        defined |= texts.get("en", {}).keys()
    files = {path for pattern in SOURCES for path in source.rglob(pattern)}
    yield from _use_problems(defined, sorted(path for path in files if folder not in path.parents))


def in_order(path: Path) -> str:
    """A message file as it ought to be: ``@metadata`` first, keys sorted, indented by tabs."""
    content = json.loads(path.read_text(encoding="utf-8"))
    ordered = {key: content[key] for key in sorted(content, key=lambda key: (not key.startswith("@"), key))}
    return json.dumps(ordered, ensure_ascii=False, indent="\t") + "\n"


def _read(path: Path) -> dict[str, str]:
    content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_repeats)
    if not isinstance(content, dict) or "@metadata" not in content:
        raise ValueError("a message file is an object with '@metadata' and its authors")
    texts = {key: text for key, text in content.items() if not key.startswith("@")}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{key} is not a text")
    return texts


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key} stands there twice")
        found[key] = value
    return found


def _area_problems(area: Path, texts: Area) -> Iterator[str]:
    english, documented = texts.get("en", {}), texts.get(DOCUMENTATION, {})
    for key in sorted(english.keys() - documented.keys()):
        yield f"{area}/{DOCUMENTATION}.json: {key} is not explained to translators"
    for lang, messages in texts.items():
        if lang != DOCUMENTATION and not languages.is_language(lang):
            yield f"{area}/{lang}.json: {lang} is no language code"
        for key, text in messages.items():
            where = f"{area}/{lang}.json: {key}"
            if not key.startswith(f"{PREFIX}{area.name}-"):
                yield f"{where} does not begin with {PREFIX}{area.name}-"
            if key not in english:
                yield f"{where} is not in en.json"
            elif lang == DOCUMENTATION:
                yield from _documentation_problems(where, text, english[key])
            else:
                yield from _text_problems(where, text, english[key])


def _text_problems(where: str, text: str, english: str) -> Iterator[str]:
    try:
        used = params_of(compile_message(text))
        known = params_of(compile_message(english))
    except MessageSyntaxError as error:
        yield f"{where}: {error}"
        return
    for index in sorted(used - known):
        yield f"{where} uses ${index}, which English has not"


def _documentation_problems(where: str, text: str, english: str) -> Iterator[str]:
    try:
        known = params_of(compile_message(english))
    except MessageSyntaxError:
        return  # reported for en.json already
    for index in sorted(known):
        if not re.search(rf"\${index}(?!\d)", text):
            yield f"{where} does not explain ${index}"


def _use_problems(defined: set[str], files: list[Path]) -> Iterator[str]:
    used: set[str] = set()
    for path in files:
        content = path.read_text(encoding="utf-8")
        called = [] if path.suffix == ".js" else _CALL.findall(content)
        # In markup a string may be a class of CSS as well: there only what is asked for can be composed.
        composed = _LITERAL.findall(content) if path.suffix == ".py" else called
        for start in {
            key for key, end in composed if key.startswith(PREFIX) and (end not in "'\"`" or key[-1] == "-")
        }:
            family = {key for key in defined if key.startswith(start)}
            used |= family
            if not family:
                yield f"{path}: no message begins with {start}"
        for key in sorted({key for key, end in called if end != "{" and not key.endswith("-")} - defined):
            yield f"{path}: {key} is in no en.json"
        used.update(key for key, _ in _LITERAL.findall(content))
    for key in sorted(defined - used):
        yield f"{key} is used nowhere"


def main(arguments: list[str]) -> int:
    """Prints what is wrong; 0 if nothing is, else 1."""
    if arguments == ["--fix"]:
        for path in sorted(FOLDER.glob("*/*.json")):
            ordered = in_order(path)
            if path.read_text(encoding="utf-8") != ordered:
                path.write_text(ordered, encoding="utf-8")
    elif arguments:
        print("usage: python -m gateway.i18n.check [--fix]", file=sys.stderr)
        return 2
    found = list(problems())
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
