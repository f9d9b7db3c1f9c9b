"""What every request goes through: language, headers, tokens of forms, broken input, errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import gateway
from contracts.errors import NotFound, TooMany, Unavailable
from gateway.app import create_app
from gateway.assets import COMPONENTS
from gateway.request_context import safe_next
from tests.unit.gateway.fakes import MEMBER, TOKEN, FakeServices, line, settings

Token = Callable[[FlaskClient], str]


def test_home_answers_in_the_readers_language_and_direction(
    stranger: FlaskClient, fakes: FakeServices
) -> None:
    answer = stranger.get("/", headers={"Accept-Language": "ar-EG,ar;q=0.9,en;q=0.5"})
    assert answer.status_code == 200
    assert '<html lang="ar" dir="rtl"' in answer.text
    assert "page-rtl.css" in answer.text
    assert fakes.blog.called("articles")[0][0].languages == ("ar",)


@pytest.mark.parametrize(
    ("path", "cookie", "account", "header", "wanted"),
    [
        ("/?uselang=he", "fr", "de", "ja", "he"),
        ("/", "fr", "de", "ja", "de"),
        ("/", "fr", "", "ja", "fr"),
        ("/", "", "", "ja", "ja"),
        ("/?uselang=nonsense", "", "", "xx-none", "en"),
        ("/", "<script>", "", "", "en"),
    ],
)
def test_language_is_asked_for_then_the_accounts_then_chosen_then_the_browsers(
    stranger: FlaskClient, fakes: FakeServices, path: str, cookie: str, account: str, header: str, wanted: str
) -> None:
    stranger.set_cookie("space_language", cookie)
    if account:
        stranger.set_cookie("space_session", TOKEN)
        fakes.be(MEMBER.model_copy(update={"languages": (account,)}))
    answer = stranger.get(path, headers={"Accept-Language": header})
    assert f'<html lang="{wanted}"' in answer.text


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("en-US", "en"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("de-AT", "de"),
        ("es-419", "es"),
        ("pt-BR", "pt-br"),
    ],
)
def test_a_browsers_region_makes_no_language_of_its_own(
    stranger: FlaskClient, fakes: FakeServices, header: str, wanted: str
) -> None:
    stranger.get("/", headers={"Accept-Language": header})
    assert fakes.blog.called("articles")[0][0].languages == (wanted,)


@pytest.mark.parametrize(
    ("chosen", "lang", "direction", "said"),
    [
        ("fa", "en", "ltr", True),
        ("pl", "en", "ltr", True),
        ("arz", "ar", "rtl", True),
        ("en-gb", "en", "ltr", False),
        ("de-at", "de", "ltr", False),
        ("he", "he", "rtl", False),
    ],
)
def test_a_page_has_the_language_and_direction_of_the_texts_that_it_shows_and_says_so(
    stranger: FlaskClient, fakes: FakeServices, chosen: str, lang: str, direction: str, said: bool
) -> None:
    fakes.blog.answers["articles"].items.append(line(language="fa", title="نقشه"))
    page = stranger.get(f"/?uselang={chosen}").text
    assert f'<html lang="{lang}" dir="{direction}"' in page
    assert ("page-rtl.css" in page) == (direction == "rtl")
    assert ('class="frame-language"' in page) == said
    assert re.search(r'<h3 class="card-title" lang="fa" dir="rtl"', page)
    assert fakes.blog.called("articles")[0][0].languages == (chosen,)


def test_qqx_shows_keys(stranger: FlaskClient) -> None:
    assert "(space-frame-hero)" in stranger.get("/?uselang=qqx").text


def test_a_foreign_block_has_its_own_language_and_direction(
    stranger: FlaskClient, fakes: FakeServices
) -> None:
    fakes.blog.answers["articles"].items.append(line(language="he", title="שלום"))
    assert re.search(r'<h3 class="card-title" lang="he" dir="rtl"><a [^>]+>שלום', stranger.get("/").text)


def test_headers_let_nothing_in_from_elsewhere(stranger: FlaskClient) -> None:
    answer = stranger.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]+src=)", answer.text)
    assert not re.search(r'(src|href|srcset)="(https?:)?//', answer.text)


def test_every_asset_of_a_page_is_there_to_keep(stranger: FlaskClient) -> None:
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', stranger.get("/").text)
    assert len(names) >= 4
    for name in names:
        answer = stranger.get(name, headers={"Accept-Encoding": "br"})
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"].endswith("immutable")
        assert answer.headers.get("Content-Encoding") == (None if answer.mimetype == "image/png" else "br")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        again = stranger.get(name, headers={"Accept-Encoding": "br", "If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        head = stranger.head(name, headers={"Accept-Encoding": "br"})
        assert (head.data, head.headers["Content-Length"]) == (b"", answer.headers["Content-Length"])
    assert stranger.post(names[0]).status_code in (403, 404)
    older = stranger.get(re.sub("/static/[0-9a-f]+/", "/static/000000000000/", names[0]))
    assert (older.status_code, older.headers["Cache-Control"]) == (200, "no-cache")
    assert stranger.get("/static/000000000000/../app.py").status_code == 404
    assert stranger.get("/static/000000000000/vendor/%2e%2e/package.json").status_code == 404


def test_the_sheet_of_every_page_has_each_component_that_templates_use(stranger: FlaskClient) -> None:
    (sheet,) = re.findall(r'href="(/static/[^"]+/css/page\.css)"', stranger.get("/").text)
    styled = stranger.get(sheet).text
    folder = Path(gateway.__file__).parent
    sources = [path.read_text() for kind in ("html", "js", "py") for path in folder.rglob(f"*.{kind}")]
    used = set(re.findall(r"\bcdx(?:-[a-z]+)+", " ".join(sources)))
    assert len(used) == len(COMPONENTS)
    assert {name for name in used if f".{name}" not in styled} == set()
    assert ".prose" in styled
    assert "--color-base:" in styled


def test_codexs_components_stand_in_its_own_order(tmp_path: Path) -> None:
    for direction in ("", "-rtl"):
        codex = settings(tmp_path).vendor / "@wikimedia/codex/dist"
        whole = (codex / f"codex.style{direction}.css").read_text()
        places = [
            whole.find((codex / f"modules/Cdx{name}{direction}.css").read_text().strip())
            for name in COMPONENTS
        ]
        assert min(places) >= 0
        assert places == sorted(places), "a later rule of the same weight wins"


def test_modules_import_what_is_there(stranger: FlaskClient) -> None:
    address = next(
        name for name in re.findall(r'src="([^"]+)"', stranger.get("/").text) if name.endswith("space.js")
    )
    imported = re.findall(r"from '\./([a-z]+\.js)'", stranger.get(address).text)
    assert imported
    assert all(stranger.get(address.replace("space.js", name)).status_code == 200 for name in imported)


def test_a_form_without_its_token_is_refused(stranger: FlaskClient, token: Token) -> None:
    assert stranger.post("/languages", data={"language": "fr"}).status_code == 403
    assert stranger.post("/languages", data={"language": "fr", "csrf_token": "a.b"}).status_code == 403
    answer = stranger.post("/languages", data={"language": "fr", "csrf_token": token(stranger)})
    assert answer.status_code == 303
    assert stranger.get_cookie("space_language").value == "fr"  # type: ignore[union-attr]


def test_a_token_is_bound_to_its_browser_and_session(
    stranger: FlaskClient, member: FlaskClient, token: Token
) -> None:
    of_stranger, of_member = token(stranger), token(member)
    assert member.post("/languages", data={"theme": "dark", "csrf_token": of_stranger}).status_code == 403
    assert stranger.post("/languages", data={"theme": "dark", "csrf_token": of_member}).status_code == 403
    assert (
        member.post("/languages", data={"theme": "dark"}, headers={"X-CSRF-Token": of_member}).status_code
        == 303
    )


def test_the_theme_chooses_the_style_sheets(stranger: FlaskClient) -> None:
    assert 'media="(prefers-color-scheme: dark)"' in stranger.get("/").text
    stranger.set_cookie("space_theme", "light")
    assert "tokens-dark.css" not in stranger.get("/").text
    stranger.set_cookie("space_theme", "dark")
    assert re.search(r'tokens-dark\.css">', stranger.get("/").text)


@pytest.mark.parametrize("path", ["/?q=%ff", "/?q=%00", "/news?tag=%c3%28", "/news/%00"])
def test_broken_text_in_an_address_is_refused(stranger: FlaskClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 400
    assert "UTF-8" in answer.text


def test_broken_text_in_a_form_is_refused(stranger: FlaskClient, token: Token) -> None:
    urlencoded = b"csrf_token=" + token(stranger).encode() + b"&language=%ff%fe"
    answer = stranger.post("/languages", data=urlencoded, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    multipart = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n\xff\xfe\r\n--x--\r\n'
    answer = stranger.post("/languages", data=multipart, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400


def test_a_request_that_is_too_large_is_refused(stranger: FlaskClient) -> None:
    answer = stranger.post("/languages", data={"q": "x" * 1_000_000})
    assert answer.status_code == 413
    assert "15 MB" in answer.text


def test_hidden_and_never_made_answer_alike(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = NotFound()
    hidden = stranger.get("/news/hidden")
    nowhere = stranger.get("/nowhere")
    assert (hidden.status_code, nowhere.status_code) == (404, 404)
    assert [main_of(hidden.text)] == [main_of(nowhere.text)]


def main_of(page: str) -> str:
    return str(re.findall(r"<main.*?</main>", page, re.DOTALL)[0])


def test_an_absent_service_is_told_in_its_place(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.events.answers["events"] = Unavailable("service-away", params={"service": "events"})
    answer = stranger.get("/")
    assert answer.status_code == 200
    assert "Events can’t be reached" in answer.text
    assert "Talk can’t be reached" not in answer.text


def test_without_people_what_is_public_can_still_be_read(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.people.answers["viewer_of_session"] = Unavailable()
    assert member.get("/").status_code == 200


def test_an_absent_service_that_a_page_needs_is_503(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = Unavailable("service-away", params={"service": "blog"})
    answer = stranger.get("/news/any")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_limits_say_when_to_come_back(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = TooMany("never-told-code", params={"seconds": 30})
    answer = stranger.get("/news/any")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert "a lot in a short time" in answer.text


def test_errors_of_scripts_are_problem_details(stranger: FlaskClient) -> None:
    answer = stranger.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "not-found"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil",
        "",
        None,
    ],
)
def test_next_never_leads_elsewhere(target: str | None) -> None:
    assert safe_next(target) == "/"


def test_next_leads_back() -> None:
    assert safe_next("/talk/t/1?after=2#p3") == "/talk/t/1?after=2#p3"


def test_cookies_are_safe_where_the_site_is(tmp_path: Path, fakes: FakeServices, token: Token) -> None:
    app = create_app(settings(tmp_path, base_url="https://space.test"), fakes.services)
    app.testing = True
    answer = app.test_client().get("/sign-in", base_url="https://space.test")
    cookie = answer.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Strict-Transport-Security" in answer.headers


def test_an_errors_page_says_in_words_what_is_wrong(stranger: FlaskClient) -> None:
    page = stranger.get("/talk?sort=best", headers={"Accept-Language": "de"})
    assert page.status_code == 422
    assert "choice-unknown" not in page.text
    assert '<code dir="ltr">sort</code> – Das' in page.text


@pytest.mark.parametrize(
    ("path", "feed"),
    [("/", "all.atom"), ("/news", "news.atom"), ("/talk", "talk.atom"), ("/events", "events.ics")],
)
def test_a_feed_reader_finds_a_lists_feed(stranger: FlaskClient, path: str, feed: str) -> None:
    assert re.search(rf'<link rel="alternate" [^>]*href="/feeds/{feed}"', stranger.get(path).text)
