import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components.contracts import Frame, InputError, Rejected
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
    chain = [{"_target_": "step_of_a_test.Step"}]
    before = digest(chain)
    step.write_bytes(b"x = 1\r\n")
    assert digest(chain) == before, "the line ends of a checkout are no change"
    step.write_text("x = 2\n")
    assert digest(chain) != before


def test_nested_components_count(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    inner = tmp_path / "inner_of_a_test.py"
    inner.write_text("x = 1\n")
    chain = [{**CHAIN[0], "inner": [{"_target_": "inner_of_a_test.Inner"}]}]
    before = digest(chain)
    inner.write_text("x = 2\n")
    assert digest(chain) != before


def test_another_process_says_the_same():
    code = f"from components.preprocessing.chain import digest; print(digest({CHAIN!r}))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == digest(CHAIN)


@pytest.mark.parametrize("target", ["components.preprocessing.nothing.Step", "nowhere.Step", "Step", ""])
def test_a_step_that_does_not_exist_is_named(target):
    with pytest.raises(InputError, match="no such module"):
        digest([{"_target_": target}])
