"""`meta=siteinfo`: what clients of MediaWiki ask of a wiki before anything else.

Clients take parts of the answer for granted (pywikibot: thumbnail sizes, magic links, namespace aliases), so it has
every field of `general` that MediaWiki always has, also where Space has nothing of the kind.
Source: <https://www.mediawiki.org/wiki/API:Siteinfo>.
"""

from __future__ import annotations

from typing import Any

from core import clock, languages
from core.settings import Settings
from gateway.site.words import site_name
from gateway.wiki.mediawiki import Parameters, flags, timestamp

GENERATOR = "MediaWiki 1.43.0 (Space)"
"""The version whose answers these are like. Clients refuse a site whose generator is not MediaWiki."""

# What Space has none of; each is a list that may be asked for.
_EMPTY = (
    *(
        "namespacealiases",
        "specialpagealiases",
        "magicwords",
        "interwikimap",
        "dbrepllag",
        "usergroups",
        "libraries",
    ),
    *(
        "extensions",
        "fileextensions",
        "skins",
        "extensiontags",
        "functionhooks",
        "showhooks",
        "variables",
        "protocols",
    ),
)
_PROPS = ("general", "namespaces", "languages", "rightsinfo", *_EMPTY)


def siteinfo(parameters: Parameters, config: Settings, path: str) -> dict[str, Any]:
    """The asked parts of the answer. `path` is that of `api.php`."""
    props = parameters.several("siprop", _PROPS, "general", module="siteinfo")
    version = parameters.version
    found: dict[str, Any] = {name: [] for name in _EMPTY if name in props}
    if "general" in props:
        found["general"] = _general(parameters, config, path)
    if "namespaces" in props:
        found["namespaces"] = _namespaces(version)
    if "languages" in props:
        name = "name" if version == 2 else "*"
        found["languages"] = [
            {"code": each.code, "bcp47": each.bcp47, name: each.autonym} for each in languages.all_languages()
        ]
    if "rightsinfo" in props:
        found["rightsinfo"] = {"url": "", "text": ""}
    return found


def _general(parameters: Parameters, config: Settings, path: str) -> dict[str, Any]:
    code, version = (parameters.lang if parameters.lang != "qqx" else "en"), parameters.version
    return {
        "mainpage": site_name(),
        "base": config.base_url + "/",
        "sitename": site_name(),
        "generator": GENERATOR,
        "case": "case-sensitive",
        "lang": languages.language(code).bcp47,
        "fallback": [{"code": each} for each in languages.fallbacks(code)],
        **flags(version, rtl=languages.direction(code) == "rtl", readonly=False, writeapi=False),
        "legaltitlechars": " %!\"$&'()*,\\-.\\/0-9:;=?@A-Z\\\\^_`a-z~\\x80-\\xFF+",
        "invalidusernamechars": "@:>=",
        "maxarticlesize": 0,
        "timezone": "UTC",
        "timeoffset": 0,
        "server": config.base_url,
        "servername": config.base_url.partition("://")[2],
        "articlepath": "/wiki/$1",
        "scriptpath": "",
        "script": path,
        "variantarticlepath": False,
        "wikiid": "space",
        "time": timestamp(clock.now()),
        "uploadsenabled": False,
        "maxuploadsize": 0,
        "thumblimits": {},
        "imagelimits": {},
        "magiclinks": {"ISBN": False, "PMID": False, "RFC": False},
        "favicon": config.base_url + "/favicon.ico",
        "linkprefixcharset": "",
        "linkprefix": "",
        "linktrail": "",
    }


def _namespaces(version: int) -> dict[str, Any]:
    name = "name" if version == 2 else "*"
    shared = flags(version, subpages=False, nonincludable=False)
    return {
        "-1": {"id": -1, "case": "first-letter", name: "Special", "canonical": "Special", **shared}
        | flags(version, content=False),
        "0": {"id": 0, "case": "case-sensitive", name: "", **shared, **flags(version, content=True)},
    }
