"""A camera that is lost and found again: how often it is asked, and what is said of it."""

from __future__ import annotations

import threading

import av
import pytest

from components.sources.stream import Stream


class Waits(threading.Event):
    """Waits for nobody, and is set after so many times."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.asked = most, list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout or 0.0)
        if len(self.asked) == self.most:
            self.set()
        return self.is_set()


def away(error: Exception) -> Stream:
    source = Stream("cam", url="rtsp://viewer:hush@10.0.0.1/a", timeout=3.0, retry_first=0.5, retry_longest=6.0)

    def opened(*, watched: bool = True) -> None:
        raise error

    source.opened = opened
    return source


def test_it_is_asked_ever_less_often_never_at_the_same_moments_and_for_ever(tmp_path):
    stop = Waits(200)
    assert list(away(OSError(113, "No route to host")).keep(tmp_path, 1.0, stop)) == []
    for place, longest in enumerate([1.0, 2.0, 4.0, *[6.0] * 197]):
        assert 0.5 * longest <= stop.asked[place] <= longest
    assert len(set(stop.asked[3:])) > 190, "not all cameras of a switch come back at the same moment"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(113, "No route to host"), "No route to host"),
        (av.error.ExitError(1, "Immediate exit requested", "rtsp://viewer:hush@10.0.0.1/a"), "nothing came for 3 s"),
        (IndexError("rtsp://viewer:hush@10.0.0.1/a"), "IndexError"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(tmp_path, caplog, error, says):
    source = away(error)
    list(source.keep(tmp_path, 1.0, Waits(2)))
    assert source.problem == f"rtsp://***@10.0.0.1/a: {says}; check the camera, its address and its password"
    assert "hush" not in caplog.text and caplog.text.count("trying again") == 1
