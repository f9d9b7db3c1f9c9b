"""Markup is rendered as meant, and never as anything harmful."""

import itertools
import re
import time
import unicodedata
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core import markup
from core.markup_cut import boundary, cut
from core.markup_emphasis import CjkParserInline
from core.markup_parse import Parser

WIKI = "https://meta.wikimedia.org/wiki/$1"


def render(text: str, **options: Any) -> str:
    return markup.render(text, **{"wiki_url": WIKI, "language": "en", **options})


def test_common_markdown() -> None:
    html = render("# Title\n\n**bold** *soft* ~~gone~~ `code`\nnext line\n\n3. three\n4. four")
    assert "<h3>Title</h3>" in html
    assert '<strong>bold</strong> <em>soft</em> <s>gone</s> <code dir="ltr">code</code><br>' in html
    assert '<ol start="3">' in html


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# a", "3"),
        ("###### f", "3"),
        ("u\n---", "3"),
        ("# a\n\n## b\n\n### c\n\n## d\n\n# e", "34543"),
        ("# a\n\n#### b\n\n###### c\n\n#### d\n\n## e", "34544"),
        ("### a\n\n# b\n\n## c", "334"),
        ("# a\n\n## b\n\n### c\n\n#### d\n\n##### e\n\n###### f", "345666"),
        ("# a\n\n> ### b\n\n## c", "344"),
    ],
)
def test_headings_stay_below_the_page_s_own_and_skip_none(text: str, levels: str) -> None:
    assert re.findall(r"<h(\d)", render(text)) == list(levels)
    assert re.findall(r"</h(\d)>", render(text)) == list(levels)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12), st.integers(2, 4))
def test_no_heading_is_more_than_one_level_below_the_one_before(written: list[int], highest: int) -> None:
    html = render("\n\n".join(f"{'#' * level} x" for level in written), heading_level=highest)
    levels = [int(level) for level in re.findall(r"<h(\d)", html)]
    assert len(levels) == len(written)
    assert levels[0] == highest <= min(levels)
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_tables_say_their_alignment_by_class_not_style() -> None:
    html = render("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|")
    assert '<th class="cell-start">a</th>' in html
    assert '<td class="cell-center">2</td>' in html
    assert '<td class="cell-end">3</td>' in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("text", "href", "label"),
    [
        ("[[Wikimedia Space]]", "https://meta.wikimedia.org/wiki/Wikimedia_Space", "Wikimedia Space"),
        ("[[Tech|the  team]]", "https://meta.wikimedia.org/wiki/Tech", "the  team"),
        ("[[:fr:Café]]", "https://fr.wikipedia.org/wiki/Caf%C3%A9", "Café"),
        ("[[:zh-yue:香港|HK]]", "https://zh-yue.wikipedia.org/wiki/%E9%A6%99%E6%B8%AF", "HK"),
        ("[[:Category:Births]]", "https://meta.wikimedia.org/wiki/Category:Births", "Category:Births"),
        ("[[Foo\\|bar]]", "https://meta.wikimedia.org/wiki/Foo", "bar"),
        ("[[a?b&c\"d]]", "https://meta.wikimedia.org/wiki/a%3Fb%26c%22d", "a?b&amp;c\"d"),
    ],
)  # fmt: skip
def test_wiki_links(text: str, href: str, label: str) -> None:
    html = render(text)
    assert f'href="{href.replace("&", "&amp;")}"' in html
    assert f">{label}</a>" in html


def test_wiki_links_follow_the_text_s_language_where_the_setting_asks() -> None:
    html = render("[[Página]]", wiki_url="https://$lang.wikipedia.org/wiki/$1", language="es")
    assert 'href="https://es.wikipedia.org/wiki/P%C3%A1gina"' in html
    html = render("[[:de:Seite]]", wiki_url_for="http://wiki.test/$lang/$1")
    assert 'href="http://wiki.test/de/Seite"' in html
    assert 'hreflang="de"' in html


