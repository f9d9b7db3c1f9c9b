"""`/v2/stream/<names>`: what is public, as it happens, for clients made for Wikimedia's EventStreams."""

from __future__ import annotations

from flask import Blueprint, Response, request

from contracts.errors import NotFound
from gateway.limits.install import counted_client
from gateway.live import sse
from gateway.live.broadcaster import broadcaster
from gateway.request_context import services, settings
from gateway.wiki.stream_messages import STREAMS, Position, Stream, moment_of, positions
from gateway.wiki.stream_reader import Reader

blueprint = Blueprint("streams", __name__)


@blueprint.get("/v2/stream/<names>")
def stream(names: str) -> Response:
    wanted = list(dict.fromkeys(names.split(",")))
    if not all(name in STREAMS for name in wanted):
        raise NotFound
    streams = [STREAMS[name] for name in wanted]
    start = _from_where(streams)
    source, client = broadcaster(), counted_client()
    places = source.streams
    places.take(client)
    try:
        reader = Reader(source, services(), streams, start, settings().base_url, client)
        response = sse.stream_response(reader.messages(), lambda: places.give_back(client))
    except BaseException:
        places.give_back(client)
        raise
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _from_where(streams: list[Stream]) -> dict[str, Position]:
    """By stream; what is missing begins now. A `Last-Event-ID` goes before `since`: browsers keep the address."""
    header = request.headers.get("Last-Event-ID", "")
    if header:
        return positions(header)
    since = request.args.get("since", "")
    return {stream.name: Position(moment=moment_of(since)) for stream in streams} if since else {}
