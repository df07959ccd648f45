"""`preprocessing=` names the dataset of the same footage that was made with that chain."""

import pyarrow as pa
import pytest

from components.contracts import InputError
from flows import _chains, _run
from flows.ingest import ingest
from flows.prepare import prepare
from flows.train import _effective, identity, plan

SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=2", "width=160", "height=90")]
PREPARE = [*SMALL, "only=[bay_a,corridor]", "runner=local"]


def made(runs, *words) -> str:
    _run.start(prepare, [*PREPARE, *words], runs / "prepare")
    return plan([])["dataset"]


def test_the_sibling_is_found_or_the_command_that_makes_it_is_said(runs):
    _run.start(ingest, [*SMALL, "only=[bay_a,corridor]"], runs / "ingest")
    standard = made(runs)
    assert plan(["preprocessing=standard"])["dataset"] == standard
    with pytest.raises(InputError) as caught:
        plan(["preprocessing=gray_640x480"])
    command = f"python -m flows.prepare {' '.join(PREPARE)} preprocessing=gray_640x480"
    assert str(caught.value).startswith(f"preprocessing=gray_640x480: dataset {standard[:12]} was made with another chain")
    assert str(caught.value).endswith(f"make it with {command}")
    gray = made(runs, "preprocessing=gray_640x480")
    assert gray != standard
    assert plan(["preprocessing=gray_640x480", f"dataset={standard}"])["dataset"] == gray
    assert plan(["preprocessing=standard"])["dataset"] == standard, "of the newest, the sibling"
    words = ["preprocessing=gray_640x480", f"dataset={standard}"]
    assert _effective(plan(words), words)["dataset"] == gray, "the run's name and diff say what it was trained on"
    assert _effective(plan([]), [])["dataset"] == "latest", "which is no difference from the defaults"
    assert identity(["preprocessing=standard"]) == identity([f"dataset={standard}"]), "one training, whatever it is called"


def test_only_the_chain_may_differ():
    about = {
        "digest": "a",
        "frames": {"train": 3},
        "chain": [],
        "chain_digest": "x",
        "sampling": {"fps": 5},
        "splits": {"seed": 1},
    }

    def akin(**changed):
        return _chains._akin(Dataset(about), Dataset({**about, **changed.pop("about", {})}, **changed))

    assert akin(about={"digest": "b", "frames": {}, "chain": [1], "chain_digest": "y"})
    assert not akin(about={"sampling": {"fps": 10}}) and not akin(about={"splits": {"seed": 2}})
    assert not akin(segments=("s1", "s2"))


class Dataset:
    """What is looked at of a dataset: its recipe, and the segments in its manifest."""

    def __init__(self, about, segments=("s1",)):
        self.about, self.rows, self._segments = about, self, segments

    def batches(self, columns):
        names = ("camera", "camera_version", "segment")
        assert tuple(columns) == names
        yield pa.record_batch([["a"] * len(self._segments), ["v"] * len(self._segments), list(self._segments)], names=list(names))
