"""Named weights, from a real HTTP server on this machine: said, verified, kept, and found again without a network."""

import functools
import hashlib
import http.server
import logging
import threading

import pytest

from components.contracts import InputError
from components.models.published import Published, fetch

CONTENT = bytes(range(256)) * 12_000  # 3 MB


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        self.server.asked.append(self.command)


@pytest.fixture
def server(tmp_path):
    """Gives away what lies in `tmp_path/www`, and remembers what it was asked for."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "net.pth").write_bytes(CONTENT)
    handler = functools.partial(Quiet, directory=str(tmp_path / "www"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def table(server):
    def entry(path="net.pth", **other):
        url = f"http://127.0.0.1:{server.server_port}/{path}"
        return Published(
            **{"url": url, "sha256": hashlib.sha256(CONTENT).hexdigest(), "megabytes": 3.1, "licence": "BSD-3-Clause", **other}
        )

    return lambda **words: {"coco": entry(**words)}


def test_it_says_what_it_fetches_and_how_far_it_is(table, tmp_path, caplog):
    steps = []
    with caplog.at_level(logging.INFO):
        place = fetch("coco", table(), folder=tmp_path / "cache", progress=lambda *at: steps.append(at))
    assert place.read_bytes() == CONTENT
    assert place.parent.parent == tmp_path / "cache"
    (line,) = caplog.messages
    assert line == f"weights coco: fetching {table()['coco'].url} (3.1 MB, licence BSD-3-Clause) to {place}"
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (len(CONTENT), 3_100_000)
    assert [path.name for path in place.parent.iterdir()] == ["net.pth"]


def test_it_is_fetched_once_and_then_needs_no_network(table, server, tmp_path, caplog):
    first = fetch("coco", table(), folder=tmp_path)
    server.shutdown()
    server.server_close()
    with caplog.at_level(logging.INFO):
        assert fetch("coco", table(), folder=tmp_path) == first
    assert server.asked.count("GET") == 1
    assert not caplog.messages


def test_other_bytes_than_those_published_are_not_kept(table, tmp_path):
    with pytest.raises(
        InputError, match=r"^weights coco: \S+ gave 3,072,000 bytes with sha256 .*, expected 0{64}; nothing was kept"
    ):
        fetch("coco", table(sha256="0" * 64), folder=tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_without_a_network_it_says_where_to_put_the_file_by_hand(table, server, tmp_path):
    server.shutdown()
    server.server_close()
    place = table()["coco"].place(tmp_path)
    with pytest.raises(
        InputError, match=r"cannot be fetched \(.*\)\. Without a network: fetch that file elsewhere, put it at "
    ) as said:
        fetch("coco", table(), folder=tmp_path)
    assert str(place) in str(said.value)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(CONTENT)
    assert fetch("coco", table(), folder=tmp_path) == place


def test_a_file_that_is_not_there(table, tmp_path):
    with pytest.raises(InputError, match=r"none.pth cannot be fetched \(there is no such file, or nobody answers there"):
        fetch("coco", table(path="none.pth"), folder=tmp_path)


def test_a_file_that_was_changed_since_is_not_used(table, tmp_path):
    place = fetch("coco", table(), folder=tmp_path)
    place.write_bytes(b"other")
    with pytest.raises(InputError, match=r"is not the file that was published .* Remove it, and it is fetched again"):
        fetch("coco", table(), folder=tmp_path)


def test_a_mirror_is_another_address(tmp_path):
    (tmp_path / "mirror.pth").write_bytes(CONTENT)
    entry = Published(
        url=f"file://{tmp_path}/mirror.pth", sha256=hashlib.sha256(CONTENT).hexdigest(), megabytes=3.1, licence="MIT"
    )
    assert fetch("coco", {"coco": entry}, folder=tmp_path / "cache").read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", [{"sha256": "f37072fd"}, {"megabytes": 0.0}, {"url": "https://example.org/"}])
def test_an_entry_that_names_no_file_is_refused(wrong):
    right = {"url": "https://example.org/a.pth", "sha256": "0" * 64, "megabytes": 1.0, "licence": "MIT"}
    with pytest.raises(InputError, match="expected the address of a file"):
        Published(**{**right, **wrong})
