from pathlib import Path

import numpy as np
import pytest

from components.contracts import Camera, Frame, InputError, Moment, Sighting
from components.database.database import Database
from components.samplers.active import HOUR, Active
from components.storage.sightings import SightingStore
from components.storage.storage import Storage

SECOND = 1_000_000_000
START = 1_772_452_800_000_000_000 // HOUR * HOUR
EYE = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def _write(storage: Storage, run: str, people, cameras=("cam", "other")) -> None:
    """Two hours of a run that looks once a second; `people(second)` are scores and left edges of boxes."""
    database = Database(f"sqlite:///{Path(storage.url).parent}/{run}.db")
    store = SightingStore(storage=storage, database=database, run=run, cameras=list(cameras), every=1e9)
    for name in cameras:
        camera = Camera(name, "", EYE)
        for second in range(0, 7200):
            time = START + second * SECOND
            frame = Frame(camera, time, second, "5" * 64, 0, np.zeros((1, 1, 3), np.uint8), np.eye(3))
            store.write(frame, [
                Sighting(name, camera.version, n, time, second, "5" * 64, 0, "unknown", 0.0, "unknown", 0.0, 0.0, 0.0, "z",
                         (left, 0.0, left + 40.0, 100.0), score)
                for n, (score, left) in enumerate(people(second))
            ])  # fmt: skip
    store.close()
    database.close()


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Storage:
    storage = Storage(str(tmp_path_factory.mktemp("active") / "store"))
    _write(storage, "sure", lambda second: [(0.9, 10.0), (0.3 if second % 600 == 7 else 0.8, 200.0)])
    _write(storage, "odd", lambda second: [(0.9, 12.0)] + [(0.9, 203.0)] * (second % 900 != 33), cameras=("cam",))
    return storage


def kept(sampler, camera="cam", fps=25, seconds=7200):
    times = (START + n * SECOND // fps for n in range(seconds * fps))
    return [(time - START) / SECOND for time in times if sampler.keep(Moment(camera, time))]


def test_what_a_run_was_unsure_of(storage):
    assert kept(Active("sure", storage=storage)) == [7 + 600 * n for n in range(12)]


def test_so_many_of_each_hour_and_not_close_to_each_other(storage):
    found = kept(Active("sure", storage=storage, per_hour=10, least=0.15, apart=300))
    assert len(found) <= 20 and {7.0 + 600 * n for n in range(6)} <= set(found)
    assert min(np.diff(found)) >= 300


def test_what_two_runs_saw_differently(storage):
    assert kept(Active("sure", other="odd", storage=storage)) == [33 + 900 * n for n in range(8)]


def test_a_camera_that_one_run_did_not_watch_has_no_differences(storage):
    assert kept(Active("sure", other="odd", storage=storage), "other", fps=1) == []


def test_frames_that_come_late_or_round_their_times_stand_for_the_moment(storage):
    sampler = Active("sure", storage=storage)
    assert sampler.keep(Moment("cam", START + 7 * SECOND - 900_000))
    assert not sampler.keep(Moment("cam", START + 7 * SECOND + 40_000_000))
    assert sampler.keep(Moment("cam", START + 607 * SECOND + 300_000_000))
    assert not sampler.keep(Moment("cam", START + 1208 * SECOND))


def test_a_run_that_is_not_there_is_refused(storage):
    with pytest.raises(InputError, match=r"no sightings of run 'absent'; expected the run_key"):
        Active("absent", storage=storage).keep(Moment("cam", START))


@pytest.mark.parametrize("words", [{"run": ""}, {"per_hour": 0}, {"apart": -1}, {"least": 0}])
def test_impossible_values_are_refused(storage, words):
    with pytest.raises(InputError, match="expected"):
        Active(**{"run": "sure", "storage": storage, **words})
