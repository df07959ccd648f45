"""Threads, processes or one after the other give the same; what fails fails alone; nothing outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from components.contracts import InputError
from flows import _workers
from flows._workers import Done, Job, Runner, each, failures_of

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("local", "threads", "processes")


def work(spec, progress):
    """Work that ends in the way that it is told, and says where it was done."""
    progress(1, 10)
    match spec["how"]:
        case "input":
            raise InputError("film.mp4 does not exist; expected a video file")
        case "bug":
            raise ZeroDivisionError("division by zero")
        case "full":
            raise OSError(28, "No space left on device", "/tmp/x")
        case "killed":
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGKILL)
    progress(10, 10)
    return {"how": spec["how"], "process": os.getpid()}


def asleep(spec, progress):
    """Work that does not end by itself."""
    Path(spec["folder"], str(os.getpid())).touch()
    time.sleep(300)
    return {}


def jobs(*hows):
    return [Job(f"{i}-{how}", {"how": how}) for i, how in enumerate(hows)]


@pytest.fixture(scope="module", params=KINDS)
def carried_out(request):
    """Outcomes and progress of seven jobs by two workers of one kind."""
    updates = []

    class Seen:
        def update(self, name, done, total):
            updates.append((name, done, total))

    @contextmanager
    def board(name, pieces):
        yield Seen()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_workers, "board", board)
        outcomes = each(work, jobs("fine", "input", "fine", "bug", "fine", "full", "fine"), Runner(request.param, 2))
    return request.param, outcomes, updates


class TestEveryKind:
    def test_gives_every_result_in_order_and_fails_only_what_fails(self, carried_out):
        _, outcomes, _ = carried_out
        assert [done.name for done in outcomes] == ["0-fine", "1-input", "2-fine", "3-bug", "4-fine", "5-full", "6-fine"]
        assert [done.result.get("how") for done in outcomes] == ["fine", None, "fine", None, "fine", None, "fine"]

    def test_says_what_went_wrong(self, carried_out):
        failures = failures_of(carried_out[1])
        assert failures.pop("5-full").startswith("no space left on the device for /tmp/x; ")
        assert failures == {
            "1-input": "film.mp4 does not exist; expected a video file",
            "3-bug": "unexpected ZeroDivisionError: division by zero",
        }

    def test_has_a_trace_of_a_bug_and_none_of_wrong_input(self, carried_out):
        _, outcomes, _ = carried_out
        assert outcomes[1].trace == ""
        assert 'raise ZeroDivisionError("division by zero")' in outcomes[3].trace

    def test_shows_progress(self, carried_out):
        _, outcomes, updates = carried_out
        assert sorted(update for update in updates if "fine" in update[0]) == sorted(
            (done.name, step, 10) for done in outcomes if "fine" in done.name for step in (1, 10)
        )

    def test_works_where_it_should(self, carried_out):
        kind, outcomes, _ = carried_out
        seen = {done.result["process"] for done in outcomes if done.result}
        assert (os.getpid() in seen) == (kind != "processes")
        assert 1 <= len(seen) <= 2


def test_nothing_to_do_is_done():
    assert each(work, [], Runner("processes", 2)) == []


class TestProcesses:
    def test_one_job_needs_none(self):
        (done,) = each(work, jobs("fine"), Runner("processes"))
        assert done.result["process"] == os.getpid()

    def test_one_that_is_killed_takes_its_own_job_and_no_other(self):
        outcomes = each(work, jobs("killed", "killed", "fine"), Runner("processes", 2))
        assert [done.result.get("how") for done in outcomes] == [None, None, "fine"]
        assert set(failures_of(outcomes)) == {"0-killed", "1-killed"}
        assert outcomes[0].problem.startswith("its worker process died (killed, or out of memory?); run the command again")

    def test_end_when_their_parent_is_killed(self, tmp_path):
        program, pids = started(tmp_path, 2)
        program.kill()
        program.wait()
        wait_until(lambda: not any(map(alive, pids)))

    def test_are_quiet_when_the_user_interrupts(self, tmp_path):
        program, pids = started(tmp_path, 2, stderr=subprocess.PIPE)
        os.killpg(program.pid, signal.SIGINT)
        _, said = program.communicate(timeout=60)
        assert said.decode().strip() == "interrupted"
        assert not any(map(alive, pids))


class TestRunner:
    @pytest.mark.parametrize(("workers", "jobs", "size"), [(None, 0, 1), (2, 5, 2), (8, 3, 3), (1, 5, 1)])
    def test_has_no_more_workers_than_jobs_and_at_least_one(self, workers, jobs, size):
        assert Runner("processes", workers).size(jobs) == size

    def test_local_means_one_whatever_else_is_said(self):
        assert Runner("local", 4).size(10) == Runner("local").size(10) == 1

    def test_without_a_number_there_is_one_for_each_core(self):
        assert Runner("processes").size(1000) == os.cpu_count()


def test_traces_are_shown_to_whoever_wants_them(monkeypatch, capsys):
    outcomes = [Done("a", {}, "unexpected X", trace="Traceback: here")]
    failures_of(outcomes)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("WARDFLOW_TRACE", "1")
    failures_of(outcomes)
    assert "Traceback: here" in capsys.readouterr().err


def started(folder, count, **options):
    """A program whose workers all sleep, and their process ids."""
    folder = folder / "asleep"
    folder.mkdir()
    work = f"[Job(str(i), {{'folder': {str(folder)!r}}}) for i in range({count})]"
    program = (
        "import sys\nfrom flows._workers import Job, Runner, each\nfrom tests.flows.test_workers import asleep\n"
        f"if __name__ == '__main__':\n    try: each(asleep, {work}, Runner('processes', {count}))\n"
        "    except KeyboardInterrupt: sys.exit('interrupted')\n"
    )
    hears = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a suite in the background of a shell ignores interrupts
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, start_new_session=True, preexec_fn=hears, **options)
    wait_until(lambda: len(list(folder.iterdir())) == count)
    return process, [int(path.name) for path in folder.iterdir()]


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_job_can_be_done_again_in_another_way():
    def again(job, done):
        return Job(job.name, {**job.spec, "n": job.spec["n"] + 1}) if done.result.get("n", 0) < 3 else None

    (done,) = each(counted, [Job("a", {"n": 1})], Runner("local"), again=again)
    assert done.result == {"n": 3}


def counted(spec, progress):
    """A piece of work that gives what it was given."""
    return spec
