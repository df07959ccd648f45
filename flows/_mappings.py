"""Floor mappings in files that a fleet's YAML may name."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def written(folder: Path, camera: Any) -> Path:
    """The file of a camera's calibration, or of its homography."""
    import numpy as np

    from components.sources.calibration import write_calibration

    folder.mkdir(parents=True, exist_ok=True)
    if camera.calibration:
        write_calibration(folder / f"{camera.id}.json", camera.calibration)
        return folder / f"{camera.id}.json"
    partial, path = folder / f".{camera.id}.txt", folder / f"{camera.id}.txt"
    np.savetxt(partial, np.array(camera.homography), fmt="%.12g")
    partial.replace(path)
    return path
