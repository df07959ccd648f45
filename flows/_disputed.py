"""Pictures of a dataset that runs disagree about, and the curves of what they have judged, for a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from components.contracts import InputError
from flows import _wiring
from flows._evidence import Evidence

if TYPE_CHECKING:
    from components.contracts import Floats64
    from components.evaluation.disagreement import Disputed
    from components.evaluation.side_by_side import Shown

WIDEST = 640  # pixels of a picture in the report
QUALITY = 80  # of its JPEG


def curves(kept: Sequence[Evidence]) -> list[tuple[Floats64, Floats64]]:
    """Recall and precision of each run at IoU 0.5; nothing where one has not kept what was judged."""
    from components.evaluation.precision import RECALLS, envelope, scored

    tables = [each.table for each in kept]
    columns = [each.columns for each in tables if each is not None]
    if len(columns) < len(tables):
        return []
    ranked = [scored(each.score, each.matches, each.ignored, int(each.crowd.sum())) for each in columns]
    return [(RECALLS, envelope(each, 0)) for each in ranked if each.people]


def pictures(config: Mapping[str, Any], kept: Sequence[Evidence]) -> tuple[list[Shown], list[str]]:
    """The pictures, and why there are none, or not all of them."""
    from components.evaluation.contrast import paired
    from components.evaluation.disagreement import disputed

    tables = [each.table for each in kept if each.table is not None]
    if not config["pictures"] or len(tables) < len(kept):
        return [], []
    try:
        together = paired(tables)
    except InputError:
        return [], ["no pictures: the runs have not judged a single one together"]
    found = disputed(together, [each.folder for each in kept], score=kept[0].score, most=config["pictures"])
    if not found:
        return [], ["the runs find the same people in every picture"]
    try:
        return _shown(config, kept[0].run.basis.dataset, found), []
    except (InputError, OSError) as error:
        return [], [f"no pictures: those of dataset {kept[0].run.basis.dataset[:12]} cannot be read any more ({_why(error)})"]


def _shown(config: Mapping[str, Any], digest: str, found: Sequence[Disputed]) -> list[Shown]:
    from components.datasets.dataset import StoredDataset, named
    from components.evaluation.side_by_side import Shown

    named(digest, _wiring.make(config["database"]))  # says when, and by which rule, it was deleted
    dataset = StoredDataset(digest, storage=_wiring.make(config["storage"]))
    shown = []
    for each in found:
        sample = dataset.sample(dataset.by_key(each.key))
        height, width = sample.image.shape[:2]
        shown.append(Shown(disputed=each, picture=_small(sample.image), width=width, height=height, truth=sample.boxes))
    return shown


def _small(image: Any) -> bytes:
    """JPEG of at most WIDEST pixels across."""
    import cv2

    height, width = image.shape[:2]
    if width > WIDEST:
        image = cv2.resize(image, (WIDEST, max(1, height * WIDEST // width)), interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return bytes(content)


def _why(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
