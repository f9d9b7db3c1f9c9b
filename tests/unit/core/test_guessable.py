"""Passwords that are tried first are known, and no others."""

from __future__ import annotations

import pytest

from core.guessable import is_guessable


@pytest.mark.parametrize(
    "password",
    [
        "password", "12345678", "aaaaaaaa", " " * 8, "abcabcabc", "qwertyuiop", "Passw0rd!", "password1", "abcdefgh",
        "11112222", "12344321", "p@ssword", "1qaz2wsx", "iloveyou", "密码密码密码密码", "qwertzuiop", "19841984",
        "football1", "abcd1234", "letmein123", "abababababab", "123456789012", "йцукенгш", "Passwort2024",
        "contraseña1", "aaaabbbb", "trustno1!", "passwordpassword", "monkey 2024", "ｐａｓｓｗｏｒｄ", "87654321",
        "zyxwvuts", "a b c d e f", "パスワード123", "p a s s w o r d",
    ],
)  # fmt: skip
def test_what_is_tried_first(password: str) -> None:
    assert is_guessable(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse", "hands in the soil", "nothing like it", "贸易战开始了吗朋友", "सुरक्षित है", "x7Kp2mQz",
        "tr0ub4dor&3", "mein Hund heißt Bo", "Fußballverein7", "لا أحد يعرفها", "wQ9-rT2-pL5",
    ],
)  # fmt: skip
def test_what_is_not(password: str) -> None:
    assert not is_guessable(password)
