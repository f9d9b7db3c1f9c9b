"""Mails as programs write them: the same answer to the same mail, in each language of `languages.json`.

`new` is what was answered, two paragraphs; `quoted` is the mail that was answered, in two lines. The rest is what each
program adds in its own words.
"""

from __future__ import annotations

import html
import json
import quopri
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

_HEAD = """\
From: Anna <anna@example.org>
To: Space <reply+k3y@mail.space.example>
Subject: Re: The map
Message-ID: <answer@example.org>
In-Reply-To: <post.7@space.example>
MIME-Version: 1.0
"""


@cache
def languages() -> dict[str, dict[str, Any]]:
    """The words of each language."""
    found: dict[str, dict[str, Any]] = json.loads(
        (Path(__file__).parent / "languages.json").read_text("utf-8")
    )
    return found


def answer(language: str) -> str:
    """What is new in each of the mails of a language."""
    return "\n\n".join(languages()[language]["new"])


def _part(media_type: str, text: str, parameters: str = "") -> bytes:
    head = f"Content-Type: {media_type}; charset=utf-8{parameters}\nContent-Transfer-Encoding: quoted-printable\n\n"
    return head.encode() + quopri.encodestring(text.encode("utf-8"))


def _alternative(plain: str, formatted: str) -> bytes:
    parts = [_part("text/plain", plain), _part("text/html", formatted)]
    body = b"".join(b"--=_part_1\n" + part + b"\n" for part in parts)
    head = _HEAD + 'Content-Type: multipart/alternative; boundary="=_part_1"\n\n'
    return head.encode() + body + b"--=_part_1--\n"


def _alone(plain: str, parameters: str = "") -> bytes:
    return _HEAD.encode() + _part("text/plain", plain, parameters)


def _quoted(lines: list[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _wrapped(line: str) -> str:
    return "\n".join(textwrap.wrap(line, 74, break_long_words=False, break_on_hyphens=False))


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _block(words: dict[str, Any], before: str = "", after: str = "") -> list[str]:
    """The headers that Outlook puts above the mail that is answered."""
    values = (
        "Bob via Space <noreply@space.example>",
        "Monday, January 1, 2024 10:00 AM",
        "Anna <anna@example.org>",
        "The map",
    )
    return [f"{before}{label}{after} {value}" for label, value in zip(words["outlook"], values, strict=True)]


def gmail_web(words: dict[str, Any]) -> bytes:
    """Gmail in a browser."""
    plain = "\n\n".join([*words["new"], f"{_wrapped(words['gmail'])}\n\n{_quoted(words['quoted'])}"]) + "\n"
    new = "<div><br></div>".join(f"<div>{_escaped(each)}</div>" for each in words["new"])
    quoted = "<br>\n".join(_escaped(each) for each in words["quoted"])
    formatted = (
        f'<div dir="ltr">{new}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" '
        'class="gmail_attr">'
        f'{_escaped(words["gmail"])}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        f'border-left:1px solid rgb(204,204,204);padding-left:1ex">{quoted}</blockquote></div>\n'
    )
    return _alternative(plain, formatted)


def gmail_plain(words: dict[str, Any]) -> bytes:
    """Gmail in plain text mode."""
    return _alone(
        "\n\n".join([*words["new"], f"{_wrapped(words['gmail'])}\n\n{_quoted(words['quoted'])}"]) + "\n"
    )


def iphone(words: dict[str, Any]) -> bytes:
    """Mail of iOS."""
    new = "<div><br></div>".join(f"<div>{_escaped(each)}</div>" for each in words["new"])
    quoted = "<br>".join(_escaped(each) for each in words["quoted"])
    plain = (
        "\n\n".join([*words["new"], words["phone"], _quoted([words["apple"], "", *words["quoted"]])]) + "\n"
    )
    formatted = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">'
        f'{new}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">{_escaped(words["phone"])}</div><div dir="ltr">'
        f'<br><blockquote type="cite">{_escaped(words["apple"])}<br><br></blockquote></div><blockquote type="cite">'
        f'<div dir="ltr">\ufeff{quoted}</div></blockquote></body></html>'
    )
    return _alternative(plain, formatted)


def outlook_desktop(words: dict[str, Any]) -> bytes:
    """Outlook of Windows, whose HTML is Word's."""
    new = '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>'.join(
        f'<p class="MsoNormal"><span style="font-size:11.0pt">{_escaped(each)}<o:p></o:p></span></p>'
        for each in words["new"]
    )
    head = "<br>\n".join(
        f"<b>{_escaped(label)}</b> {_escaped(line.removeprefix(label).strip())}"
        for label, line in zip(words["outlook"], _block(words), strict=True)
    )
    quoted = "".join(f'<p class="MsoNormal">{_escaped(each)}<o:p></o:p></p>' for each in words["quoted"])
    formatted = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {margin:0cm;} -->'
        "</style>"
        f'<!--[if gte mso 9]><xml></xml><![endif]--></head><body lang="EN-US"><div class="WordSection1">{new}'
        '<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;'
        f'padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{head}<o:p></o:p></p></div></div>'
        f'<p class="MsoNormal"><o:p>&nbsp;</o:p></p>{quoted}</div></body></html>'
    )
    plain = "\n\n".join([*words["new"], "\n".join([*_block(words), "", *words["quoted"]])]) + "\n"
    return _alternative(plain, formatted)