def test_a_wiki_link_with_a_label_stays_whole_in_a_table() -> None:
    html = render("| h | i |\n|---|---|\n| [[Foo|bar]] | `[[a\\|b]]` |\n| [[Foo\\|bar]] | c |")
    assert html.count('<a href="https://meta.wikimedia.org/wiki/Foo"') == 2
    assert html.count(">bar</a>") == 2
    assert html.count("<td>") == 4
    assert '<code dir="ltr">[[a\\|b]]</code>' in html
    assert markup.plain("`[[a|b]]`: \\[[a|b]]") == "[[a|b]]: [[a|b]]"
    assert markup.plain("a | b\n\n```x|y\n[[c|d]]\n```\n\n[[e|f]]") == "a | b\n[[c|d]]\nf"


@pytest.mark.parametrize(
    ("text", "page", "label"),
    [
        ("[[File:x.jpg|thumb|A view]]", "File:x.jpg", "A view"),
        ("[[File:x.jpg|thumb|left|200px|alt=A hill|A view]]", "File:x.jpg", "A view"),
        ("[[File:x.jpg|A view|thumb|upright=1.2|link=]]", "File:x.jpg", "A view"),
        ("[[File:x.jpg|thumb|300x200px]]", "File:x.jpg", "x.jpg"),
        ("[[Datei: Ä b.jpg]]", "Datei:_%C3%84_b.jpg", "Ä b.jpg"),
        ("[[ملف:x.jpg|thumb|منظر]]", "%D9%85%D9%84%D9%81:x.jpg", "منظر"),
        ("[[:File:x.jpg|thumb|A view]]", "File:x.jpg", "thumb|A view"),
        ("[[:de:Datei:x.jpg|thumb|Blick]]", "Datei:x.jpg", "Blick"),
    ],
)
def test_a_wiki_s_file_is_a_link_with_its_caption(text: str, page: str, label: str) -> None:
    html = render(text)
    assert "<img" not in html
    assert f'/{page}" class="wiki-link"' in html
    assert f">{label}</a>" in html


def test_a_caption_is_no_part_of_the_summary() -> None:
    text = "[[File:x.jpg|thumb|A view]]\n\nWe met [[File:y.jpg|20px]] at the [[Station|old station]]."
    assert markup.excerpt(text) == "We met at the old station."
    assert markup.plain(text) == "A view\nWe met y.jpg at the old station."


@pytest.mark.parametrize("text", ["`[[Page]]`", "\\[[Page]]", "[[]]", "[[ ]]", "[[a\nb]]", "    [[Page]]"])
def test_no_wiki_link(text: str) -> None:
    assert "wiki-link" not in render(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hello @Amir.", ["Amir"]),
        ("@अमित, @Ana_1-b.c and @Amir; again @Amir", ["अमित", "Ana_1-b.c", "Amir"]),
        ("(@مريم)", ["مريم"]),
        ("@Zoe\u0301", ["Zoé"]),
        ("me@example.org, x/@y, @a, @.b", []),
        ("@someone@mastodon.example", []),
        ("`@code` \\@escaped [@label](https://x.example)\n\n    @indented\n\n```\n@fenced\n```", []),
        ("https://social.example/@name", []),
        ("@" + "a" * 40, ["a" * 40]),
        ("@" + "a" * 41, []),
        ("> @Sara [said](/talk/p/1):\n> I asked @Omar\n\nThanks @Lena", ["Sara", "Lena"]),
        ("> I asked @Omar", []),
    ],
)
def test_mentions(text: str, names: list[str]) -> None:
    assert markup.mentions(text) == names


@pytest.mark.parametrize(
    ("text", "known", "names"),
    [
        ("谢谢@member的帮助。", {"member"}, ["member"]),
        ("谢谢@member的帮助。", None, ["member"]),
        ("谢谢@member的帮助。", {"nobody"}, []),
        ("@memberさん、ありがとう", {"member"}, ["member"]),
        ("@memberさん、ありがとう", {"member", "memberさん"}, ["memberさん"]),
        ("@editor님 안녕", {"editor"}, ["editor"]),
        ("안녕@홍길동님", {"홍길동"}, ["홍길동"]),
        ("ขอบคุณ@สมชายมาก", {"สมชาย"}, ["สมชาย"]),
        ("感谢@小明和@小红帮忙", {"小明", "小红"}, ["小明", "小红"]),
        ("感谢@小明和@小红帮忙", {"小明和"}, ["小明和"]),
        ("@member的" + "很" * 60, {"member"}, ["member"]),
        ("@Amir and @nobody-known", {"amir"}, ["Amir", "nobody-known"]),
        ("mail@例え.jp", {"例え"}, []),
    ],
)
def test_mentions_in_texts_without_spaces(text: str, known: set[str] | None, names: list[str]) -> None:
    html = render(text, known_names=known)
    assert re.findall(r'class="mention"[^>]*>@([^<]+)</a>', html) == names


