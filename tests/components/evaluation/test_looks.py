import numpy as np
import pyarrow.parquet as pq
import pytest

from components.contracts import Camera, Detections, Frame
from components.evaluation.looks import DETECTIONS, PICTURES, Looks
from components.evaluation.looks_report import compared, html, metrics, worst

SECOND = 10**9


def frame(i, camera="bay", time=None):
    shown = Camera(camera, "", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    return Frame(shown, i * SECOND if time is None else time, i, "", 0, np.zeros((60, 80, 3), np.uint8), np.diag([2.0, 2, 1]))


def seen(*people):
    boxes = np.array([[x, 0, x + 10, 20] for x, _ in people], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([s for _, s in people], np.float32), np.zeros(len(people), np.int64))


@pytest.fixture
def folder(tmp_path):
    looks = Looks(tmp_path / "one", score=0.25, overlap=0.5, pictures=2)
    spent = {"champion_ms": 10.0, "challenger_ms": 5.0}
    looks.add(frame(0), seen((0, 0.9), (40, 0.2)), seen((1, 0.7)), **spent)  # the weak one does not count
    looks.add(frame(4), seen((0, 0.9), (40, 0.5)), seen((80, 0.6)), **spent)
    looks.add(frame(5), seen((40, 0.3)), seen(), **spent)  # the same two seconds as the one before
    looks.add(frame(8, "desk"), seen((40, 0.9)), None, **spent)
    for i in (10, 14):
        looks.add(frame(i, "desk"), seen(), seen((0, i / 20)), **spent)
    looks.close()
    return tmp_path / "one"


def test_figures_by_camera_count_who_is_sure_and_what_both_could_see(folder):
    whole, bay, desk = compared([folder])
    assert (whole.camera, bay.camera, desk.camera) == ("all", "bay", "desk")
    assert (bay.both, bay.only_champion, bay.only_challenger, bay.rejected) == (1, 3, 1, 0)
    assert (desk.frames, desk.rejected, desk.only_challenger) == (2, 1, 2)
    assert bay.agreement == pytest.approx(2 / 6) and bay.same_count == pytest.approx(1 / 3)
    assert bay.score_apart == pytest.approx(0.2, abs=1e-6)
    assert (whole.champion_ms, whole.challenger_ms) == (10, 5)
    flat = metrics([whole, bay, desk])
    assert flat["agreement.camera.bay"] == bay.agreement and "score_apart.camera.desk" not in flat


def test_every_detection_that_counts_is_kept_with_whose_it_is(folder):
    rows = pq.read_table(folder / DETECTIONS).to_pylist()
    assert sorted(row["kind"] for row in rows) == ["both"] + ["only_challenger"] * 3 + ["only_champion"] * 3


def test_pictures_are_the_most_disputed_ones_of_different_moments(folder):
    names = sorted(path.name for path in (folder / PICTURES).iterdir())
    assert [name.split("-")[1] for name in names] == ["desk", "desk", "bay"]
    assert [path.name for path in worst([folder], 2)] == [names[-1], names[-2]]


def test_the_page_escapes_what_cameras_are_called(folder):
    text = html(compared([folder]), [folder], champion="<b>1</b>", challenger="2", notes=["it & ended"], most=9)
    assert text.count("data:image/jpeg") == 3 and "<b>1</b>" not in text and "it &amp; ended" in text


def test_nothing_seen_is_no_error(tmp_path):
    looks = Looks(tmp_path, score=0.25, overlap=0.5, pictures=0)
    looks.close()
    (whole,) = compared([tmp_path])
    assert whole.frames == 0 and np.isnan(whole.agreement)
    assert html([whole], [tmp_path], champion="1", challenger="2", notes=[], most=3)
