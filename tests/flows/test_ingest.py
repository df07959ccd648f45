"""Footage comes into the store whole, once, and the same on every way; one bad camera is one bad camera."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from datetime import UTC, datetime
from itertools import pairwise

import av
import pytest

from components.contracts import InputError
from flows.ingest import ingest, plan
from tests.flows.ward import CAMERAS, SMALL, files, segments, table

WORDS = [*SMALL, "segment_seconds=2", "runner=local"]
START = int(datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp()) * 10**9


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The folder and the summary of one run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("ingest")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS", str(folder))
        return folder, ingest(WORDS)


@pytest.fixture
def ward(first, runs):
    """A copy of that run for a test to go on from."""
    shutil.copytree(first[0], runs, dirs_exist_ok=True)
    return runs


def test_counts_what_came_in(first):
    folder, summary = first
    assert summary.status == "completed"
    megabytes = round(sum(row[6] for row in segments(folder)) / 1e6, 1)
    assert summary.figures == {"cameras": 4, "new_segments": 8, "segments": 8, "frames": 160, "megabytes": megabytes}
    assert summary.next == "python -m flows.prepare"


def test_every_row_has_its_file_and_every_file_its_row(first):
    folder, _ = first
    rows = segments(folder)
    assert {row[0] for row in rows} == set(CAMERAS)
    store = files(folder / "store")
    assert {row[8]: row[2] for row in rows} == {path: sha for path, sha in store.items() if path.endswith(".mp4")}
    assert {path for path in store if not path.endswith(".mp4")} == {row[8].replace(".mp4", ".truth.parquet") for row in rows}
    for camera, _, sha256, start, end, frames, size, codec, path in rows:
        assert path == f"raw/camera={camera}/date=2026-03-02/hour=10/{start}-{sha256[:12]}.mp4"
        assert (frames, codec, end - start) == (20, "h264", 2 * 10**9)
        assert start in (START, START + 2 * 10**9)
        assert size == (folder / "store" / path).stat().st_size


def test_every_segment_can_be_played(first):
    folder, _ = first
    for row in segments(folder)[:2]:
        with av.open(str(folder / "store" / row[8])) as container:
            pictures = list(container.decode(video=0))
        assert len(pictures) == 20
        assert (pictures[0].width, pictures[0].height) == (320, 180)


def test_the_registry_knows_cameras_floor_and_staff(first):
    folder, _ = first
    cameras = table(folder, "SELECT id, site, location, valid_from, valid_until FROM cameras ORDER BY id")
    assert [row[0] for row in cameras] == CAMERAS
    assert all(row[1] == "simulated_ward" and row[3] == START and row[4] is None for row in cameras)
    assert table(folder, "SELECT count(*) FROM zones") == [(9,)]
    assert table(folder, "SELECT count(*), count(DISTINCT badge) FROM staff") == [(12, 12)]


def test_a_second_time_changes_nothing_and_says_so(ward):
    before = files(ward / "store"), segments(ward)
    summary = ingest(WORDS)
    assert summary.status == "unchanged"
    assert summary.note == "every segment was already in the store"
    assert summary.figures["new_segments"] == 0 and summary.figures["segments"] == 8
    assert (files(ward / "store"), segments(ward)) == before


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_every_runner_brings_the_same_to_any_store(first, runs, tmp_path, kind):
    elsewhere = tmp_path / "another" / "store"
    summary = ingest([*SMALL, "segment_seconds=2", f"runner={kind}", "runner.workers=2", f"storage.url={elsewhere}"])
    assert summary.figures == first[1].figures
    assert files(elsewhere) == files(first[0] / "store")
    assert segments(runs) == segments(first[0])


def test_only_what_is_missing_is_done_again(ward):
    expected = files(ward / "store"), segments(ward)
    camera, sha256, path = segments(ward)[5][0], segments(ward)[5][2], segments(ward)[5][8]
    with sqlite3.connect(ward / "wardflow.db") as database:  # as if the run had been killed in between
        database.execute("DELETE FROM segments WHERE sha256 = ?", [sha256])
        database.execute("DELETE FROM steps WHERE name = ?", [camera])
    database.close()
    (ward / "store" / path).unlink()
    others = {row[8]: (ward / "store" / row[8]).stat().st_mtime_ns for row in segments(ward)}
    summary = ingest(WORDS)
    assert (summary.status, summary.figures["new_segments"]) == ("completed", 1)
    assert (files(ward / "store"), segments(ward)) == expected
    assert {path: (ward / "store" / path).stat().st_mtime_ns for path in others} == others


def test_some_cameras_and_then_the_rest(first, runs):
    summary = ingest([*WORDS, "only=[station,bay_b]"])
    assert {row[0] for row in segments(runs)} == {"bay_b", "station"}
    assert summary.next == "python -m flows.prepare only=[station,bay_b]"
    assert ingest(WORDS).figures["new_segments"] == 4
    assert segments(runs) == segments(first[0])


def test_longer_footage_of_the_same_camera_adds_what_is_new(ward):
    summary = ingest([*WORDS, "fleet.every_camera.seconds=6", "only=[corridor]"])
    assert (summary.figures["new_segments"], summary.figures["segments"]) == (1, 3)


def test_a_camera_that_was_moved_is_a_new_version_from_then_on(ward):
    later = "'2026-03-02T11:00:00+00:00'"
    ingest([*WORDS, "only=[corridor]", "fleet.cameras.corridor.hfov=60.0", f"fleet.every_camera.start={later}"])
    rows = table(ward, "SELECT version, valid_from, valid_until FROM cameras WHERE id = 'corridor' ORDER BY valid_from")
    assert [(start, end) for _, start, end in rows] == [(START, START + 3600 * 10**9), (START + 3600 * 10**9, None)]
    versions = {row[1]: row[3] for row in segments(ward) if row[0] == "corridor"}
    assert [version for version, _ in sorted(versions.items(), key=lambda item: item[1])] == [row[0] for row in rows]


def test_real_footage_is_kept_as_it_is(pets, runs):
    film = [
        "fleet=video",
        f"fleet.cameras.cam1.uri={pets}/vtest.avi",
        "+fleet.cameras.cam1.fps=7",
        f"+fleet.cameras.cam1.homography={pets}/homography_image_to_ground.txt",
        "runner=local",
    ]
    summary = ingest(film)
    rows = segments(runs)
    assert summary.figures["frames"] == 795 == sum(row[5] for row in rows)
    assert summary.next == "python -m flows.prepare fleet=video"
    assert rows[0][3] == 0 and rows[-1][4] == pytest.approx(795 / 7 * 1e9, abs=2)
    assert all(earlier[4] == later[3] for earlier, later in pairwise(rows))
    assert summary.figures["megabytes"] == pytest.approx((pets / "vtest.avi").stat().st_size / 1e6, rel=0.03)
    assert ingest(film).status == "unchanged"


def test_one_unreadable_camera_and_the_others_are_there(data, runs):
    films = [f"+fleet.cameras.cam{i}.uri={data}/lab4/cam{i}.mp4" for i in (0, 2)]
    words = ["fleet=video", "fleet.cameras.cam1.uri=/nowhere/film.mp4", *films, "runner=local"]
    summary = ingest(words)
    assert summary.status == "failed"
    assert dict(summary.failures) == {"cam1": "/nowhere/film.mp4 does not exist; expected a video file"}
    assert summary.figures["cameras"] == 2 and summary.figures["frames"] == 2 * 268
    before = {path: (runs / "store" / path).stat().st_mtime_ns for path in files(runs / "store")}
    again = ingest([word.replace("/nowhere/film.mp4", f"{data}/lab4/cam1.mp4") for word in words])
    assert again.status == "completed"
    assert {row[0] for row in segments(runs)} == {"cam0", "cam1", "cam2"}
    assert {path: (runs / "store" / path).stat().st_mtime_ns for path in before} == before


def test_a_store_that_cannot_be_opened_is_one_problem(runs):
    with pytest.raises(InputError, match=r"storage\.url: cannot open 'nosuch://x'"):
        ingest([*WORDS, "storage.url=nosuch://x"])


def test_a_killed_run_goes_on_from_wherever_it_was(first, runs, after_every_kill):
    expected = {path: sha for path, sha in files(first[0] / "store").items() if "camera=corridor" in path}
    rows = [row for row in segments(first[0]) if row[0] == "corridor"]
    points = 0
    for _ in after_every_kill(lambda: ingest([*WORDS, "only=[corridor]"]), lambda: shutil.rmtree(runs, ignore_errors=True)):
        assert files(runs / "store") == expected
        assert segments(runs) == rows
        points += 1
    assert points >= 9  # floor, staff and camera; truth, film and row of two segments; the step


def test_a_store_that_lost_footage_gets_it_back(ward):
    before = files(ward / "store")
    lost = segments(ward)[3][8]
    (ward / "store" / lost).unlink()
    assert ingest(WORDS).figures["segments"] == 8
    assert files(ward / "store") == before


def test_a_store_that_was_moved_is_the_same_store(ward, monkeypatch):
    moved = ward.with_name("moved")
    ward.rename(moved)
    monkeypatch.setenv("RUNS", str(moved))
    assert ingest(WORDS).status == "unchanged"


def test_the_footage_on_disk_is_what_the_database_says(first):
    folder, _ = first
    for row in segments(folder):
        assert hashlib.sha256((folder / "store" / row[8]).read_bytes()).hexdigest() == row[2]


def test_a_plan_has_one_source_for_each_camera():
    sources = plan(SMALL)["sources"]
    assert list(sources) == CAMERAS
    assert sources["bay_a"]["camera"] == "bay_a" and sources["bay_a"]["width"] == 320
