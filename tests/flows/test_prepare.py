"""A dataset is named by what it is made of: the same on every way, at every second try, after every kill."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3

import pytest

from components.contracts import InputError
from components.database.database import Database
from components.datasets.dataset import StoredDataset, named
from components.datasets.verification import verify
from components.storage.storage import Storage
from flows.ingest import ingest
from flows.prepare import prepare
from tests.flows.ward import CAMERAS, SMALL, files, table
from tests.stores import servers

WORDS = [*SMALL, "runner=local"]
START = 1772445600 * 10**9


@pytest.fixture(scope="module")
def first(tmp_path_factory, with_tables):
    """Recorded footage, and the dataset of one run that nothing disturbed."""
    folder = with_tables(tmp_path_factory.mktemp("prepare"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS", str(folder))
        ingest([*WORDS, "segment_seconds=2"])
        shutil.copytree(folder, folder.with_name("footage"))
        return folder, prepare(WORDS)


@pytest.fixture
def footage(first, runs):
    """A copy of the footage alone, for a test to go on from."""
    shutil.copytree(first[0].with_name("footage"), runs, dirs_exist_ok=True)
    return runs


@pytest.fixture
def ward(first, runs):
    """A copy of footage and dataset, for a test to go on from."""
    shutil.copytree(first[0], runs, dirs_exist_ok=True)
    return runs


def opened(runs, summary) -> StoredDataset:
    return StoredDataset(summary.digests["dataset"], storage=Storage(str(runs / "store")))


def rows(dataset: StoredDataset) -> list[dict[str, object]]:
    return [row for batch in dataset.rows.batches(dataset.rows.schema.names) for row in batch.to_pylist()]


def part(runs, top) -> dict[str, str]:
    return {path: sha for path, sha in files(runs / "store").items() if path.startswith(top)}


class TestTheDataset:
    def test_counts_what_it_holds(self, first):
        folder, summary = first
        assert summary.status == "completed"
        assert summary.figures == {"cameras": 4, "kept": 80, "rejected": 0, "train": 40, "val": 20, "test": 20}
        assert summary.details["by_camera"]["bay_b"] == {"test": 20}
        assert table(folder, "SELECT digest, kept, rejected, chain_digest FROM datasets") == [
            (summary.digests["dataset"], 80, 0, summary.digests["preprocessing"])
        ]
        assert summary.next == "python -m flows.train model=yolov8n"

    def test_leaves_only_itself_in_the_store(self, first):
        folder, summary = first
        assert part(folder, "parts") == {}
        home = f"datasets/{summary.digests['dataset']}"
        names = {"dataset.json", "manifest.parquet", *(f"{camera}-00000.tar" for camera in CAMERAS)}
        names |= {f"contact_sheets/{camera}.jpg" for camera in CAMERAS}
        assert set(part(folder, "datasets")) == {f"{home}/{name}" for name in names}

    def test_keeps_five_frames_a_second_of_the_fleets_time(self, first):
        dataset = opened(*first)
        for camera in CAMERAS:
            times = [row["time"] for row in rows(dataset) if row["camera"] == camera]
            assert times == [START + i * 200_000_000 for i in range(20)]

    def test_holds_whole_cameras_out(self, first):
        dataset = opened(*first)
        held = {(row["camera"], row["split"]) for row in rows(dataset)}
        assert held == {("bay_a", "train"), ("corridor", "train"), ("station", "val"), ("bay_b", "test")}
        about = json.loads((first[0] / "store" / f"datasets/{dataset.digest}/dataset.json").read_text())
        assert about["frames"] == {"train": 40, "val": 20, "test": 20}

    def test_leads_back_to_the_footage(self, first):
        folder, _ = first
        dataset = opened(*first)
        spans = {sha: (start, end) for sha, start, end in table(folder, 'SELECT sha256, start, "end" FROM segments')}
        for row in rows(dataset):
            start, end = spans[row["segment"]]
            assert start <= row["time"] < end
            assert row["segment_time"] == row["time"] - start
        versions = dict(table(folder, "SELECT id, version FROM cameras"))
        assert dataset.cameras == versions

    def test_has_a_sample_for_every_row(self, first):
        samples = opened(*first).split("train")
        sample = samples[0]
        assert (sample.image.shape, sample.camera, sample.time) == ((360, 640, 3), "bay_a", START)
        assert any(len(samples[i].boxes) for i in range(len(samples)))

    def test_is_found_by_its_name(self, first):
        folder, summary = first
        database = Database(f"sqlite:///{folder}/wardflow.db")
        digest = summary.digests["dataset"]
        assert named("latest", database) == named(digest, database) == named(digest[:8], database) == digest
        database.close()


class TestTheDigest:
    @pytest.mark.parametrize("kind", ["threads", "processes"])
    def test_is_the_same_with_every_runner_and_in_another_store(self, first, runs, tmp_path, kind):
        elsewhere = f"storage.url={tmp_path}/another/place"
        ingest([*SMALL, "segment_seconds=2", "runner=local", elsewhere])
        summary = prepare([*SMALL, f"runner={kind}", "runner.workers=2", elsewhere])
        assert summary.digests == first[1].digests
        assert {path.removeprefix("datasets/"): sha for path, sha in files(tmp_path / "another/place").items()} == {
            path.removeprefix("datasets/"): sha for path, sha in files(first[0] / "store").items()
        }

    def test_is_the_same_in_s3(self, first, runs, tmp_path, monkeypatch):
        with servers.s3() as server:
            for name, value in server.environment.items():
                monkeypatch.setenv(name, value)
            storage = server.storage("ward", cache=str(tmp_path / "cache"))
            words = [*WORDS, *server.words("ward")]
            ingest([*words, "segment_seconds=2"])
            summary = prepare(words)
            assert summary.digests == first[1].digests
            content = {path: hashlib.sha256(storage.read(path)).hexdigest() for path in storage.list("datasets")}
            assert content == part(first[0], "datasets")
            assert storage.list("parts") == []
            assert verify(StoredDataset(summary.digests["dataset"], storage=storage), storage).first == {}

    @pytest.mark.parametrize(
        "word",
        [
            "sampling.fps=2", "preprocessing=gray_640x480", "labels=none", "picture.format=png", "splits=by_block",
            "splits.leaks.bits=1", "picture.quality=94", "pieces.minutes=1",
        ],
    )  # fmt: skip
    def test_changes_with_whatever_decides(self, footage, first, word):
        words = [*WORDS, "only=[corridor]", "sampling.fps=1"]
        assert prepare([*words, word]).digests["dataset"] != prepare(words).digests["dataset"]

    def test_does_not_change_with_what_does_not(self, footage, first):
        summary = prepare([*WORDS, "storage.cache=elsewhere"])
        assert summary.digests == first[1].digests


class TestAgain:
    def test_a_second_time_changes_nothing_and_says_so(self, ward, first):
        before = files(ward / "store"), table(ward, "SELECT * FROM datasets")
        summary = prepare(WORDS)
        assert summary.status == "unchanged"
        assert summary.note == "the same footage, chain and code made this dataset before"
        assert (summary.figures, summary.digests) == (first[1].figures, first[1].digests)
        assert (files(ward / "store"), table(ward, "SELECT * FROM datasets")) == before

    def test_some_cameras_and_then_all_of_them(self, footage, first):
        alone = prepare([*WORDS, "only=[bay_a]"])
        assert alone.figures == {"cameras": 1, "kept": 20, "rejected": 0, "train": 20, "val": 0, "test": 0}
        assert "no frames in val and test" in alone.note and "splits=by_time" in alone.note
        both = prepare(WORDS)
        assert both.digests == first[1].digests != alone.digests
        assert len(opened(footage, alone).rows) == 20
        assert opened(footage, alone).split("train")[0].image.shape == (360, 640, 3)

    def test_more_footage_is_another_dataset(self, ward, first):
        ingest([*WORDS, "segment_seconds=2", "fleet.every_camera.seconds=6"])
        summary = prepare(WORDS)
        assert summary.status == "completed"
        assert summary.figures["kept"] == 120
        assert len(opened(ward, first[1]).rows) == 80

    @pytest.mark.parametrize("lost", ["manifest.parquet", "everything"])
    def test_a_dataset_that_was_lost_is_made_again(self, ward, first, lost):
        before = part(ward, "datasets")
        home = ward / "store" / "datasets" / first[1].digests["dataset"]
        shutil.rmtree(home) if lost == "everything" else (home / lost).unlink()
        summary = prepare(WORDS)
        assert (summary.status, summary.digests) == ("completed", first[1].digests)
        assert part(ward, "datasets") == before
        assert part(ward, "parts") == {}

    def test_a_killed_run_goes_on_from_wherever_it_was(self, footage, first, after_every_kill, tmp_path, monkeypatch):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")  # it stays open: `fresh` must not remove it
        words, source, points = (
            [*WORDS, "only=[corridor]", "sampling.fps=1", "pieces.minutes=0.033"],
            first[0].with_name("footage"),
            0,
        )
        undisturbed = prepare(words)
        expected = files(footage / "store"), table(footage, "SELECT digest, path, kept, rejected FROM datasets")

        def fresh():
            shutil.rmtree(footage)
            shutil.copytree(source, footage)

        for _ in after_every_kill(lambda: prepare(words), fresh):
            summary = prepare(words)
            assert (summary.status, summary.digests) == ("unchanged", undisturbed.digests)
            assert (files(footage / "store"), table(footage, "SELECT digest, path, kept, rejected FROM datasets")) == expected
            points += 1
        assert points >= 10  # shard and rows of two parts; two shards, two files, two rows; what is left of two parts


class TestFootage:
    def test_that_is_not_there_names_the_command_that_brings_it(self, runs):
        with pytest.raises(InputError, match=r"no footage of bay_a, bay_b, corridor, station in the store; .*flows\.ingest"):
            prepare(WORDS)

    def test_of_one_camera_missing(self, footage):
        with sqlite3.connect(footage / "wardflow.db") as database:
            database.execute("DELETE FROM segments WHERE camera = 'station'")
        database.close()
        with pytest.raises(InputError, match=r"no footage of station in the store; .* or leave it out with only="):
            prepare(WORDS)

    def test_that_was_deleted_behind_our_back_fails_that_camera(self, footage):
        (path,) = table(footage, "SELECT path FROM segments WHERE camera = 'station' ORDER BY start LIMIT 1")[0]
        (footage / "store" / path).unlink()
        summary = prepare(WORDS)
        assert summary.status == "failed"
        assert list(summary.failures) == ["station"]
        assert "no such file" in summary.failures["station"] and path in summary.failures["station"]
        assert part(footage, "datasets") == {} and table(footage, "SELECT * FROM datasets") == []

    def test_without_truth_says_what_to_choose(self, pets, runs):
        words = ["fleet=video", f"fleet.cameras.cam1.uri={pets}/vtest.avi", "+fleet.cameras.cam1.fps=7", "runner=local"]
        ingest(words)
        slow = ["sampling.fps=1", "preprocessing=none"]
        failed = prepare([*words, *slow])
        assert failed.status == "failed"
        assert "labels=none" in failed.failures["cam1"]
        summary = prepare([*words, *slow, "labels=none"])
        assert (summary.figures["kept"], summary.figures["rejected"]) == (114, 0)
        dataset = opened(runs, summary)
        assert len(dataset.split("train")) == 0, "nothing is labelled"
        times = [row["time"] for row in rows(dataset)]
        assert all(abs(time - i * 10**9) <= 10**9 / 14 + 10**6 for i, time in enumerate(times))

    def test_of_a_moved_camera_keeps_the_version_that_took_it(self, footage):
        moved = ["fleet.cameras.corridor.hfov=60.0", "fleet.every_camera.start='2026-03-02T10:00:04+00:00'"]
        ingest([*WORDS, "segment_seconds=2", "only=[corridor]", *moved])
        dataset = opened(footage, prepare([*WORDS, "only=[corridor]"]))
        query = "SELECT version, valid_from FROM cameras WHERE id = 'corridor' ORDER BY valid_from"
        (old, _), (new, since) = table(footage, query)
        assert since == START + 4 * 10**9
        assert len(dataset.rows) == 40
        assert all(row["camera_version"] == (new if row["time"] >= since else old) for row in rows(dataset))

    def test_that_was_recorded_again_in_another_way_replaces_the_first(self, footage, first):
        again = [*WORDS, "fleet.every_camera.width=480", "fleet.every_camera.height=270"]
        ingest([*again, "segment_seconds=2"])
        summary = prepare(WORDS)
        assert summary.figures["kept"] == 80
        assert summary.digests["dataset"] != first[1].digests["dataset"]
        assert {row["to_native"][0] for row in rows(opened(footage, summary))} == {480 / 640}


def test_what_a_chain_turns_away_is_counted_with_its_reason(footage):
    words = ["preprocessing.1.brightness=250", "only=[corridor]"]
    summary = prepare([*WORDS, *words])
    assert (summary.figures["kept"], summary.figures["rejected"]) == (0, 20)
    assert {row["reason"] for row in rows(opened(footage, summary))} == {"dark"}
    assert "no frame is in it (20 dark)" in summary.note and not summary.next


def test_from_the_command_line_to_a_summary(command, footage, first):
    result = command("prepare", *SMALL, RUNS=os.environ["RUNS"])
    assert result.returncode == 0, result.stderr
    (path,) = footage.glob("prepare/*/*/summary.json")
    assert json.loads(path.read_text())["digests"] == first[1].digests
    assert "prepare: completed" in result.stdout and first[1].digests["dataset"][:12] in result.stdout
