"""Random worlds of documents, and queries that tell them apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from services.search.engine import Document, Key, Text
from tests.unit.search.engine_conformance import SOME_DAY

GROUP = "group:0000000000000001"
WORDS = ("market", "glossary", "editing", "bibliothek", "東京の地図", "المكتبة", "книги", "maps")

words = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
texts = st.lists(
    st.builds(Text, st.sampled_from(["en", "de", "ja", "ar", "ru"]), words, words),
    min_size=1, max_size=2, unique_by=lambda text: text.language,
)  # fmt: skip
documents = st.builds(
    Document,
    key=st.builds(
        Key, st.sampled_from(["article", "topic", "post", "event"]), st.sampled_from(["a", "b", "c", "d"])
    ),
    path=st.just("/x"),
    audience=st.sampled_from(["public", "public", "members", GROUP]),
    at=st.integers(0, 900).map(lambda days: SOME_DAY - timedelta(days=days)),
    texts=texts.map(tuple),
    author_id=st.sampled_from([None, "p1", "p2"]),
    category=st.sampled_from([None, "general", "events"]),
    tags=st.lists(st.sampled_from(["maps", "help", "市場"]), max_size=2, unique=True).map(tuple),
    titled=st.booleans(),
    thread=st.sampled_from([None, "t1", "t2"]),
    marks=st.sampled_from([(), ("has:picture",)]),
    point=st.sampled_from([None, (38.7, -9.1), (38.8, -9.4), (-18.0, 179.9), (90.0, 12.5)]),
).map(lambda each: each if each.key.kind == "event" else replace(each, point=None))
QUERIES = (
    "", "market", "market glossary", "edited", '"market glossary"', "-market", "glosary", "mar*",
    "tag:maps market OR maps",
    "Bibliotheken", "地図", "مكتبه", "kind:topic", "author:amira", "market after:2025", "has:picture in:title market",
    "nothing market glossary", "near:Lisbon", "market near:-18,-179.9 within:25km OR near:89.9,100",
    "glossary -near:Lisbon within:20km",
)  # fmt: skip
