"""Compare the models with those published before: `python -m contracts.check [--write [--accept WHY]]`.

`contracts/published/` has the JSON schema and a sample of each version of each event, and the schema of each call. The
check fails if a model breaks one of them, and says how to make the change without a break. `--write` records additions.
See contracts/published/README.md.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contracts import catalogue
from contracts.common import Event, Recorded
from contracts.evolution import Break, Comparison
from contracts.reading import NoUpcast, read_event
from contracts.upcasts import UPCASTS, Upcasts

FOLDER = Path(__file__).parent / "published"
_STORED = re.compile(r"^(?P<type>.+)\.v(?P<version>\d+)\.json$")
_RECORD = "run `python -m contracts.check --write`"
_CALL_CURES = (
    "Services of two releases run side by side during an upgrade. Leave it as it was and give what is new a default, "
    "or add a method beside it. If all services will be upgraded together this once: --write --accept 'why'."
)


class Published:
    """The stored schemas and samples in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def versions(self) -> dict[str, list[int]]:
        """The stored versions of each event type."""
        found: dict[str, list[int]] = {}
        for path in self._folder.glob("events/*.json"):
            if match := _STORED.match(path.name):
                found.setdefault(match["type"], []).append(int(match["version"]))
        return {type_: sorted(versions) for type_, versions in found.items()}

    def event(self, type_: str, version: int) -> dict[str, Any]:
        """One stored schema."""
        return _read(self._event_path(type_, version))

    def write_event(self, type_: str, version: int, schema: dict[str, Any]) -> None:
        _write(self._event_path(type_, version), schema)

    def samples(self, type_: str, version: int) -> list[Path]:
        """The stored samples of one version: `<type>.v<n>.json`, and more as `<type>.v<n>.<word>.json`."""
        folder = self._folder / "samples"
        return [*folder.glob(f"{type_}.v{version}.json"), *sorted(folder.glob(f"{type_}.v{version}.*.json"))]

    def calls(self) -> dict[str, Any]:
        """The stored schemas of APIs by name, and the breaks that were accepted, oldest first."""
        path = self._folder / "calls.json"
        return _read(path) if path.exists() else {"apis": {}, "accepted": []}

    def write_calls(self, calls: dict[str, Any]) -> None:
        _write(self._folder / "calls.json", calls)

    def _event_path(self, type_: str, version: int) -> Path:
        return self._folder / "events" / f"{type_}.v{version}.json"


def check_events(
    published: Published, models: Sequence[type[Event]], *, write: bool, upcasts: Upcasts = UPCASTS
) -> Iterator[str]:
    """Yields a message for each problem of the event models; with `write` it records additions."""
    stored = published.versions()
    for gone in sorted(stored.keys() - {model.type for model in models}):
        yield f"{gone}: no model has this type any more, but logs contain such events. Keep the model."
    for model in models:
        problems = [
            *_check_version(published, model, stored.get(model.type, []), write=write),
            *_check_past(published, model, upcasts),
        ]
        yield from (f"{model.type}: {problem}" for problem in problems)


def _check_version(
    published: Published, model: type[Event], versions: list[int], *, write: bool
) -> Iterator[str]:
    newest = max(versions, default=0)
    schema = catalogue.event_schema(model)
    if model.version in versions and model.version == newest:
        stored = published.event(model.type, newest)
        comparison = Comparison(
            stored.get("$defs", {}), schema.get("$defs", {}), reads_old=True, read_by_old=True
        )
        if breaks := comparison.breaks(stored, schema):
            yield _message(breaks, _event_cures(model))
            return
        if stored == schema:
            return
    elif model.version != newest + 1:
        yield f"is version {model.version}, and {newest} is stored: it has to be {newest} or {newest + 1}."
        return
    if write:
        published.write_event(model.type, model.version, schema)
    else:
        yield f"has something new that is not recorded yet: {_RECORD}."