def test_the_longest_name_is_tried_first() -> None:
    assert markup.mention_candidates("@memberさん、@Amir @memberさん") == [
        ["memberさん", "memberさ", "member"],
        ["Amir"],
    ]
    assert markup.mentions("谢谢@member的帮助和@Amir") == ["member", "Amir"]


def test_a_mention_links_to_the_person() -> None:
    assert 'href="/people/Zo%C3%A9" class="mention"' in render("@Zoe\u0301")
    assert ">@Zoé</a>" in render("@Zoe\u0301")
    assert "mention" not in render("`@Amir` me@example.org")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.org/a.", "https://example.org/a"),
        ("(https://example.org/A_(b)_c)", "https://example.org/A_(b)_c"),
        ("**https://example.org/x**", "https://example.org/x"),
        ("https://example.org/日本。次の文", "https://example.org/%E6%97%A5%E6%9C%AC"),
        ("请看https://example.org/page谢谢", "https://example.org/page"),
        ("请看https://example.org谢谢", "https://example.org"),
        ("ดูhttps://example.org/pageนะ", "https://example.org/page"),
        ("https://zh.wikipedia.org/wiki/HTTP协议。", "https://zh.wikipedia.org/wiki/HTTP%E5%8D%8F%E8%AE%AE"),
        ("https://zh.wikipedia.org/wiki/维基", "https://zh.wikipedia.org/wiki/%E7%BB%B4%E5%9F%BA"),
        ("انظر https://example.org/page، ثم", "https://example.org/page"),
        ("https://example.org/page؟", "https://example.org/page"),
        ("https://example.org/page। और", "https://example.org/page"),
        ("देखेंhttps://example.org/page…", "https://example.org/page"),
        ("‘https://example.org/page’", "https://example.org/page"),
        ("«https://example.org/page»", "https://example.org/page"),
        ("https://fr.wikipedia.org/wiki/L’Équipe", "https://fr.wikipedia.org/wiki/L%E2%80%99%C3%89quipe"),
        ("https://例え.jp/a", "https://xn--r8jz45g.jp/a"),
        ("HTTP://example.org/", "HTTP://example.org/"),
        ("https://example.org/a_b_c?d=e&f", "https://example.org/a_b_c?d=e&amp;f"),
    ],
)
def test_bare_addresses_become_links(text: str, address: str) -> None:
    assert f'<a href="{address}" dir="ltr"' in render(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("これは**「重要なこと」**です。", "これは<strong>「重要なこと」</strong>です。"),
        ("这是**我想做的事。**所以继续。", "这是<strong>我想做的事。</strong>所以继续。"),
        ("**마크다운(Markdown)**을", "<strong>마크다운(Markdown)</strong>을"),
        ("文字*（斜体）*文字", "文字<em>（斜体）</em>文字"),
        ("これは~~「古い」~~です", "これは<s>「古い」</s>です"),
        ("**ﾊﾝｶｸ(a)**ｶﾅ", "<strong>ﾊﾝｶｸ(a)</strong>ｶﾅ"),
        ("漢\U000e0100**(a)**", "漢\U000e0100<strong>(a)</strong>"),
        # As in CommonMark.
        ("a**(b)**c", "a**(b)**c"),
        ("a **(b)** c", "a <strong>(b)</strong> c"),
        ("** a**", "** a**"),
        ("snake_case_name", "snake_case_name"),
        ("a*b*c", "a<em>b</em>c"),
        ("a*'b'*c", "a*'b'*c"),
        ("👍**(b)**c", "👍**(b)**c"),
    ],
)
def test_emphasis_beside_punctuation(text: str, html: str) -> None:
    assert render(text).strip() == f"<p>{html}</p>"


@given(st.text('*_~ ab1(."é«שّ👍\n', max_size=30))
def test_emphasis_without_cjk_is_that_of_commonmark(text: str) -> None:
    standard = MarkdownIt("commonmark").enable("strikethrough")
    amended = MarkdownIt()
    amended.inline = CjkParserInline()
    amended.configure("commonmark").enable("strikethrough")
    assert amended.render(text) == standard.render(text)


