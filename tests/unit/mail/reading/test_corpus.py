"""What is new in each mail of the corpus, to the letter."""

from __future__ import annotations

import pytest

from services.mail.reading import read
from tests.unit.mail.corpus.clients import languages
from tests.unit.mail.corpus.mails import CorpusMail, mails, score

LEAST_MAILS, LEAST_LANGUAGES = 380, 30


@pytest.mark.parametrize("mail", mails(), ids=lambda mail: mail.name)
def test_exactly_what_is_new_becomes_the_text(mail: CorpusMail) -> None:
    assert read(mail.raw).text == mail.expected


def test_the_corpus_is_large() -> None:
    assert len({mail.name for mail in mails()}) == len(mails()) >= LEAST_MAILS
    assert len(languages()) >= LEAST_LANGUAGES


def test_a_score_counts_the_words_that_are_missing_and_those_that_stayed() -> None:
    assert score("a b c", "a b d e") == score("a c b", "e d b a")
    assert (score("a b c", "a b d e").lost, score("a b c", "a b d e").kept) == (2, 1)
    assert score("> a\n\nb", "a b").exact
    assert not score("a b", "b a").exact
