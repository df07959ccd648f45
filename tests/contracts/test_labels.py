"""What every reader of labels must be able to do: the same boxes for the same labels, and a sentence for whatever is wrong."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from components.contracts import InputError
from components.labels import table as tables
from components.labels.marked import Export, Marked
from components.labels.table import Place

WIDTH, HEIGHT, START, STEP = 640, 480, 1_772_445_600_000_000_000, 200_000_000
NAMES = [f"bay_a-{START + n * STEP}" for n in range(3)]
BOXES = [[(10.0, 20.0, 110.0, 260.0), (300.5, 100.25, 400.0, 480.0)], [(12.0, 21.0, 112.0, 261.0)], []]  # nobody in the last
SCALE = np.array([[3.0, 0, 1], [0, 2.25, 0.625], [0, 0, 1]])  # to native pixels


def coco(folder: Path) -> Path:
    images = [{"id": n + 1, "file_name": f"data/{name}.jpg", "width": WIDTH, "height": HEIGHT} for n, name in enumerate(NAMES)]
    entries = [(n + 1, box) for n, boxes in enumerate(BOXES) for box in boxes]
    annotations = [
        {"id": i, "image_id": n, "category_id": 3, "bbox": [a, b, c - a, d - b], "iscrowd": 0, "area": 1}
        for i, (n, (a, b, c, d)) in enumerate(entries)
    ]  # fmt: skip
    whole = {"images": images, "annotations": annotations, "categories": [{"id": 3, "name": "person"}, {"id": 9, "name": "dog"}]}
    (folder / "labels.json").write_text(json.dumps(whole))
    return folder / "labels.json"


def yolo(folder: Path) -> Path:
    (folder / "labels" / "train").mkdir(parents=True)
    (folder / "data.yaml").write_text("names: {0: dog, 1: person}\n")
    for name, boxes in zip(NAMES, BOXES, strict=True):
        lines = [
            f"1 {(a + c) / 2 / WIDTH:.7f} {(b + d) / 2 / HEIGHT:.7f} {(c - a) / WIDTH:.7f} {(d - b) / HEIGHT:.7f}"
            for a, b, c, d in boxes
        ]
        (folder / "labels" / "train" / f"{name}.txt").write_text("\n".join(lines))
    return folder


def mot(folder: Path) -> Path:
    home = folder / "bay_a-0000"
    (home / "gt").mkdir(parents=True)
    rows = [
        f"{n + 1},{i + 1},{a},{b},{c - a},{d - b},1,1,1"
        for n, boxes in enumerate(BOXES) for i, (a, b, c, d) in enumerate(boxes)
    ]  # fmt: skip
    (home / "gt" / "gt.txt").write_text("\n".join(rows))
    (home / "frames.csv").write_text("frame,time\n" + "".join(f"{n + 1},{START + n * STEP}\n" for n in range(3)))
    (home / "seqinfo.ini").write_text(f"[Sequence]\nimWidth={WIDTH}\nimHeight={HEIGHT}\nseqLength=3\n")
    return folder


def cvat_images(folder: Path) -> Path:
    images = [
        f'<image id="{n}" name="images/{name}.jpg" width="{WIDTH}" height="{HEIGHT}">'
        + "".join(
            f'<box label="person" occluded="0" xtl="{a}" ytl="{b}" xbr="{c}" ybr="{d}" z_order="0"/>' for a, b, c, d in boxes
        )
        + "</image>"
        for n, (name, boxes) in enumerate(zip(NAMES, BOXES, strict=True))
    ]
    (folder / "annotations.xml").write_text(f"<annotations><version>1.1</version>{''.join(images)}</annotations>")
    return folder


def cvat_video(folder: Path) -> Path:
    first, second = BOXES[0]
    about = (
        f"<meta><task><start_frame>0</start_frame><stop_frame>2</stop_frame><original_size><width>{WIDTH}</width>"
        f"<height>{HEIGHT}</height></original_size></task></meta>"
    )
    shape = '<box frame="{}" outside="{}" occluded="0" keyframe="1" xtl="{}" ytl="{}" xbr="{}" ybr="{}"/>'
    shapes = [shape.format(0, 0, *first), shape.format(1, 0, *BOXES[1][0]), shape.format(2, 1, *first)]
    other = [shape.format(0, 0, *second), shape.format(1, 1, *second)]
    tracks = [f'<track id="{n}" label="person">{"".join(all_)}</track>' for n, all_ in enumerate((shapes, other))]
    (folder / "annotations.xml").write_text(f"<annotations>{about}{''.join(tracks)}</annotations>")
    return folder


def label_studio(folder: Path) -> Path:
    def region(a: float, b: float, c: float, d: float) -> dict:
        value = {"x": a / WIDTH * 100, "y": b / HEIGHT * 100, "width": (c - a) / WIDTH * 100, "height": (d - b) / HEIGHT * 100}
        about = {"type": "rectanglelabels", "original_width": WIDTH, "original_height": HEIGHT, "from_name": "label", "id": "x"}
        return {**about, "value": {**value, "rotation": 0, "rectanglelabels": ["person"]}}

    tasks = [
        {
            "data": {"image": f"/data/upload/1/0badcafe-{name}.jpg"},
            "annotations": [{"result": [region(*b) for b in boxes]}],
        }
        for name, boxes in zip(NAMES, BOXES, strict=True)
    ]
    (folder / "export.json").write_text(json.dumps(tasks))
    return folder / "export.json"


WRITERS: dict[str, Callable[[Path], Path]] = {
    "coco": coco, "yolo": yolo, "mot": mot, "cvat_images": cvat_images, "cvat_video": cvat_video, "label_studio": label_studio,
}  # fmt: skip
every = pytest.mark.parametrize("name", WRITERS)


def read(name: str, path: Path, classes: tuple[str, ...] = ("person",)) -> Export:
    export: Export = importlib.import_module(f"components.labels.formats.{name}").read(path, classes=classes)
    return export


def place(marked: Marked) -> Place:
    time = int(marked.name.rsplit("-", 1)[1]) if marked.name else START + marked.number * STEP
    return Place("bay_a", "v" * 64, time, SCALE, (WIDTH, HEIGHT))


@every
def test_the_same_labels_are_the_same_boxes(name: str, tmp_path: Path) -> None:
    table = tables.bound(read(name, WRITERS[name](tmp_path)), place)
    assert tables.pictures(table) == 3 and tables.boxes(table) == 3
    assert table["time"].to_pylist() == [START, START, START + STEP, START + 2 * STEP]
    found = np.stack([table[column].to_numpy() for column in tables.BOX], axis=1)
    shown = np.array([box for boxes in BOXES for box in boxes])
    expected = (shown - 0.5) * [3, 2.25, 3, 2.25] + [1.5, 1.125, 1.5, 1.125]
    assert np.abs(found[:3] - expected).max() < 0.02  # native pixels
    assert table["person"].to_pylist()[3] == "" and set(table["camera"].to_pylist()) == {"bay_a"}
    assert (table["score"].to_numpy()[:3] == 1).all()


@every
def test_reading_again_gives_the_same_digest(name: str, tmp_path: Path) -> None:
    path = WRITERS[name](tmp_path)
    digests = {tables.digest(tables.bound(read(name, path), place), "reviewed") for _ in range(2)}
    assert len(digests) == 1
    assert tables.digest(tables.bound(read(name, path), place), "proposed") not in digests


@pytest.mark.parametrize("name", sorted(WRITERS.keys() - {"mot"}))  # MOTChallenge has classes of its own
def test_what_is_no_person_is_left_out_and_counted(name: str, tmp_path: Path) -> None:
    export = read(name, WRITERS[name](tmp_path), ("dog",))
    assert not any(picture.boxes for picture in export.pictures)
    assert sum(export.left_out.values()) >= 2


def garbage(path: Path) -> list[Path]:
    return [file for file in sorted(path.rglob("*") if path.is_dir() else [path]) if file.is_file() and file.suffix != ".csv"]


@every
def test_whatever_is_damaged_is_one_sentence_that_names_the_file(name: str, tmp_path: Path) -> None:
    """Cut, swapped and flipped bytes: read as something, or refused with the file's name; never any other error."""
    path = WRITERS[name](tmp_path)
    random = np.random.default_rng(7)
    for file in garbage(path):
        whole = file.read_bytes()
        for trial in range(60):
            content = bytearray(whole)
            if trial % 3 == 0:
                content = content[: random.integers(0, len(content) + 1)]
            else:
                for at in random.integers(0, max(1, len(content)), 1 + trial % 4):
                    content[at : at + 1] = bytes([random.integers(0, 256)]) if trial % 3 == 1 else b"-9e999"
            file.write_bytes(bytes(content))
            try:
                tables.bound(read(name, path), place)
            except InputError as error:
                assert str(tmp_path) in str(error) and any(word in str(error).lower() for word in ("expected", "give ")), error
            except ValueError as error:  # the name of a picture was damaged: `place` of this test cannot read it
                assert "invalid literal" in str(error) or "out of range" in str(error), error
            except (IndexError, OverflowError):
                pass
        file.write_bytes(whole)


@every
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04zip", b"[]", b"{}", b"<annotations", b"1,2"])
def test_another_file_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    path = WRITERS[name](tmp_path)
    for file in garbage(path):
        file.write_bytes(content)
    try:
        export = read(name, path)
    except InputError as error:
        assert str(tmp_path) in str(error)
    else:
        assert not export.pictures or name in {"yolo", "mot"}  # an empty file says that nobody is there


@every
def test_what_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.*expected"):
        read(name, tmp_path / "nowhere")