def outlook_phone(words: dict[str, Any]) -> bytes:
    """Outlook of phones, in plain text."""
    return _alone(
        "\n\n".join([*words["new"], "_" * 32 + "\n" + "\n".join([*_block(words), "", *words["quoted"]])])
    )


def outlook_web(words: dict[str, Any]) -> bytes:
    """Outlook in a browser."""
    style = 'style="font-family: Aptos, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);"'
    new = f"<div {style}><br></div>".join(
        f'<div class="elementToProof" {style}>{_escaped(each)}</div>' for each in words["new"]
    )
    head = "<br>".join(_escaped(line) for line in _block(words))
    quoted = "".join(f"<div>{_escaped(each)}</div>" for each in words["quoted"])
    formatted = (
        f'<html><body dir="ltr">{new}<div id="appendonsend"></div><hr style="display:inline-block;width:98%" '
        f'tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif">{head}</font><div>&nbsp;'
        f"</div></div>{quoted}</body></html>"
    )
    plain = "\n\n".join([*words["new"], "_" * 32 + "\n" + "\n".join([*_block(words), "", *words["quoted"]])])
    return _alternative(plain, formatted)


def thunderbird_plain(words: dict[str, Any]) -> bytes:
    """Thunderbird in plain text, which flows."""
    text = "\n\n".join([*words["new"], f"{words['thunderbird']}\n{_quoted(words['quoted'])}"]) + "\n"
    return _alone(text, "; format=flowed")


def thunderbird(words: dict[str, Any]) -> bytes:
    """Thunderbird in HTML, with a signature."""
    new = "".join(f"<p>{_escaped(each)}</p>" for each in words["new"])
    quoted = "<br>\n".join(_escaped(each) for each in words["quoted"])
    formatted = (
        '<!DOCTYPE html>\n<html>\n  <head>\n    <meta http-equiv="Content-Type" content="text/html; charset=UTF-8">\n'
        f'  </head>\n  <body>\n    {new}\n    <div class="moz-signature">-- <br>\n      Anna</div>\n    <div '
        f'class="moz-cite-prefix">{_escaped(words["thunderbird"])}<br>\n    </div>\n    <blockquote type="cite" '
        f'cite="mid:post.7@space.example">\n      {quoted}\n    </blockquote>\n  </body>\n</html>\n'
    )
    plain = (
        "\n\n".join([*words["new"], "-- \nAnna", f"{words['thunderbird']}\n{_quoted(words['quoted'])}"])
        + "\n"
    )
    return _alternative(plain, formatted)


def samsung(words: dict[str, Any]) -> bytes:
    """Samsung's Email."""
    head = _block(words)
    new = "".join(
        f'<div dir="auto">{_escaped(each)}</div><div dir="auto"><br></div>' for each in words["new"]
    )
    rest = "".join(
        f"<div>{_escaped(line)} </div>" for line in [f"-------- {words['original']} --------", *head]
    )
    quoted = "".join(f"<div>{_escaped(each)}</div>" for each in words["quoted"])
    formatted = (
        f'<html><head></head><body>{new}<div id="composer_signature" dir="auto"></div><div align="left" dir="auto" '
        f'style="font-size:100%;color:#000000">{rest}<div><br></div></div>{quoted}</body></html>'
    )
    lines = [f"-------- {words['original']} --------", *head, "", *words["quoted"]]
    return _alternative("\n\n".join([*words["new"], "\n".join(lines)]) + "\n", formatted)


CLIENTS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    each.__name__: each
    for each in (
        gmail_web,
        gmail_plain,
        iphone,
        outlook_desktop,
        outlook_phone,
        outlook_web,
        thunderbird,
        thunderbird_plain,
        samsung,
    )
}
"""By their names."""
