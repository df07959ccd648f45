"""Exports are read by the tools that they are for, go on where they were interrupted, and touch nobody else's folder."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from components.contracts import InputError
from components.datasets import export as module
from components.datasets.dataset import StoredDataset
from components.datasets.export import Exported, To, export
from components.storage.storage import Storage
from tests.made_datasets import SECOND, START, Shot, make, png, shots

FORMATS: tuple[To, ...] = ("coco", "yolo", "mot", "fiftyone")
BOX = (2.0, 1.0, 10.0, 9.0)  # of everybody, in pixels of the picture: half of native


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> StoredDataset:
    """Two cameras, a frame with nobody in it, one that nobody labelled, and one after a long gap."""
    folder = tmp_path_factory.mktemp("store")
    more = [
        Shot("a", START + 10 * SECOND, png(1), boxes=(), people=()), Shot("a", START + 11 * SECOND, png(2), labelled=False),
        Shot("b", START + 500 * SECOND, png(3), split="test", boxes=[(4, 2, 20, 18), (0, 0, 8, 8)], people=["eve", "ann"]),
    ]  # fmt: skip
    return StoredDataset(make(folder, [*shots(), *more]), storage=Storage(str(folder)))


def test_coco_is_read_by_pycocotools(dataset: StoredDataset, tmp_path: Path) -> None:
    done = export(dataset, to="coco", folder=tmp_path / "out")
    assert (done.frames, done.boxes, done.unlabelled, done.news) == (22, 22, 1, True)
    with contextlib.redirect_stdout(io.StringIO()):
        train = COCO(str(tmp_path / "out" / "train" / "labels.json"))
    assert len(train.getImgIds()) == 13 and len(train.getAnnIds()) == 12 and train.loadCats([1])[0]["name"] == "person"
    (image,) = [image for image in train.loadImgs(train.getImgIds()) if image["time"] == START and image["camera"] == "b"]
    (label,) = train.loadAnns(train.getAnnIds(imgIds=[image["id"]]))
    assert label["bbox"] == [2, 1, 8, 8] and label["area"] == 64 and label["person"] == "ann" and label["visibility"] == 0.5
    assert (tmp_path / "out" / "train" / "data" / image["file_name"]).read_bytes() == _picture(dataset, "b")


def test_yolo_is_read_by_ultralytics(dataset: StoredDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOLO_OFFLINE", "true")
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path / "config"))
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    export(dataset, to="yolo", folder=tmp_path / "out")
    data = check_det_dataset(str(tmp_path / "out" / "data.yaml"), autodownload=False)
    assert data["names"] == {0: "person"} and data["nc"] == 1
    read = YOLODataset(img_path=data["train"], data=data, imgsz=32, augment=False, task="detect")
    assert len(read.labels) == 13
    (label,) = [label for label in read.labels if label["im_file"].endswith(f"b-{START}.png")]
    assert label["cls"].tolist() == [[0]] and np.allclose(label["bboxes"], [[6 / 32, 5 / 24, 8 / 32, 8 / 24]], atol=1e-6)
    assert sum(len(label["bboxes"]) == 0 for label in read.labels) == 1


def test_mot_is_read_by_trackeval(dataset: StoredDataset, tmp_path: Path) -> None:
    from trackeval.datasets import MotChallenge2DBox

    export(dataset, to="mot", folder=tmp_path / "out")
    for name, sequences in {"train": ["a-0000", "b-0001"], "test": ["a-0000", "b-0001", "b-0002"]}.items():
        home, tracker = tmp_path / "out" / f"wardflow-{name}", tmp_path / "trackers" / f"wardflow-{name}" / "perfect" / "data"
        tracker.mkdir(parents=True)
        for sequence in sequences:
            (tracker / f"{sequence}.txt").write_text((home / sequence / "gt" / "gt.txt").read_text())
        config = {
            "GT_FOLDER": str(tmp_path / "out"), "TRACKERS_FOLDER": str(tmp_path / "trackers"), "BENCHMARK": "wardflow",
            "SPLIT_TO_EVAL": name, "PRINT_CONFIG": False, "DO_PREPROC": False,
        }  # fmt: skip
        read = MotChallenge2DBox(config)
        assert read.seq_list == sequences
        for sequence in sequences:
            seen = read.get_preprocessed_seq_data(read.get_raw_seq_data("perfect", sequence), "pedestrian")
            assert seen["num_gt_dets"] == seen["num_tracker_dets"] > 0
    last = tmp_path / "out" / "wardflow-test" / "b-0002"
    assert (last / "gt" / "gt.txt").read_text().splitlines()[0] == "1,1,2.00,1.00,8.00,8.00,1,1,0.5000"
    assert (last / "frames.csv").read_text() == f"frame,time\n1,{START + 500 * SECOND}\n"
    assert cv2.imread(str(last / "img1" / "000001.png")).shape == (24, 32, 3)
    about = (tmp_path / "out" / "wardflow-train" / "a-0000" / "seqinfo.ini").read_text()
    assert "frameRate=1\nseqLength=7\nimWidth=32\nimHeight=24\nimExt=.png" in about


def test_fiftyone_has_the_layout_that_its_importer_documents(dataset: StoredDataset, tmp_path: Path) -> None:
    """docs.voxel51.com, FiftyOneImageDetectionDataset; its own importer has read such an export, but it wants a MongoDB."""
    export(dataset, to="fiftyone", folder=tmp_path / "out")
    labels = json.loads((tmp_path / "out" / "test" / "labels.json").read_text())
    assert labels["classes"] == ["person"]
    assert sorted(labels["labels"]) == sorted(path.stem for path in (tmp_path / "out" / "test" / "data").iterdir())
    first, second = labels["labels"][f"b-{START + 500 * SECOND}"]
    assert first["label"] == 0 and first["bounding_box"] == [round(v, 6) for v in (2 / 32, 1 / 24, 8 / 32, 8 / 24)]
    assert second["attributes"] == {"visibility": 0.5, "person": "ann", "role": "nurse"}


@pytest.mark.parametrize("to", FORMATS)
def test_interrupted_anywhere_it_goes_on_to_the_same_folder(
    dataset: StoredDataset, tmp_path: Path, to: To, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PORTION", 4)
    export(dataset, to=to, folder=tmp_path / "whole")
    writes, write = 0, module.write
    for stop in (1, 2, 7, 8, 12, 20, 30):

        def failing(path: Path, content: str | bytes, last: int = stop) -> None:
            nonlocal writes
            writes += 1
            if writes > last:
                raise KeyboardInterrupt
            write(path, content)

        writes = 0
        monkeypatch.setattr(module, "write", failing)
        with contextlib.suppress(KeyboardInterrupt):
            export(dataset, to=to, folder=tmp_path / "out")
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.png")}
    monkeypatch.setattr(module, "write", write)
    done = export(dataset, to=to, folder=tmp_path / "out")
    assert _files(tmp_path / "out") == _files(tmp_path / "whole")
    assert sum(path.stat().st_mtime_ns == time for path, time in kept.items()) >= len(kept) - 4  # but the portion that was begun
    again = export(dataset, to=to, folder=tmp_path / "out")
    assert not again.news and {**asdict(done), "news": False} == asdict(again)


def test_a_folder_that_is_not_its_own_is_left_alone(dataset: StoredDataset, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.png").write_bytes(b"x")
    with pytest.raises(InputError, match="mine is not empty, and not ours; choose a new folder"):
        export(dataset, to="coco", folder=tmp_path / "mine")
    export(dataset, to="coco", folder=tmp_path / "coco")
    with pytest.raises(InputError, match=f"an export of dataset {dataset.digest[:12]} to coco; choose"):
        export(dataset, to="yolo", folder=tmp_path / "coco")
    with pytest.raises(InputError, match="choose"):
        export(dataset, to="coco", folder=tmp_path / "mine" / "photo.png")
    assert _files(tmp_path / "mine") == {"photo.png": b"x"}
    (tmp_path / "empty").mkdir()
    assert isinstance(export(dataset, to="coco", folder=tmp_path / "empty"), Exported)


def test_mot_needs_to_know_who_is_who(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    nameless = [Shot("a", START, png(1), people=()), *shots(3, "b")]
    dataset = StoredDataset(make(folder, nameless), storage=Storage(str(folder)))
    with pytest.raises(InputError, match=f"frame a-{START}: its label does not say who is who"):
        export(dataset, to="mot", folder=tmp_path / "mot")
    assert export(dataset, to="coco", folder=tmp_path / "coco").boxes == 4


def test_a_damaged_frame_ends_the_export_by_name(tmp_path: Path) -> None:
    digest = make(tmp_path, shots(6, "a"))
    shard = tmp_path / "datasets" / digest / "a-00000.tar"
    content = bytearray(shard.read_bytes())
    content[700] ^= 1
    shard.write_bytes(content)
    with pytest.raises(InputError, match=f"frame a-{START} in a-00000.tar is damaged"):
        export(StoredDataset(digest, storage=Storage(str(tmp_path))), to="coco", folder=tmp_path / "out")


def _files(folder: Path) -> dict[str, bytes]:
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    files.pop("export.json", None)
    return files


def _picture(dataset: StoredDataset, camera: str) -> bytes:
    return bytes(dataset.frame(dataset.find(camera, START)).picture)
