from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import markup
from core.markup_cooked import cook, shown

PIECES = [
    *(
        "# a\n",
        "### b\n",
        "###### c\n",
        "> # d\n",
        "[[Page]]",
        "[[:de:Seite|Text]]",
        "[[a&b?c=\"d'<e>#f]]",
        "[[/../x]]",
    ),
    *(
        "[a](/b#c)",
        "![x](/media/a.png)",
        "@amina ",
        "@谢谢的帮助",
        "<h2>",
        "`<h2>`",
        '[a](/b "<h2>")',
        "**b**",
        "\n\n",
        "x ",
    ),
    *("|a|\n|-|\n|b|\n", "- c\n", "&lt;h3 ", "[[File:a.png|thumb|caption]]", "\u202e", "\x00", "雪"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
WIKI, OTHER = "https://wiki.example/w?title=$1&l=$lang", 'https://$lang.example/"$1'


@given(texts, st.integers(2, 4))
def test_stored_html_is_shown_as_it_would_be_rendered(text: str, level: int) -> None:
    cooked = cook(text, "de")
    rendered = markup.render(text, wiki_url=WIKI, wiki_url_for=OTHER, language="de", heading_level=level)
    if cooked.html is not None and 'title="' not in rendered:
        assert shown(cooked.html, wiki_url=WIKI, wiki_url_for=OTHER, heading_level=level) == rendered
    assert cooked.excerpt == markup.excerpt(text)
    assert cooked.plain == markup.plain(text)


@pytest.mark.parametrize(
    "text", ["@amina and @boris", "a@b.c", "谢谢", "> @amina [said](/talk/p/1):\n> 谢谢"]
)
def test_it_depends_on_nobodys_name(text: str) -> None:
    assert cook(text, "zh").html is not None


def test_where_a_name_ends_without_a_space_is_left_to_the_page() -> None:
    assert cook("谢谢@member的帮助", "zh").html is None


def test_a_text_that_is_too_much_is_stored_unformatted() -> None:
    text = ">" * 50 + " deep"
    cooked = cook(text, "en")
    assert cooked.html == markup.render(text, wiki_url=WIKI, language="en")
    assert cooked.plain == text
