"""One HTML page that needs nothing else: elements and pictures in it, every text escaped by the tree that holds it."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1200px; padding: 0 1rem }
body { color: #1b1f24; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem } h3 { font-size: 1rem; margin: 1.4rem 0 .3rem }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid #d8dee4; padding: .25rem .7rem .25rem 0; text-align: left; vertical-align: top }
th { border-bottom-color: #8c959f } td small { color: #59636e; display: block } code { font-size: .92em; overflow-wrap: anywhere }
.better { color: #0b6b2c; font-weight: 600 } .worse { color: #b3261e; font-weight: 600 } .note { color: #59636e; max-width: 75ch }
.warning { border-left: 4px solid #b3261e; padding: .1rem 1rem; background: #fff4f3 }
figure { margin: .4rem 0; display: inline-block } figcaption { color: #59636e; font-size: .9em }
svg { max-width: 100%; height: auto }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3 } th, td { border-bottom-color: #30363d }
  td small, .note, figcaption { color: #9198a1 }
  .better { color: #4ac26b } .worse { color: #ff7b72 } .warning { background: #2d1513 } svg text { fill: currentColor }
}
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # the page may fetch nothing, whatever stands in it
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # categories of Unicode that nobody sees
Child = str | ET.Element


def element(tag: str, *children: Child, **attributes: str | float) -> ET.Element:
    """An element with texts and elements in it; `class_` and `stroke_width` are written class and stroke-width."""
    made = ET.Element(tag, {_name(name): printable(str(value)) for name, value in attributes.items()})
    for child in children:
        if isinstance(child, ET.Element):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + printable(child)
        else:
            made.text = (made.text or "") + printable(child)
    return made


def printable(text: str) -> str:
    """`text` without what moves a cursor or turns the direction of writing: names of runs come from strangers."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) in HIDDEN else sign for sign in text)


def _name(name: str) -> str:
    return "viewBox" if name == "viewBox" else name.rstrip("_").replace("_", "-")


def page(title: str, parts: Iterable[ET.Element]) -> str:
    """The whole document."""
    style = ET.Element("style")
    style.text = STYLE
    head = element(
        "head", element("meta", charset="utf-8"), element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"), element("title", title), style,
    )  # fmt: skip
    whole = element("html", head, element("body", element("h1", title), *parts), lang="en")
    return "<!DOCTYPE html>\n" + ET.tostring(whole, encoding="unicode", method="html")


def grid(heads: Sequence[Child], rows: Iterable[Sequence[Child]]) -> ET.Element:
    """A table that scrolls by itself where it is wider than the page."""
    head = element("tr", *(element("th", each, scope="col") for each in heads))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    return element("div", element("table", element("thead", head), element("tbody", *body)), class_="wide")


def data_url(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