def _check_past(published: Published, model: type[Event], upcasts: Upcasts) -> Iterator[str]:
    for version in range(1, model.version + 1):
        if version < model.version and (model.type, version) not in upcasts:
            yield (
                f"version {version} can't be read any more. Add a step to contracts/upcasts.py: "
                f"UPCASTS[{model.type!r}, {version}] makes data of version {version + 1} of it."
            )
            return
        samples = published.samples(model.type, version)
        if not samples:
            yield (
                f"version {version} has no sample. Add one as the relay sends it: "
                f"contracts/published/samples/{model.type}.v{version}.json (`scripts/take_samples.py` takes it "
                "from a service's log)."
            )
        for sample in samples:
            if error := _sample_error(sample, model, version, upcasts):
                yield f"the sample {sample.name} {error}"


def _sample_error(sample: Path, model: type[Event], version: int, upcasts: Upcasts) -> str:
    try:
        recorded = Recorded.from_cloud_event(_read(sample))
        event = read_event(recorded, model, upcasts)
    except (KeyError, ValueError, NoUpcast) as error:
        return f"can't be read: {error}"
    if (recorded.type, recorded.version) != (model.type, version):
        return f"is one of {recorded.type}, version {recorded.version}"
    if (recorded.subject, recorded.audience) != (event.subject(), event.audience()):
        return "has another subject or audience than the model gives it"
    return ""


def check_calls(
    published: Published, apis: Sequence[type], *, write: bool, accept: str = ""
) -> Iterator[str]:
    """Yields a message for the problems of the calls; with `write` it records additions, and with `accept`, the reason,
    breaks too."""
    stored = published.calls()
    now = {
        f"{api.__module__.removeprefix('contracts.')}.{api.__name__}": catalogue.calls_schema(api)
        for api in apis
    }
    problems = []
    for name, before in stored["apis"].items():
        breaks = _call_breaks(before, now.get(name, {"methods": {}, "$defs": {}}))
        problems += [Break(f"{name}.{one.where}", one.what) for one in breaks]
    accepted = [*stored["accepted"]]
    if problems and write and accept:
        accepted.append({"why": accept, "breaks": [f"{one.where} {one.what}" for one in problems]})
    elif problems:
        yield "calls: " + _message(problems, _CALL_CURES)
        return
    fresh = {"apis": now, "accepted": accepted}
    if fresh != stored:
        if write:
            published.write_calls(fresh)
        else:
            yield f"calls: there is something new that is not recorded yet: {_RECORD}."


def _call_breaks(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Break]:
    arguments = Comparison(old["$defs"], new["$defs"], reads_old=True, read_by_old=False)
    results = Comparison(old["$defs"], new["$defs"], reads_old=False, read_by_old=True)
    for name, before in old["methods"].items():
        after = new["methods"].get(name)
        if after is None:
            yield Break(name, "is gone")
            continue
        names_before = [parameter["name"] for parameter in before["parameters"]]
        names_after = [parameter["name"] for parameter in after["parameters"]]
        if names_before != names_after:
            # Arguments are sent as a list without names.
            yield Break(name, f"takes ({', '.join(names_after)}) and took ({', '.join(names_before)})")
        else:
            for one, other in zip(before["parameters"], after["parameters"], strict=True):
                yield from arguments.breaks(one["schema"], other["schema"], f"{name}({one['name']})")
        yield from results.breaks(before["answer"], after["answer"], f"{name}()")


def _event_cures(model: type[Event]) -> str:
    return (
        "Logs keep such events for ever, and others read them. Leave it as it was and add what is new as a field with "
        f"a default; or set `version: ClassVar[int] = {model.version + 1}` in {model.__name__}, add the step "
        f"({model.type!r}, {model.version}) to contracts/upcasts.py and a sample of the new version, and --write."
    )


def _message(breaks: Sequence[Break], cures: str) -> str:
    lines = [f"    {one.where or 'the whole'}: {one.what}" for one in breaks]
    return "\n".join(["breaks what was published:", *lines, f"    {cures}"])


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, and print the problems. Returns 1 if there are any, else 0."""
    parser = argparse.ArgumentParser(prog="python -m contracts.check", description=__doc__)
    parser.add_argument("--write", action="store_true", help="record what is new and breaks nothing")
    parser.add_argument(
        "--accept", default="", metavar="WHY", help="with --write: record breaks of calls, with the reason"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    published = Published(options.folder)
    problems = [
        *check_events(published, catalogue.event_models(), write=options.write),
        *check_calls(published, catalogue.apis(), write=options.write, accept=options.accept),
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
