"""What the machine refuses is a sentence; a bug is not one of them."""

from __future__ import annotations

import errno

import av
import pytest

from flows._refusals import sentence


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_names_the_file_and_what_to_set(number):
    text = sentence(OSError(number, "No space left on device", "/tmp/x/y.mp4"))
    assert text.startswith("no space left on the device for /tmp/x/y.mp4; ")
    assert "TMPDIR" in text and "RUNS" in text


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_place_that_is_closed(number):
    assert sentence(OSError(number, "Permission denied", "/x")).startswith("/x is not writable; ")


def test_without_a_name_it_is_a_temporary_file():
    assert "a temporary file" in sentence(OSError(errno.ENOSPC, "No space left on device"))


def test_the_video_library_says_it_in_its_own_class():
    error = av.error.OSError(errno.ENOSPC, "No space left on device", "/tmp/x.mp4")
    assert "no space left" in sentence(error)


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "No such file", "/x"), ValueError("x"), KeyboardInterrupt()])
def test_everything_else_is_for_somebody_else(error):
    assert sentence(error) == ""
