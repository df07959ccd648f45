"""Whatever runs are called, the page has their names as text and fetches nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from components.evaluation.page import data_url, element, grid, page, printable

NASTY = '<script>alert("x")</script><img src=x onerror=alert(1)>&amp;\x1b[2J\u202e"\'>'


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.attributes: dict[str, str | None] = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= dict(attrs)

    def handle_data(self, data):
        self.text += data


def test_foreign_text_stays_text() -> None:
    read = Tags(page(NASTY, [grid([NASTY], [[NASTY]]), element("p", "a", element("b", "c"), NASTY, title=NASTY)]))
    assert not {"script", "img"} & set(read.tags) and not [name for name in read.attributes if name.startswith("on")]
    assert read.text.count(printable(NASTY)) == 5 and read.attributes["title"] == printable(NASTY)
    assert "\x1b" not in read.text and "\u202e" not in read.text
    assert read.attributes["content"] and "default-src 'none'" in page("x", [])


@pytest.mark.parametrize(
    ("text", "shown"), [("Süd 3 — ok", "Süd 3 — ok"), ("a\nb\x00", "a\ufffdb\ufffd"), ("\u200bx", "\ufffdx")]
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_content_in_an_address() -> None:
    assert data_url(b"\x00\xff", "image/jpeg") == "data:image/jpeg;base64,AP8="
