"""What every answer tells the browser not to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from components.dashboard.access import STATIC
from components.dashboard.app import application
from components.dashboard.headers import ALWAYS


@pytest.fixture
def client(ward):
    app, _ = application(ward.storage, ward.database, password="", hosts=("testserver",))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/api/runs", "/static/page.js", "/nowhere", "/api/runs/bad/frames"])
def test_every_answer_has_them(client, path):
    headers = client.get(path).headers
    assert {name: headers[name] for name in ALWAYS} == ALWAYS
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_the_policy_allows_this_server_and_nothing_else():
    policy = ALWAYS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:|data:|\*", policy)


@pytest.mark.parametrize("file", sorted(path.name for path in STATIC.iterdir()))
def test_no_file_of_the_page_asks_anybody_else_or_writes_html(file):
    text = Path(STATIC / file).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|//cdn|@import|url\(", text)
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\sstyle=|\son[a-z]+=\"", text
    )
