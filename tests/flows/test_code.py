"""Which code is running: the commit, and whether files differ from it."""

from __future__ import annotations

import subprocess

import pytest

from flows import _code


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git checkout with one commit that takes the place of ours."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "a.py").write_text("a = 1\n")
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "a.py"], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", folder, *words], check=True)
    monkeypatch.setattr(_code, "ROOT", folder)
    return folder


def test_a_clean_checkout(checkout):
    head = subprocess.run(["git", "-C", checkout, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert _code.commit() == _code.Commit(head, dirty=False)
    assert len(head) == 40


def test_a_changed_file_makes_it_dirty(checkout):
    (checkout / "a.py").write_text("a = 2\n")
    assert _code.commit().dirty


def test_a_new_file_that_nobody_has_added_does_not(checkout):
    (checkout / "notes.txt").write_text("x")
    assert not _code.commit().dirty


def test_outside_a_checkout_there_is_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(_code, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert _code.commit() == _code.Commit("", dirty=False)


def test_without_git_there_is_no_name(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert _code.commit() == _code.Commit("", dirty=False)
