"""Find out where a camera's pixels are on the floor: `python -m flows.calibrate camera=corridor points=clicks.csv`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from components.contracts import Frame, InputError, Moment, Needs
from flows import _fleet, _launch, _mappings, _prefect, _wiring
from flows._summary import Summary


def plan(overrides: Sequence[str]) -> dict[str, Any]:
    """The config, checked before anything starts."""
    config = _wiring.plan("calibrate", overrides, calls)
    if (config["points"] is None) == (config["markers"] is None):
        raise InputError("calibrate needs either points=clicks.csv (u,v,x,y) or markers=markers.csv (id,x,y)")
    return config


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield from _fleet.calls(config["fleet"])
    yield _wiring.Call(_options, config)


def _options(
    camera: str, points: str | None, markers: str | None, at_seconds: float, picture: str | None, lens: str | None,
    tolerance: float, folder: str, database: Any,
    dictionary: Literal["4x4_50", "4x4_100", "5x5_100", "6x6_250", "apriltag_36h11"],
) -> None:  # fmt: skip
    """Keys of the root config that the flow itself reads."""


def calibrate(overrides: Sequence[str] = ()) -> Summary:
    """One camera: its floor mapping in a file, how far off it is in metres, and a picture to look at."""
    import cv2

    from components.calibration.drawing import draw
    from components.calibration.fit import fit
    from components.calibration.points import find_markers, read_points
    from components.sources.calibration import read_lens

    config = plan(overrides)
    image = _image(config)
    if config["points"] is not None:
        points = read_points(Path(config["points"]))
    else:
        points = find_markers(Path(config["markers"]), image, dictionary=config["dictionary"])
    lens = read_lens(Path(config["lens"])) if config["lens"] else None
    size = _size(lens.size if lens else (0, 0), image)
    matrix, distortion = (lens.matrix, lens.distortion) if lens else (None, ())
    found = fit(
        points, camera=config["camera"], tolerance=config["tolerance"], matrix=matrix, distortion=distortion, size=size
    )  # fmt: skip
    folder = Path(config["folder"]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    path = _mappings.written(folder, found.camera)
    shown = folder / f"{config['camera']}.png"
    cv2.imwrite(str(shown), draw(image, points, found))
    return _summed(config["camera"], points, found, path, shown)


def _image(config: dict[str, Any]) -> Any:
    """The picture that the points are in."""
    import cv2

    if config["picture"] is None:
        return _frame(config).image
    image = cv2.imread(config["picture"])
    if image is None:
        raise InputError(
            f"picture={config['picture']}: not a picture that can be read; expected a PNG or JPEG file of the camera"
        )
    return image


def _frame(config: dict[str, Any]) -> Frame:
    """The first frame of the camera from `at_seconds` on."""
    source = _wiring.make(_fleet.only(config["fleet"], [config["camera"]])[config["camera"]])
    later = _Later(round(config["at_seconds"] * 1e9))
    frame: Frame | None = next(iter(source.frames(later)), None)
    if frame is not None:
        return frame
    raise InputError(f"at_seconds={config['at_seconds']}: {config['camera']} has no frame so late; choose an earlier one")


class _Later:
    """Samples what comes some time after the first frame."""

    def __init__(self, after: int) -> None:
        self._after, self._first = after, -1

    @property
    def needs(self) -> Needs:
        return "times"

    def keep(self, moment: Moment) -> bool:
        self._first = moment.time if self._first < 0 else self._first
        return moment.time - self._first >= self._after


def _size(known: tuple[int, int], image: Any) -> tuple[int, int]:
    """Width and height of the pictures that a lens is for, which must be those of this one."""
    height, width = image.shape[:2]
    if all(known) and known != (width, height):
        raise InputError(f"the lens is for pictures of {known[0]}x{known[1]}, this one is {width}x{height}; calibrate it again")
    return width, height


def _summed(name: str, points: Any, found: Any, path: Path, shown: Path) -> Summary:
    import numpy as np

    kept, left_out = found.residuals[~found.outliers], found.left_out
    figures: dict[str, float | int | str | None] = {"points": len(points.names), "outliers": int(found.outliers.sum())}
    for kind, errors in (("residual", kept), ("left_out", None if left_out is None else left_out[~found.outliers])):
        for word, quantile in (("median", 50), ("p95", 95), ("max", 100)):
            figures[f"{kind}_m_{word}"] = None if errors is None else float(np.percentile(errors, quantile))
    if found.camera.calibration:
        figures["height_m"] = found.camera.calibration.position[2]
    key = "calibration" if found.camera.calibration else "homography"
    each = [
        {"point": points.names[i], "residual_m": float(found.residuals[i]), "outlier": bool(found.outliers[i])}
        | ({} if left_out is None else {"left_out_m": float(left_out[i])})
        for i in range(len(points.names))
    ]
    bad = [f"{row['point']} is {row['residual_m']:.2f} m off and was left aside" for row in each if row["outlier"]]
    few = ["give 6 points or more to learn how good this is"] if left_out is None else []
    note = "; ".join([*bad, *few, f"look at {shown}", f"in the fleet's YAML:  {name}: {{{key}: {path}}}"])
    return Summary(
        "completed", figures, note=note, details={"each": each, "file": str(path), "picture": str(shown)},
        next=f"python -m flows.track fleet=... +fleet.cameras.{name}.{key}={path}",
    )  # fmt: skip


__getattr__ = _prefect.exported(calibrate)
main = _launch.command(calibrate)

if __name__ == "__main__":
    main()
