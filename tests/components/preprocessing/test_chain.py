import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components.contracts import Frame, InputError, Rejected
from components.preprocessing import chain
from components.preprocessing.chain import apply, digest
from components.preprocessing.gates import Dark
from components.preprocessing.gray import Gray
from components.preprocessing.resize import Resize

ROOT = Path(__file__).resolve().parents[3]
CHAIN = [
    {"_target_": "components.preprocessing.gates.Dark", "brightness": 10.0},
    {"_target_": "components.preprocessing.resize.Resize", "width": 640},
]


def test_steps_are_applied_in_order(picture, frame_of):
    frame = apply((Dark(), Resize(width=96), Gray()), frame_of(picture))
    assert isinstance(frame, Frame) and frame.image.shape == (72, 96, 3)


def test_no_steps_change_nothing(picture, frame_of):
    frame = frame_of(picture)
    assert apply((), frame) is frame


def test_the_first_reason_ends_the_walk(frame_of):
    def never(frame):
        raise AssertionError("a step after the rejection")

    assert apply((Dark(), never), frame_of(np.zeros((48, 64, 3), np.uint8))) == Rejected("dark")


def test_the_digest_names_values_and_order():
    assert digest(CHAIN) == digest([dict(reversed(step.items())) for step in CHAIN])
    changed = [{**CHAIN[0], "brightness": 11.0}, CHAIN[1]]
    assert len({digest(CHAIN), digest(CHAIN[::-1]), digest(CHAIN[:1]), digest(changed), digest([])}) == 5


def test_the_digest_names_the_code(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    step = tmp_path / "step_of_a_test.py"
    step.write_text("x = 1\n")
    steps = [{"_target_": "step_of_a_test.Step"}]
    before = digest(steps)
    step.write_bytes(b"x = 1\r\n")
    assert digest(steps) == before, "the line ends of a checkout are no change"
    step.write_text("x = 2\n")
    assert digest(steps) != before


def test_the_code_that_a_step_imports_counts(tmp_path, monkeypatch):
    """However it is imported, and however far away; not what belongs to others."""
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "steps_of_a_test"
    (package / "inner").mkdir(parents=True)
    (package / "step.py").write_text("import numpy\nfrom steps_of_a_test import near\nfrom .inner.far import x\n")
    for name in ("__init__", "near", "inner/__init__", "inner/far", "inner/farther", "stranger"):
        (package / f"{name}.py").write_text("x = 1\n")
    (package / "inner" / "far.py").write_text("x = 1\ndef f():\n    import steps_of_a_test.inner.farther\n")
    steps, seen = [{"_target_": "steps_of_a_test.step.Step"}], []
    for name in ("near", "inner/far", "inner/farther", "stranger"):
        before = digest(steps)
        path = package / f"{name}.py"
        path.write_text(path.read_text() + "y = 2\n")
        seen.append(digest(steps) != before)
    assert seen == [True, True, True, False]


def test_the_code_of_real_steps_reaches_as_far_as_it_goes():
    reached = chain._reached({"components.preprocessing.undistort", "components.detectors.onnx"})
    assert {"components.pixels", "components.view", "components.geometry", "components.letterbox"} <= reached.keys()
    assert "components.contracts" not in reached, "a new field of the interface is no other chain"


def test_a_file_counts_by_what_is_in_it(tmp_path):
    def named(path):
        return digest([{"_target_": "components.preprocessing.faces.Faces", "weights": str(path)}])

    one, two = tmp_path / "one.onnx", tmp_path / "two.onnx"
    one.write_bytes(b"1"), two.write_bytes(b"1")
    assert named(one) == named(two)
    two.write_bytes(b"2")
    assert len({named(one), named(two), named(tmp_path / "absent.onnx")}) == 3


def test_nested_components_count(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    inner = tmp_path / "inner_of_a_test.py"
    inner.write_text("x = 1\n")
    steps = [{**CHAIN[0], "inner": [{"_target_": "inner_of_a_test.Inner"}]}]
    before = digest(steps)
    inner.write_text("x = 2\n")
    assert digest(steps) != before


def test_another_process_says_the_same():
    code = f"from components.preprocessing.chain import digest; print(digest({CHAIN!r}))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == digest(CHAIN)


@pytest.mark.parametrize("target", ["components.preprocessing.nothing.Step", "nowhere.Step", "Step", ""])
def test_a_step_that_does_not_exist_is_named(target):
    with pytest.raises(InputError, match="no such module"):
        digest([{"_target_": target}])