@pytest.mark.parametrize(
    "text", ["a\u202ebc", "a&#8238;bc", "a&#x202d;bc", "&#x202E;[abc](https://x.example/)"]
)
def test_no_override_of_the_direction_passes(text: str) -> None:
    for shown in (render(text), markup.plain(text), markup.excerpt(text)):
        assert "abc" in shown
        assert not set("\u202d\u202e") & set(shown)


@pytest.mark.parametrize(
    "text", ["`https://example.org`", "xhttps://a.example", "https://", "javascript://x.example/"]
)
def test_no_address(text: str) -> None:
    assert "<a" not in render(text)


def test_only_our_own_pictures_are_shown() -> None:
    assert '<img src="/media/ab/c-d.jpg" alt="x" loading="lazy" decoding="async">' in render(
        "![x](/media/ab/c-d.jpg)"
    )
    assert '<a href="https://other.example/p.png"' in render("![x](https://other.example/p.png)")
    for source in (
        "https://other.example/p.png",
        "//other.example/p",
        "/media/../x",
        "/media//x/../../y",
        "data:image/png,x",
    ):
        assert "<img" not in render(f"![x]({source})")
    linked = render("[![x](https://other.example/p.png)](https://page.example)")
    assert linked.count("<a ") == 1
    assert ">x</a>" in linked


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "data:text/html,x", "//other.example", "vbscript:x", "x.html"]
)
def test_harmful_and_vague_links_are_text(target: str) -> None:
    assert "href" not in render(f"[x]({target})")


def test_html_is_shown_not_obeyed() -> None:
    html = render("<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> <b>x</b>")
    assert "&lt;script&gt;" in html
    assert "<img" not in html
    assert "<b>" not in html


def test_directions() -> None:
    # A paragraph has its version's direction; what is quoted, its own; code is left to right.
    html = render("MediaWiki הוא\n\n> quoted\n\n> @Sara [said](/talk/p/1):\n> הוא\n\n```\nx\n```")
    assert "<p>MediaWiki" in html
    assert '<blockquote dir="ltr">\n<p dir="auto">quoted' in html
    assert '<blockquote dir="rtl">\n<p dir="auto"><a' in html, "who is quoted does not count"
    assert "<blockquote>" in render("> 123"), "it has no direction of its own"
    assert '<pre dir="ltr">' in html
    assert "\u202e" not in render("a\u202eb")
    assert "\u2067" in render("a\u2067b\u2069")


def test_plain_and_excerpt() -> None:
    text = (
        "# Title\n\n> quoted *words*\n\n"
        "Hello **you**, see [[Tech|the team]] & `x < y`\n![a cat](/media/c.png)\n\n- one\n- two"
    )
    assert markup.plain(text) == "Title\nquoted words\nHello you, see the team & x < y a cat\none\ntwo"
    assert markup.excerpt(text) == "Title Hello you, see the team & x < y a cat one two"
    assert markup.excerpt("> only a quote") == "only a quote"
    assert markup.excerpt("one two three", 9) == "one two…"
    assert markup.plain("") == markup.excerpt("") == ""


@pytest.mark.parametrize(
    ("text", "length", "result"),
    [
        ("word", 4, "word"),
        ("日本語の文章です。次の文もあります", 12, "日本語の文章です。…"),
        ("日本語日本語日本語", 5, "日本語日…"),
        ("नमस्ते", 5, "नम…"),  # the conjunct and its vowel stay together
        ("ab👩🏽‍💻cd", 5, "ab…"),
        ("🇫🇷🇩🇪🇯🇵", 4, "🇫🇷…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("", 0, ""),
    ],
)
def test_cuts_are_where_a_reader_would_cut(text: str, length: int, result: str) -> None:
    assert cut(text, length) == result


@given(st.text(max_size=60), st.integers(0, 60))
def test_a_cut_is_never_longer_than_asked_and_never_before_a_mark(text: str, length: int) -> None:
    assert len(cut(text, length)) <= max(length, 1)
    at = boundary(text, length)
    assert 0 <= at <= length
    assert at in (0, len(text)) or unicodedata.category(text[at])[0] != "M"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (
            "> @a [said](/talk/p/1):\n>\n> > nested\n>\n> text\n\nMine.\n\n> more\n\nAnd mine.",
            "Mine.\n\n\nAnd mine.",
        ),
        ("Mine.\n> quoted\nlazy", "Mine."),
        ("1. one\n   > quoted\n2. two", "1. one\n2. two"),
        ("    > code\n\n`> code`", "> code\n\n`> code`"),
        ("> only", ""),
        ("no quote", "no quote"),
    ],
)
def test_a_text_without_its_quotes(text: str, own: str) -> None:
    assert markup.without_quotes(text) == own


