"""`/api.php`: search, suggestions, the site, oneself and one's notifications, as wikis and their clients ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

from flask import Blueprint, Response, request

from contracts.errors import Forbidden, Invalid, SpaceError, TooMany, Unavailable
from core import clock
from core.audience import STRANGER, Viewer
from core.names import name_key
from gateway.api.authentication import authenticate, bearer_token, check_scope
from gateway.i18n.messages import message
from gateway.problems import fault_sentence, sentence
from gateway.request_context import request_context, services, settings
from gateway.wiki import searching
from gateway.wiki.echo import notifications
from gateway.wiki.mediawiki import (
    ApiError,
    Parameters,
    error_of,
    flags,
    number_of,
    timestamp,
    warnings_of,
)
from gateway.wiki.paraminfo import ACTIONS, GENERATORS, LISTS, METAS, paraminfo
from gateway.wiki.siteinfo import siteinfo

blueprint = Blueprint("api_php", __name__)

PATH = "/api.php"


@blueprint.route(PATH, methods=["GET", "POST"])
def api() -> Response:
    return _answer(_act, {**request.args.to_dict(), **request.form.to_dict()})


@blueprint.errorhandler(TooMany)
def refuse(error: TooMany) -> Response:
    """What is refused before it is looked at is refused in MediaWiki's form too."""

    def act(_: Parameters) -> NoReturn:
        raise error

    return _answer(act, request.args.to_dict())


def _answer(act: Callable[[Parameters], Any], given: dict[str, str]) -> Response:
    parameters = Parameters(given, request_context().language)
    seconds: str | int | None = None
    try:
        content = act(parameters)
    except ApiError as error:
        content, code, status = error_of(error, parameters.version, _address()), error.code, 200
    except SpaceError as error:
        code, info, status = _as_mediawiki(error, parameters.lang)
        seconds = error.params.get("seconds")
        content = error_of(ApiError(code, info), parameters.version, _address())
    else:
        code, status = "", 200
    response = Response(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")), status, mimetype="application/json"
    )
    if code:
        response.headers["MediaWiki-API-Error"] = code
    if status in (429, 503):
        response.headers["Retry-After"] = str(seconds or 5)
    response.headers["Cache-Control"] = "private, no-cache"
    if "origin" in parameters.given or "crossorigin" in parameters.given:
        # Cookies don't count then, so that any site's script may read the answer.
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "MediaWiki-API-Error, Retry-After"
    return response


def _act(parameters: Parameters) -> Any:
    parameters.one_of("format", ("json", "jsonfm"), "json")
    action = parameters.one_of("action", ACTIONS, "help")
    viewer = _viewer(parameters)
    _check_assertions(parameters, viewer)
    if action == "opensearch":
        return searching.opensearch(parameters, viewer)
    answer = _about_the_request(parameters)
    if action == "paraminfo":
        answer["paraminfo"] = paraminfo(parameters)
    else:
        answer["batchcomplete"] = True if parameters.version == 2 else ""
        if query := _query(parameters, viewer, answer):
            answer["query"] = query
    unknown = [name for name in parameters.given if name not in {*parameters.asked, *_PASSED_OVER}]
    if unknown:
        parameters.warn("main", message("space-wiki-api-unknown", parameters.lang, ", ".join(unknown)[:200]))
    if parameters.warnings:
        answer["warnings"] = warnings_of(parameters)
    return answer


def _query(parameters: Parameters, viewer: Viewer, answer: dict[str, Any]) -> dict[str, Any]:
    query: dict[str, Any] = {}
    for name in parameters.several("list", LISTS):
        query |= searching.listed(name, parameters, viewer, answer)
    for name in parameters.several("generator", GENERATORS)[:1]:
        query |= searching.generated(name, parameters, viewer, answer)
    for name in parameters.several("meta", METAS):
        if name == "siteinfo":
            query |= siteinfo(parameters, settings(), PATH)
        elif name == "userinfo":
            query["userinfo"] = _userinfo(parameters, viewer)
        else:
            query["notifications"] = notifications(parameters, viewer, answer)
    return query


