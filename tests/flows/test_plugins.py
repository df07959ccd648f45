"""A plugin of one Python file and one YAML file, in plugins/ or installed, works without touching anything else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=2", "width=160", "height=96")]
CODE = '''"""Sees one person in the middle of every picture."""

from collections.abc import Sequence

import numpy as np

from components.contracts import Detections, Frame


class Middle:
    def __init__(self, *, share: float = 0.5) -> None:
        self.share = share

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [self._middle(*frame.image.shape[:2]) for frame in frames]

    def _middle(self, height: int, width: int) -> Detections:
        box = np.array([[width * (1 - self.share) / 2, 0, width * (1 + self.share) / 2, height]], np.float32)
        return Detections(box, np.ones(1, np.float32), np.zeros(1, np.int64))
'''


@pytest.fixture
def checkout(tmp_path):
    """A copy of the project, so that the real plugins folder stays as it is."""
    copy = tmp_path / "checkout"
    for part in ("conf", "flows", "components", "plugins"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def flow(checkout: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=checkout, env=env, capture_output=True, text=True, timeout=240, check=False
    )


def written(folder: Path, package: str) -> None:
    (folder / "conf" / "detector").mkdir(parents=True)
    (folder / "middle.py").write_text(CODE)
    (folder / "conf" / "detector" / "middle.yaml").write_text(f"_target_: {package}.middle.Middle\nshare: 0.25\n")


def check(checkout: Path, runs: Path, path: str = "") -> None:
    assert "middle" in flow(checkout, "flows.track", "--help", path=path).stdout
    done = flow(checkout, "flows.track", "only=[corridor]", "detector=middle", "identity=nobody", *SMALL, path=path)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(next(runs.rglob("summary.json")).read_text())
    assert summary["figures"]["sightings"] >= 15
    wrong = flow(checkout, "flows.track", "detector=middle", "+detector.shar=3", *SMALL, path=path)
    assert wrong.returncode == 2
    assert "did you mean 'share'" in wrong.stderr


def test_in_the_folder(checkout, runs):
    written(checkout / "plugins" / "mine", "plugins.mine")
    check(checkout, runs)


def test_as_an_installed_package(checkout, runs, tmp_path):
    site = tmp_path / "site"
    written(site / "wardflow_middle", "wardflow_middle")
    about = site / "wardflow_middle-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: wardflow-middle\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[wardflow.plugins]\nmiddle = wardflow_middle\n")
    check(checkout, runs, path=str(site))