def test_too_much_is_shown_as_typed() -> None:
    assert "<strong>" in render("**b**" + " x" * 40_000)
    long = render("**b** <i>\n\n" + "x" * markup.MAX_BYTES)
    assert long.startswith("<p>**b** &lt;i&gt;</p>\n<p>x")
    assert markup.mentions("@Amir " + "x" * markup.MAX_BYTES) == []
    assert "🙂" * 30_000 in render("🙂" * 30_000)  # within characters, beyond bytes


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["[", "![", "> ", "- ", "`", "*a_", "[a](", "@ab ", "http://", "<a ", "\\", "|a"]
)
def test_no_text_takes_long(piece: str) -> None:
    began = time.perf_counter()
    render((piece * markup.MAX_BYTES)[: markup.MAX_BYTES])
    assert time.perf_counter() - began < 5  # seconds; a quadratic parser would take minutes


class Auditor(HTMLParser):
    """Fails for any tag, attribute or URL that could execute or fetch something."""

    ATTRIBUTES = frozenset(
        {"href", "hreflang", "title", "dir", "rel", "class", "src", "alt", "loading", "decoding", "start"}
    )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "svg",
            "math",
            "base",
            "link",
            "meta",
        }
        values = dict(attrs)
        assert values.keys() <= self.ATTRIBUTES
        assert tag != "img" or (values["src"] or "").startswith("/media/")
        if tag == "a":
            assert values["rel"] == "nofollow ugc noopener"
            href = values.get("href") or "#"
            assert urlsplit(href).scheme.lower() in {"", "http", "https", "mailto"}
            assert not href.startswith(("//", "/\\"))


FRAGMENTS = [
    *("<script>", "<img src=x onerror=y>", "javascript:", "data:text/html,", "<a href=", "onclick="),
    *("](", "![", "[[", "]]", "|", "//evil.example", "/media/", "..", "\\", "<", ">", '"', "'", "`", "```"),
    *("\n", "\n\n", "    ", "# ", "> ", "- ", "1. ", "@name", "&#106;", "&lt;", "https://", "mailto:"),
    *(":fr:", "*", "_", "~~", "|-|", "\x00", "\u202e", "\ud800", "\t", "(", ")", "é", "שלום", "漢字", "🙂"),
]


@pytest.mark.slow
@settings(max_examples=400)
@given(st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)))
def test_no_text_raises_or_does_harm(text: str) -> None:
    html = render(text)
    Auditor().feed(html)
    assert "\x00" not in html
    assert "\u202e" not in html
    html.encode()
    markup.plain(text).encode()
    assert len(markup.excerpt(text, 50)) <= 50
    assert all(markup.is_name(name) for name in markup.mentions(text))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_name_or_wiki_setting_is_safe(text: str) -> None:
    Auditor().feed(render(f"[[{text}]] @{text} [{text}]({text}) ![{text}]({text})", wiki_url="/wiki/$1"))


ADDRESS_PIECES = [
    "http",
    "https",
    "://",
    "HTTP",
    "a",
    "b-c",
    ".",
    "..",
    "/",
    "//",
    "?",
    "#",
    "x=1",
    "&",
    "%20",
    "%",
    "@",
    ":80",
    "_",
    "é",
    " ",
    "~",
    "xn--",
    "-",
    "A",
    "\\",
    "[",
    "]",
    "a" * 63,
    "a" * 64,
    "'",
    "(",
]


@given(st.lists(st.sampled_from(ADDRESS_PIECES), max_size=12), st.booleans())
def test_an_address_that_is_normal_is_what_it_would_be_normalised_to(
    pieces: list[str], has_host: bool
) -> None:
    address = ("https://example.org/" if has_host else "") + "".join(pieces)
    assert Parser().normalizeLink(address) == MarkdownIt().normalizeLink(address)
