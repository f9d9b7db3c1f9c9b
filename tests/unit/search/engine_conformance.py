"""The conformance suite of search's engine port.

The test module of an implementation subclasses `EngineConformance` and defines a fixture `engine`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.errors import Invalid
from contracts.search import SearchQuery
from services.search.engine import Document, Engine, Key, Reader, Text

PUBLIC = Reader(("public",))
INSIDER = Reader(("public", "members", "group:0000000000000001"))
SOME_DAY = datetime(2026, 11, 1, 12, tzinfo=UTC)


def document(item_id: str, title: str = "", body: str = "", language: str = "en", **fields: Any) -> Document:
    """A public topic, with any field set."""
    plain: dict[str, Any] = {
        "key": Key(fields.pop("kind", "topic"), item_id),
        "path": f"/talk/t/{item_id}",
        "audience": "public",
        "at": SOME_DAY,
        "texts": (Text(language, title, body),),
    }
    return Document(**(plain | fields))


def ids(engine: Engine, q: str = "", reader: Reader = PUBLIC, **fields: Any) -> list[str]:
    """The ids that a query finds, in order."""
    return [hit.id for hit in engine.search(SearchQuery(q=q, **fields), reader).items]


BY_RELEVANCE = (
    "zetta", "zeta istanbul", "alpha zeta", "alhpa", "filer zetas", "bet* OR zeta", "alpha -tag:two", "tag:two OR beta",
    "group:hidden alpha", "after:2026-10",
)  # fmt: skip
"""Queries in the answers whose order is by relevance alone."""


def answers(engine: Engine, reader: Reader) -> list[str]:
    """All that the engine says to a reader about some words, page by page."""
    found: list[str] = []
    for q in (
        "alpha",
        "beta",
        "alpha beta",
        "beta gamma",
        "alp",
        "zeta",
        "ISTANBUL",
        '"alpha beta"',
        "-beta",
        "",
        *BY_RELEVANCE,
    ):
        for sort in ("relevance",) if q in BY_RELEVANCE else ("relevance", "newest", "oldest"):
            after = None
            while True:
                query = SearchQuery.model_validate(
                    {"q": q, "sort": sort, "after": after, "limit": 5, "once": " " in q}
                )
                page = engine.search(query, reader)
                found.append(page.model_dump_json())
                after = page.next
                if after is None or q in BY_RELEVANCE:
                    break
        found += [each.model_dump_json() for each in engine.suggest(q, 9, reader)]
        found += [each.model_dump_json() for each in engine.tags(q, 9, reader)]
    return found


class EngineConformance:
    """The tests that every engine must pass."""

    def test_words_must_all_occur_phrases_stand_together_exclusions_not_at_all(self, engine: Engine) -> None:
        engine.index(
            [
                document("a", "Market walk", "We photograph the old market hall."),
                document("b", "Walking the hall", "A market of old photographs."),
                document("c", "Nothing of it", "Entirely elsewhere."),
            ]
        )
        assert set(ids(engine, "market photograph")) == {"a", "b"}
        assert ids(engine, '"old market"') == ["a"]
        assert ids(engine, '"market old"') == []
        assert ids(engine, "market -walking") == []
        assert ids(engine, 'market -"old market"') == ["b"]
        assert ids(engine, "-market") == ["c"]
        assert ids(engine, 'market "nowhere else"') == []

    @pytest.mark.parametrize(
        "q",
        [
            "",
            '"',
            "-",
            '-"',
            "()",
            "AND",
            "NEAR(a b)",
            "title:x OR",
            "*",
            "a*",
            "'",
            "\x00",
            "…",
            "^x",
        ],
    )
    def test_nothing_that_is_typed_breaks_it(self, engine: Engine, q: str) -> None:
        engine.index([document("a", "Near and far", "or not title")])
        engine.search(SearchQuery(q=q), PUBLIC)
        engine.suggest(q, 5, PUBLIC)
        engine.tags(q, 5, PUBLIC)
        engine.suggest(q + "\ud800", 5, PUBLIC)
        engine.tags(q + "\ud800", 5, PUBLIC)

    @pytest.mark.parametrize(
        ("language", "text", "queries"),
        [
            ("en", "The editors were editing articles", ["editor", "edited", "ARTICLE"]),
            ("es", "La educación de las niñas", ["educacion", "EDUCACIÓN", "niña"]),
            ("fr", "Les événements de l’école", ["événement", "evenements", "ecole", "l'école"]),
            ("de", "Häuser an der Straße", ["Haus", "STRASSE", "haeuser"]),
            (
                "ar",
                "زرنا المكتبة القديمة مع المتطوعين",
                ["مكتبة", "مكتبه", "والمكتبات", "متطوعين", "القَدِيمَة"],
            ),
            ("he", "והספרים שבספרייה בירושלים", ["ירושלים", "הספרייה", "סְפָרִים"]),
            ("hi", "हिन्दी में लेख ज़रूर लिखें", ["हिंदी", "जरूर"]),
            ("ja", "東京大学でウィキペディアを編集する", ["東京", "大学", "編集", "ｳｨｷﾍﾟﾃﾞｨｱ", "編", "る"]),
            ("zh", "我们在图书馆编辑维基百科", ["图书馆", "维基", "馆"]),
            ("th", "เราแก้ไขวิกิพีเดียด้วยกัน", ["แก้ไข", "วิกิพีเดีย"]),
            ("ko", "학교에서 위키백과를 편집합니다", ["위키백과", "편집"]),
            ("ru", "Ёлки и книги", ["книга", "елка"]),
            ("tr", "İstanbul kitaplıkları IŞIK", ["istanbul", "ışık"]),
            ("sv", "Träffen på Åland", ["åland"]),
            ("pl", "Spotkanie w Łodzi", ["lodzi"]),
            ("vi", "Hội thảo ở Đà Nẵng", ["da nang"]),
            ("fa", "ویرایش ویکی‌پدیا", ["ویکی‌پدیا", "ويرايش"]),
        ],
    )
    def test_each_language_by_its_own_rules_whatever_the_readers(
        self, engine: Engine, language: str, text: str, queries: list[str]
    ) -> None:
        engine.index([document("a", "", text, language), document("b", "Other", "words", "en")])
        for q in queries:
            for reader in (PUBLIC, Reader(("public",), (language, "en"))):
                assert ids(engine, q, reader) == ["a"], q

    @pytest.mark.parametrize(
        ("language", "text", "q"),
        [
            ("sv", "Året", "aret"), ("es", "El año", "ano"), ("ja", "東京都", "京東"), ("uk", "їжак", "іжак"),
            ("en", "universe", "université"),
        ],
    )  # fmt: skip
    def test_what_is_another_word_is_not_found(
        self, engine: Engine, language: str, text: str, q: str
    ) -> None:
        engine.index([document("a", "", text, language), document("b", "", "petite", "fr")])
        found = engine.search(SearchQuery(q=q), PUBLIC)
        assert found.items == [] or found.relaxed, "at most as a similar word"

    def test_a_title_counts_more_than_a_tag_more_than_a_text(self, engine: Engine) -> None:
        filler = "and some more words to make it long enough"
        engine.index(
            [
                document("text", "Other", f"A glossary {filler}"),
                document("tag", "Another", f"Words {filler}", tags=("glossary",)),
                document("title", "Glossary", f"Words {filler}"),
            ]
        )
        assert ids(engine, "glossary") == ["title", "tag", "text"]

    def test_among_equals_the_newer_and_the_readers_own_language_come_first(self, engine: Engine) -> None:
        old, new = SOME_DAY - timedelta(days=900), SOME_DAY
        engine.index([document("old", "Wiki", at=old), document("new", "Wiki", at=new)])
        assert ids(engine, "wiki") == ["new", "old"]
        engine.index([document("own", "Wiki", language="ja", at=new)])
        assert ids(engine, "wiki", Reader(("public",), ("ja",)))[0] == "own"

    def test_filters_narrow_and_facets_count_what_each_value_would_leave(self, engine: Engine) -> None:
        engine.index(
            [
                document("a", "Wiki", tags=("maps", "help"), category="general", author_id="anna"),
                document("b", "Wiki", kind="article", tags=("maps",), language="es", author_id="ben"),
                document("c", "Wiki", kind="article", category="events", at=SOME_DAY + timedelta(days=9)),
            ]
        )
        for q in ("wiki", ""):
            assert set(ids(engine, q, kinds=["article"])) == {"b", "c"}
            assert set(ids(engine, q, kinds=["article", "topic"], tags=["maps"])) == {"a", "b"}
            assert ids(engine, q, languages=["es"]) == ["b"]
            assert ids(engine, q, category="general") == ["a"]
            assert ids(engine, q, author_id="ben") == ["b"]
            assert ids(engine, q, after_time=SOME_DAY + timedelta(days=1)) == ["c"]
            assert set(ids(engine, q, before_time=SOME_DAY + timedelta(days=1))) == {"a", "b"}
            found = engine.search(SearchQuery(q=q, kinds=["article"]), PUBLIC)
            assert found.total == 2
            assert {each.value: each.count for each in found.kinds} == {"article": 2, "topic": 1}
            assert {each.value: each.count for each in found.languages} == {"es": 1, "en": 1}
            assert {each.value: each.count for each in found.tags} == {"maps": 1}
            everything = engine.search(SearchQuery(q=q), PUBLIC)
            assert everything.total == 3
            assert {each.value: each.count for each in everything.tags} == {"maps": 2, "help": 1}

    def test_what_a_reader_may_not_see_counts_nowhere(self, engine: Engine) -> None:
        group = "group:0000000000000001"
        engine.index([document("open", "Secret garden", tags=("gardens",)), document("other", "Plain")])
        seen = [
            engine.search(SearchQuery(q=q), PUBLIC).model_dump() for q in ("secret", "", "garden -plain")
        ] + [engine.suggest("sec", 9, PUBLIC), engine.tags("", 9, PUBLIC)]
        engine.index(
            [
                document(
                    "hidden", "Secret meeting", audience=group, tags=("gardens", "cellar"), language="de"
                ),
                document("inside", "Secret for members", audience="members", tags=("members",)),
            ]
        )
        assert seen == [
            engine.search(SearchQuery(q=q), PUBLIC).model_dump() for q in ("secret", "", "garden -plain")
        ] + [engine.suggest("sec", 9, PUBLIC), engine.tags("", 9, PUBLIC)]
        assert ids(engine, "", PUBLIC, audience=group) == []
        assert ids(engine, "", INSIDER, audience=group) == ["hidden"]
        assert set(ids(engine, "secret", INSIDER)) == {"open", "hidden", "inside"}
        assert [line.tag for line in engine.tags("c", 9, INSIDER)] == ["cellar"]

    def test_a_phrase_finds_the_same_whatever_the_hidden_texts_say(self, engine: Engine) -> None:
        """A word of a phrase has one form only; which one, no hidden text decides."""
        phrase, visible, hidden = '"Größe matters"', "grossee matters", "gross"
        engine.index([document("open", visible)])
        before = engine.search(SearchQuery(q=phrase), PUBLIC).model_dump()
        engine.index([document("hidden", hidden, audience="group:0000000000000001")])
        assert engine.search(SearchQuery(q=phrase), PUBLIC).model_dump() == before

    def test_a_document_takes_the_place_of_its_former_self(self, engine: Engine) -> None:
        engine.index([document("a", "First words", tags=("one",)), document("b", "Bystander")])
        engine.index([document("a", "Second thoughts", tags=("two",), audience="members")])
        assert ids(engine, "first", INSIDER) == []
        assert ids(engine, "thoughts", INSIDER) == ["a"]
        assert ids(engine, "thoughts") == []
        assert [(line.tag, line.items) for line in engine.tags("", 9, INSIDER)] == [("two", 1)]
        engine.remove([Key("topic", "a"), Key("topic", "never was")])
        assert ids(engine, "thoughts", INSIDER) == []
        assert ids(engine, "", INSIDER) == ["b"]
        assert engine.tags("", 9, INSIDER) == []
        assert engine.suggest("seco", 9, INSIDER) == []
        assert [each.key.id for each in engine.documents()] == ["b"]

    @pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
    @pytest.mark.parametrize("q", ["wiki", ""])
    def test_pages_follow_each_other_without_loss_or_repeat(self, engine: Engine, q: str, sort: Any) -> None:
        engine.index(
            [
                document(f"d{n:02}", "wiki " * (n % 4 + 1), at=SOME_DAY + timedelta(hours=n // 3))
                for n in range(23)
            ]
        )
        whole = ids(engine, q, sort=sort, limit=100)
        assert len(whole) == 23
        found: list[str] = []
        after = None
        while True:
            page = engine.search(SearchQuery(q=q, sort=sort, limit=5, after=after), PUBLIC)
            assert page.total == 23
            found += [hit.id for hit in page.items]
            after = page.next
            if after is None:
                break
        assert found == whole

    def test_a_further_page_is_empty_when_nothing_is_found_any_more(self, engine: Engine) -> None:
        engine.index([document(f"d{n}", "wiki") for n in range(3)])
        after = engine.search(SearchQuery(q="wiki", limit=2), PUBLIC).next
        assert after is not None
        engine.remove([document(f"d{n}").key for n in range(3)])
        assert engine.search(SearchQuery(q="wiki", limit=2, after=after), PUBLIC).items == []

    @pytest.mark.slow
    @pytest.mark.parametrize("reader", [PUBLIC, Reader(("public", "members"), ("tr", "en"))])
    def test_what_is_hidden_changes_no_byte_of_an_answer(self, engine: Engine, reader: Reader) -> None:
        """Not the order, scores, cursors, totals, facets, snippets, suggestions and tags: what a hidden group writes
        about, in which language, when and how often, shows nowhere."""
        for number in range(12):
            words = f"alpha {'beta ' * (number % 3)} gamma {'filler ' * number}"
            engine.index(
                [
                    document(
                        f"p{number:02}",
                        "Alpha" if number % 4 else "Beta",
                        words,
                        tags=("one",),
                        author_id="a" * 16,
                    ),
                    document(f"m{number:02}", "", f"gamma {words}", audience="members"),
                ]
            )
        before = answers(engine, reader)
        hidden = [
            document(
                f"h{number:03}", "Beta alpha", "beta zeta " * (number % 7 + 1), ("en", "tr", "ja")[number % 3],
                audience="group:0000000000000001", tags=("one", "two"), author_id="b" * 16,
                at=SOME_DAY + timedelta(days=number - 100), keywords=("Istanbul",), category="cellar",
                thread="hidden", marks=("has:picture",),
            )
            for number in range(300)
        ]  # fmt: skip
        group = document(
            "0000000000000001", "Hidden", kind="group", path="/groups/hidden", audience=hidden[0].audience
        )
        hidden.append(group)
        engine.index(hidden)
        assert answers(engine, reader) == before
        assert answers(engine, INSIDER) != before
        engine.remove([each.key for each in hidden[:150]])
        assert answers(engine, reader) == before

    @pytest.mark.parametrize("cursor", ["x", "1", "_", "1_x", "nan_", "1_2_3"])
    @pytest.mark.parametrize("q", ["wiki", ""])
    def test_a_cursor_that_is_none_is_refused(self, engine: Engine, cursor: str, q: str) -> None:
        with pytest.raises(Invalid, match="cursor-shape"):
            engine.search(SearchQuery(q=q, after=cursor), PUBLIC)

    def test_a_hit_shows_the_version_that_matched_and_where(self, engine: Engine) -> None:
        texts = (
            Text("en", "Market walk", "Bring a camera."),
            Text("es", "Paseo", "Traed la cámara al mercado."),
        )
        engine.index([document("a", texts=texts)])
        hit = engine.search(SearchQuery(q="mercados"), PUBLIC).items[0]
        assert (hit.language, hit.title) == ("es", "Paseo")
        assert hit.snippet == "Traed la cámara al \ue000mercado\ue001."
        hit = engine.search(SearchQuery(q=""), Reader(("public",), ("es",))).items[0]
        assert (hit.language, hit.snippet) == ("es", "Traed la cámara al mercado.")
        hit = engine.search(SearchQuery(q="camera"), Reader(("public",), ("es",))).items[0]
        assert hit.snippet == "Bring a \ue000camera\ue001."
        engine.index([document("b", "京", "昨日は東京大学で編集した。", "ja")])
        assert (
            engine.search(SearchQuery(q="東京大学"), PUBLIC).items[0].snippet
            == "昨日は\ue000東京大学\ue001で編集した。"
        )

    def test_a_long_text_shows_the_piece_where_the_words_stand(self, engine: Engine) -> None:
        body = "Once upon a time. " * 80 + "The glossary of the valley grows. " + "The end is near. " * 80
        engine.index([document("a", "Tale", body)])
        snippet = engine.search(SearchQuery(q="glossary valley"), PUBLIC).items[0].snippet
        assert "\ue000glossary\ue001 of the \ue000valley\ue001" in snippet
        assert snippet.startswith("… ")
        assert snippet.endswith(" …")
        assert len(snippet) < 270

    def test_a_phrase_does_not_reach_from_one_version_into_the_next(self, engine: Engine) -> None:
        engine.index([document("a", texts=(Text("en", "x", "alpha"), Text("fi", "y", "beta")))])
        assert ids(engine, '"alpha beta"') == []
        assert ids(engine, "alpha beta") == ["a"]

    def test_an_authors_name_finds_what_they_wrote_also_after_they_took_another(self, engine: Engine) -> None:
        engine.index([document("a", "Walk", author_id="p1"), document("b", "About Amira_H", author_id="p2")])
        engine.set_author_name("p1", "Amira_H")
        assert set(ids(engine, "amira_h")) == {"a", "b"}
        assert ids(engine, "walk Amira_H") == ["a"]
        engine.set_author_name("p1", "Nour")
        assert ids(engine, "nour") == ["a"]
        assert ids(engine, "amira_h") == ["b"]

    def test_a_title_that_belongs_to_another_is_shown_but_does_not_find(self, engine: Engine) -> None:
        engine.index([document("p", "Glossary", "I agree.", kind="post", titled=False)])
        assert ids(engine, "glossary") == []
        assert engine.suggest("glo", 9, PUBLIC) == []
        assert engine.search(SearchQuery(q="agree"), PUBLIC).items[0].title == "Glossary"

    def test_suggestions_begin_as_typed(self, engine: Engine) -> None:
        engine.index(
            [
                document("a", "The translation round"),
                document("b", "Translators of the world"),
                document("c", "東京の地図", language="ja"),
                document("d", "المكتبة القديمة", language="ar"),
                document("e", texts=(Text("en", "Market walk"), Text("es", "Paseo por el mercado"))),
            ]
        )

        def titles(prefix: str, reader: Reader = PUBLIC) -> list[str]:
            return [line.title for line in engine.suggest(prefix, 9, reader)]

        assert titles("trans") == ["Translators of the world", "The translation round"]
        assert titles("translation ro") == ["The translation round"]
        assert titles("TRANSLATIÓN round") == ["The translation round"]
        assert titles("trans lation") == []
        assert titles("東") == titles("東京") == titles("地図") == ["東京の地図"]
        assert titles("المك") == ["المكتبة القديمة"]
        assert titles("merc") == ["Paseo por el mercado"]
        assert titles("") == []

    def test_tags_are_counted_for_the_reader(self, engine: Engine) -> None:
        engine.index([document("a", tags=("maps", "市場")), document("b", tags=("maps", "markets"))])
        assert [(line.tag, line.items) for line in engine.tags("", 9, PUBLIC)] == [
            ("maps", 2),
            ("markets", 1),
            ("市場", 1),
        ]
        assert [line.tag for line in engine.tags("#Ma", 1, PUBLIC)] == ["maps"]
        assert [line.tag for line in engine.tags("市", 9, PUBLIC)] == ["市場"]

    def test_it_gives_back_what_was_put_in(self, engine: Engine) -> None:
        put = [
            document(
                "a",
                "Walk",
                "Text",
                kind="article",
                tags=("maps",),
                category="general",
                author_id="p",
                keywords=("Köln",),
            ),
            document("b", texts=(Text("en", "One", ""), Text("ar", "واحد", ""))),
            document("c", "Re", "Yes", kind="post", titled=False, audience="members"),
        ]
        engine.index(put[::-1])
        assert sorted(engine.documents(), key=lambda each: each.key.id) == put
