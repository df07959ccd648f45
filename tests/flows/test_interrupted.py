"""An interrupt that only the program hears, as `kill -INT` sends it, ends it at once, whoever does its work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from flows._workers import Job, Runner, each
from tests.flows.test_workers import alive, wait_until

ROOT = Path(__file__).resolve().parents[2]


def asleep(spec, progress):
    """Work that does not end by itself."""
    Path(spec["folder"], f"{os.getpid()}-{threading.get_ident()}").touch()
    time.sleep(300)
    return {}


def wrong(spec, progress):
    raise SystemExit("not an error of the work")


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_it_ends_at_once_and_begins_nothing_more(tmp_path, kind):
    begun = tmp_path / "begun"
    begun.mkdir()
    program = (
        "import sys\nfrom flows._workers import Job, Runner, each\nfrom tests.flows.test_interrupted import asleep\n"
        f"jobs = [Job(str(i), {{'folder': {str(begun)!r}}}) for i in range(6)]\n"
        f"if __name__ == '__main__':\n    try: each(asleep, jobs, Runner({kind!r}, 2))\n"
        "    except KeyboardInterrupt: sys.exit('interrupted')\n"
    )
    hears = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a suite in the background of a shell ignores interrupts
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, start_new_session=True, preexec_fn=hears, stderr=subprocess.PIPE
    )
    try:
        wait_until(lambda: len(list(begun.iterdir())) == 2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, said.decode().strip()) == (1, "interrupted")
    assert len(list(begun.iterdir())) == 2, "no other job was begun"
    wait_until(lambda: not any(alive(path.name.split("-")[0]) for path in begun.iterdir()))


def test_what_is_no_error_of_a_job_ends_the_whole():
    with pytest.raises(SystemExit, match="not an error of the work"):
        each(wrong, [Job("a", {}), Job("b", {})], Runner("threads", 2))
