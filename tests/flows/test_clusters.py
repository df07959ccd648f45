"""Dask and Ray do what `local` does, with the same digests; a worker that is killed costs a job begun again."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from components.contracts import InputError
from flows import _clusters, _live
from flows._workers import Job, Runner, each, failures_of
from flows.ingest import ingest
from flows.prepare import prepare
from flows.track import track
from tests.flows.ward import files

SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=4", "width=480", "height=270", "fps=5")]
WARD = [*SMALL, "only=[bay_a,corridor]"]
TRACK = ["detector=hog", "detector.enlarge=1.5", "group_size=1"]
RAY = pytest.param("ray", marks=pytest.mark.slow)  # a cluster takes ten seconds to begin and as much memory as a run
CLUSTERS = ("dask", RAY)


def dies(spec, progress):
    """Work whose process is killed the first `times` times."""
    progress(1, 2)
    tries = Path(spec["tries"])
    tries.write_text(f"{tries.read_text() if tries.exists() else ''}x")
    if len(tries.read_text()) <= spec["times"]:
        os.kill(os.getpid(), signal.SIGKILL)
    progress(2, 2)
    return {"tries": len(tries.read_text()), "process": os.getpid()}


def jobs(folder, *times):
    return [Job(f"job-{i}", {"tries": str(folder / str(i)), "times": count}) for i, count in enumerate(times)]


@pytest.fixture(scope="module")
def local(tmp_path_factory, with_tables):
    """What `local` makes of a recorded ward, and the folder with the footage."""
    folder = with_tables(tmp_path_factory.mktemp("local"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS", str(folder))
        return outcome(folder, "local")


def outcome(folder, *words):
    """The digests of everything that `prepare` and `track` leave behind."""
    runner = f"runner={words[0]}"
    ingest([*WARD, "runner=local"])
    made = prepare([*WARD, runner, *words[1:]])
    seen = track([*WARD, *TRACK, runner, *words[1:]])
    assert not made.failures and not seen.failures, (made.failures, seen.failures)
    return made.digests["dataset"], seen.figures["run"], seen.figures["sightings"], files(folder / "store")


@pytest.mark.parametrize("kind", CLUSTERS)
def test_prepare_and_track_leave_the_same_bytes(local, runs, kind):
    assert outcome(runs, kind, "runner.workers=2") == local
    assert local[2] > 0


@pytest.mark.slow
def test_dask_workers_killed_in_the_middle_of_prepare_change_nothing(local, runs):
    ingest([*WARD, "runner=local"])
    killed: list[int] = []
    done = threading.Event()

    def kill():
        while not done.wait(0.001):
            if any(path.is_file() for path in (runs / "store").glob("parts/**/*")):  # work has begun, and is not over
                workers = [
                    child for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())
                ]
                killed.extend(worker.pid for worker in workers)
                for worker in workers:
                    worker.kill()
                return

    thread = threading.Thread(target=kill)
    thread.start()
    made = prepare([*WARD, "runner=dask", "runner.workers=2"])
    done.set()
    thread.join()
    assert len(killed) == 2 and not made.failures
    assert (made.status, made.digests["dataset"]) == ("completed", local[0])


@pytest.mark.parametrize("kind", CLUSTERS)
class TestCluster:
    def test_a_worker_that_dies_costs_its_job_another_try(self, tmp_path, kind):
        first, second = each(dies, jobs(tmp_path, 1, 0), Runner(kind, 2))
        assert (first.result["tries"], second.result["tries"]) == (2, 1)
        assert os.getpid() not in (first.result["process"], second.result["process"])

    def test_a_job_that_kills_every_worker_fails_alone(self, tmp_path, kind):
        outcomes = each(dies, jobs(tmp_path, 100, 0), Runner(kind, 2, retries=1))
        assert failures_of(outcomes) == {"job-0": _clusters.LOST.format(times=2)}
        assert outcomes[1].result["tries"] >= 1

    def test_that_is_away_is_said(self, kind):
        began = time.monotonic()
        with pytest.raises(InputError, match=rf"no {kind} cluster answers at runner.address=.*127.0.0.1:9.*; start one with"):
            each(dies, [Job("a", {})], Runner(kind, address={"dask": "tcp://127.0.0.1:9", "ray": "127.0.0.1:9"}[kind]))
        assert time.monotonic() - began < 30

    def test_one_job_needs_none(self, tmp_path, kind):
        assert each(dies, jobs(tmp_path, 0), Runner(kind, 2))[0].result["process"] == os.getpid()


@pytest.mark.parametrize(("kind", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_a_library_that_is_not_installed_is_named(monkeypatch, kind, module):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(
        InputError, match=rf"runner={kind} needs a library that is not installed .*pip install 'wardflow\[{kind}\]'"
    ):
        each(dies, [Job("a", {}), Job("b", {})], Runner(kind, 2))


def test_live_cameras_stay_on_their_machine():
    with pytest.raises(InputError, match="runner=dask: live cameras are followed by processes of the machine"):
        _live.runner(Runner("dask"), 3)


def test_an_address_is_of_a_cluster():
    with pytest.raises(ValueError, match="which runner=processes has none of"):
        Runner("processes", address="tcp://host:8786")