# What clients send by habit and what changes nothing here.
_PASSED_OVER = {
    "continue", "errorformat", "errorlang", "errorsuselocal", "maxage", "maxlag", "responselanginfo", "servedby",
    "smaxage", "srenablerewrites", "srinterwiki", "srnamespace", "srqiprofile", "srwhat", "gsrnamespace", "gsrwhat",
    "gsrprop", "gsrinfo", "psnamespace", "psprofile", "gpsnamespace", "gpsprofile",
    "prop", "inprop", "iiprop", "iilimit", "indexpageids", "utf8", "ascii", "namespace",
    "profile", "redirects", "suggest", "warningsaserror", "notalertunreadfirst", "notbundle",
    "notcrosswikisummary", "notgroupbysection", "notmessageunreadfirst", "notsections", "nottitles",
    "notunreadfirst", "notwikis",
}  # fmt: skip


def _viewer(parameters: Parameters) -> Viewer:
    """Who asks. With `origin` the cookie does not count: a stranger, or the bearer token's owner."""
    foreign = "origin" in parameters.given or "crossorigin" in parameters.given
    # A form of another site could post with the cookie; reading changes nothing, but need not know who it is.
    if bearer_token() is None and (foreign or request.method == "POST"):
        return STRANGER.model_copy(update={"languages": (request_context().reading_language,)})
    viewer = authenticate()
    check_scope(viewer, "read")
    return viewer


_ASSERTIONS = {
    "anon": "space-wiki-api-assert-anon",
    "bot": "space-wiki-api-assert-bot",
    "user": "space-wiki-api-assert-user",
}


def _check_assertions(parameters: Parameters, viewer: Viewer) -> None:
    """`assert` and `assertuser`, by which a client makes sure that its session has not ended, on every module."""
    wanted = parameters.one_of("assert", ("", "anon", "bot", "user"))
    named = parameters.text("assertuser")
    failed = {"anon": viewer.signed_in, "user": not viewer.signed_in, "bot": True}.get(wanted, False)
    if failed:
        raise ApiError(f"assert{wanted}failed", message(_ASSERTIONS[wanted], parameters.lang))
    if named and (viewer.name is None or name_key(named) != name_key(viewer.name)):
        raise ApiError(
            "assertnameduserfailed", message("space-wiki-api-assert-named", parameters.lang, named[:100])
        )


def _about_the_request(parameters: Parameters) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if requestid := parameters.text("requestid"):
        found["requestid"] = requestid[:200]
    if parameters.text("curtimestamp", "-") != "-":
        found["curtimestamp"] = timestamp(clock.now())
    return found


def _userinfo(parameters: Parameters, viewer: Viewer) -> dict[str, Any]:
    props = parameters.several(
        "uiprop", ("groups", "rights", "hasmsg", "unreadcount", "blockinfo", "ratelimits")
    )
    version = parameters.version
    if viewer.person_id is None:
        found = {"id": 0, "name": "*", **flags(version, anon=True)}
        groups = ["*"]
    else:
        found = {"id": number_of(viewer.person_id), "name": viewer.name}
        groups = ["*", "user", *sorted(viewer.roles - {"member"})]
    if "groups" in props:
        found["groups"] = groups
    if "rights" in props:
        found["rights"] = ["read"]
    if "ratelimits" in props:
        found["ratelimits"] = {}
    if viewer.signed_in and {"hasmsg", "unreadcount"} & set(props):
        unread = services().notify.unread(viewer)
        if "hasmsg" in props:
            found |= flags(version, messages=unread > 0)
        if "unreadcount" in props:
            found["unreadcount"] = unread
    return found


def _as_mediawiki(error: SpaceError, lang: str) -> tuple[str, str, int]:
    """Code, sentence and status of one of our own errors."""
    info = sentence(error.code, lang, error.params, error.kind)
    if error.code == "token-wrong":
        return "mwoauth-invalid-authorization", info, 401
    if isinstance(error, TooMany):
        return "ratelimited", info, 429
    if isinstance(error, Unavailable):
        return "internal_api_error_unavailable", info, 503
    if isinstance(error, Invalid) and error.faults:
        return "badvalue", fault_sentence(error.faults[0], lang), 200
    if isinstance(error, Forbidden):
        return "permissiondenied", info, 200
    return error.code, info, 200


def _address() -> str:
    return settings().base_url + PATH
