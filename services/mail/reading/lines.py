"""The lines of a mail's text, as its plain text and its HTML are both turned into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["", "attribution", "signature", "cut"]
"""What a mail program's own HTML says of a line: it names who is quoted; it is the signature; with it begins the mail
that is answered, to the end."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line in Markdown, without the marks of quotes.

    `depth`: how deep it is quoted. `cited`: a mail program quoted it, not the writer. `code`: it is inside a block of
    code. `wrapped`: it may go on in the next line, since programs wrap long ones.
    """

    text: str
    depth: int = 0
    cited: bool = False
    mark: Mark = ""
    code: bool = False
    wrapped: bool = False

    @property
    def blank(self) -> bool:
        """Whether nothing is on it."""
        return not self.text.strip()
