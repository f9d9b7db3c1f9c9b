"""Reading the content of the demo."""

from space.demo.model import unwrapped


def test_a_wrapped_paragraph_becomes_one_line_and_the_rest_stays() -> None:
    text = "One line\ngoes on.\n\n- a list\n- stays\n\n> a quote\n> too\n\n1. and\n2. numbers"
    assert unwrapped(text) == text.replace("line\ngoes", "line goes")


def test_a_script_without_spaces_gets_none() -> None:
    assert unwrapped("今日は\n晴れ。") == "今日は晴れ。"
