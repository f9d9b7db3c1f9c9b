"""How much of a mail is read. What is more is refused by its length, before it is parsed."""

MOST_BYTES = 30_000_000
"""The most bytes of a mail, pictures included."""

MOST_HEAD = 500_000
"""The most bytes of all headers of one part."""

MOST_HEADERS = 1_000
"""The most headers of one part."""

MOST_VALUE = 20_000
"""So many bytes of one header's value are read; the rest of it is ignored."""

MOST_PARTS = 200
"""The most parts of a mail, at all levels together."""

MOST_DEPTH = 12
"""How deep parts are nested at most."""

MOST_TEXT = 2_000_000
"""The most bytes of all texts of a mail, quotes included, after their transfer encoding is undone."""

MOST_LINES = 10_000
"""The most lines of a mail's texts."""

MOST_HTML_LINES = 30_000
"""The most lines that are made of an HTML text."""

MOST_TAGS = 60_000
"""The most tags of an HTML text."""

MOST_OPEN_TAGS = 3_000
"""So many of them may be open at once: more than any program writes, also of those that nobody closes."""

MOST_NESTED_TAGS = 400
"""How deep an HTML text is nested at most, where its tags are closed as they should be."""

MOST_QUOTED = 10
"""So deep a line is quoted at most."""

MOST_PICTURES = 20
"""So many pictures are taken from a mail."""

MOST_BOUNDARIES = 10_000
"""The most lines in one part that look like the boundaries between parts."""

LONGEST_LINE = 500
"""The most characters of a line, or of several that belong together, that is compared with what mail programs write."""
