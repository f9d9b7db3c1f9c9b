"""`action=paraminfo`: which modules there are, and what their parameters take, as pywikibot asks at its start.

Source: <https://www.mediawiki.org/wiki/API:Parameter_information>.
"""

from __future__ import annotations

from typing import Any

from gateway.i18n.messages import message
from gateway.wiki.mediawiki import Parameters

MOST = 50

ACTIONS = ("opensearch", "paraminfo", "query")
LISTS = ("prefixsearch", "search")
METAS = ("notifications", "siteinfo", "userinfo")
GENERATORS = ("prefixsearch", "search")


def paraminfo(parameters: Parameters) -> dict[str, Any]:
    """The modules that are asked for; each unknown one is named in a warning and left out."""
    wanted = [name for name in parameters.text("modules").split("|")[:MOST] if name]
    found = []
    for name in dict.fromkeys(wanted):
        module = _MODULES.get(name)
        if module is None:
            text = message("space-wiki-api-module", parameters.lang, name[:100])
            parameters.warn("paraminfo", text)
        else:
            found.append({"name": name.rpartition("+")[2], "path": name, **module})
    return {"helpformat": "none", "modules": found}


def _parameter(name: str, type: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type, "required": False, **more}


def _choice(name: str, values: tuple[str, ...], parent: str = "") -> dict[str, Any]:
    """A parameter whose values are modules."""
    several = {"multi": "", "limit": MOST, "lowlimit": MOST, "highlimit": MOST} if parent else {}
    modules = {value: f"{parent}{value}" for value in values}
    return _parameter(name, list(values), submodules=modules, **several)


def _module(prefix: str, *parameters: dict[str, Any], group: str = "") -> dict[str, Any]:
    described: dict[str, Any] = {
        "classname": "",
        "prefix": prefix,
        "source": "Space",
        "parameters": list(parameters),
    }
    return described | ({"group": group} if group else {})


_MODULES: dict[str, dict[str, Any]] = {
    "main": _module(
        "",
        _choice("action", ACTIONS),
        _parameter("format", ["json"], default="json", submodules={"json": "json"}),
        _parameter("maxlag", "integer"),
        _parameter("assert", ["anon", "bot", "user"]),
        _parameter("assertuser", "user"),
        _parameter("requestid", "string"),
        _parameter("curtimestamp", "boolean"),
        _parameter("origin", "string"),
        _parameter("uselang", "string"),
        _parameter("formatversion", ["1", "2", "latest"]),
    ),
    "paraminfo": _module("", _parameter("modules", "string", multi="", limit=MOST)),
    "query": _module(
        "",
        _choice("prop", (), "query+"),
        _choice("list", LISTS, "query+"),
        _choice("meta", METAS, "query+"),
        _parameter("generator", list(GENERATORS), submodules={name: f"query+{name}" for name in GENERATORS}),
        _parameter("continue", "string"),
    ),
    "opensearch": _module("", _parameter("search", "string"), _parameter("limit", "limit", max=50)),
    "query+search": _module(
        "sr",
        _parameter("search", "string"),
        _parameter("namespace", "namespace", multi="", limit=MOST),
        _parameter("limit", "limit", max=100, highmax=100),
        _parameter("offset", "integer"),
        _parameter("sort", "string"),
        _parameter("prop", "string", multi="", limit=MOST),
        _parameter("info", ["totalhits"], multi="", limit=MOST),
        group="list",
    ),
    "query+prefixsearch": _module(
        "ps",
        _parameter("search", "string"),
        _parameter("namespace", "namespace", multi="", limit=MOST),
        _parameter("limit", "limit", max=100, highmax=100),
        _parameter("offset", "integer"),
        group="list",
    ),
    "query+siteinfo": _module("si", _parameter("prop", "string", multi="", limit=MOST), group="meta"),
    "query+userinfo": _module("ui", _parameter("prop", "string", multi="", limit=MOST), group="meta"),
    "query+notifications": _module("not", _parameter("limit", "limit", max=50, highmax=50), group="meta"),
}
