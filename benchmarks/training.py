"""How fast a network learns here: `python benchmarks/training.py [--quick] [--rounds 6] [--ultralytics]`.

The training loop of `flows.train` against a bare PyTorch loop with the same network, batches, loader, optimiser, clipping and
average, turn by turn in one process; how long the loop waits for data; and, if asked, ultralytics' own trainer on the same
pictures, by CPU time a picture.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import pytorch_lightning as pl  # noqa: E402
import torch  # noqa: E402

from components.contracts import Sample, digest_of  # noqa: E402
from components.training.augmentation import Augment  # noqa: E402
from components.training.average import Average  # noqa: E402
from components.training.data import Data  # noqa: E402
from components.training.epochs import machine, surroundings  # noqa: E402
from components.training.learner import Learner, _groups  # noqa: E402
from components.training.lessons import lesson_of  # noqa: E402
from components.training.pictures import on_device  # noqa: E402
from components.training.trainer import Trainer  # noqa: E402
from plugins.ultralytics.offline import import_offline  # noqa: E402
from plugins.ultralytics.yolo import Yolo  # noqa: E402

LEAST, WAITS = 0.95, 0.05  # bounds: of a bare loop's pace, and the share of time without data
SIDE = 320


@dataclass(frozen=True)
class Pictures:
    """A labelled dataset in memory: upright figures on a noisy floor, drawn from a seed."""

    count: int
    digest: str = digest_of("benchmark")
    chain: list[Any] = field(default_factory=list)
    chain_digest: str = digest_of([])

    def split(self, name: str) -> list[Sample]:
        return [_picture(seed) for seed in (range(self.count) if name == "train" else range(1000, 1004))]


def _picture(seed: int) -> Sample:
    draw = np.random.default_rng(seed)
    image = draw.integers(90, 130, (SIDE, SIDE, 3), dtype=np.uint8)
    boxes = []
    for slot in draw.permutation(4)[: draw.integers(1, 5)].tolist():
        x, y, w, h = slot * 80 + int(draw.integers(0, 30)), int(draw.integers(0, 150)), 40, int(draw.integers(90, 150))
        cv2.rectangle(image, (x, y), (x + w, y + h), (30, 30, 220), -1)
        boxes.append((x, y, x + w, y + h))
    n = len(boxes)
    return Sample(image, np.array(boxes, np.float32), np.zeros(n, np.int64), np.ones(n, np.float32), "cam", seed * 10**9)


@dataclass
class Spent:
    """CPU and wall time of some steps, s, and what of it went by waiting for the loader."""

    cpu: float = 0.0
    wall: float = 0.0
    waited: float = 0.0
    pictures: int = 0


class Clock(pl.Callback):
    """Time from the first batch of an epoch to the end of its last."""

    def __init__(self, batch_size: int) -> None:
        self.spent, self._batch = Spent(), batch_size
        self._begun = (0.0, 0.0)

    def on_train_epoch_start(self, *_: Any) -> None:
        self._begun = (time.process_time(), time.perf_counter())

    def on_train_batch_end(self, *_: Any) -> None:
        self.spent.cpu, self.spent.wall = (now - then for now, then in zip(_now(), self._begun, strict=True))
        self.spent.pictures += self._batch


def _now() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()


def ours(trainer: Trainer, pictures: Pictures, folder: Path) -> Spent:
    """One epoch of the loop of `flows.train`."""
    network = Yolo("yolov8n").build()
    data = Data(pictures, lesson=lesson_of(network), augmentation=Augment(flip=0.5), trainer=trainer, seed=0)
    clock = Clock(trainer.batch_size)
    learner = Learner(network, trainer=trainer, steps=trainer.epochs * data.length)
    lightning = machine(trainer, [clock], folder, learner.decisive)
    lightning.fit(learner, datamodule=data)
    return clock.spent


def bare(trainer: Trainer, pictures: Pictures) -> Spent:
    """The same by hand."""
    network = Yolo("yolov8n").build().to(memory_format=torch.channels_last).train()
    data = Data(pictures, lesson=lesson_of(network), augmentation=Augment(flip=0.5), trainer=trainer, seed=0)
    average = Average(network, decay=trainer.ema)
    optimizer = torch.optim.AdamW(_groups(network, trainer.weight_decay), lr=trainer.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, trainer.learning_rate, total_steps=trainer.epochs * data.length)
    spent, (cpu, wall) = Spent(), _now()
    for given, waited in _timed(iter(data.train_dataloader())):
        batch = on_device(given, torch.device("cpu"))
        optimizer.zero_grad()
        loss = torch.stack(list(network.loss(batch).values())).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
        schedule.step()
        average.update(network)
        assert torch.isfinite(loss)
        spent.waited, spent.pictures = spent.waited + waited, spent.pictures + len(batch.images)
        spent.cpu, spent.wall = (now - then for now, then in zip(_now(), (cpu, wall), strict=True))
    return spent


def _timed(batches: Iterator[Any]) -> Iterator[tuple[Any, float]]:
    while True:
        begun = time.perf_counter()
        try:
            batch = next(batches)
        except StopIteration:
            return
        yield batch, time.perf_counter() - begun


def ultralytics(pictures: Pictures, batch_size: int, folder: Path) -> Spent:
    """One epoch of its own trainer on the same pictures, without its mosaics and colours."""
    import_offline("ultralytics.utils").SETTINGS["mlflow"] = False  # it would write where it stands
    library = import_offline("ultralytics")
    for split in ("train", "val"):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for number, sample in enumerate(pictures.split(split)):
            cv2.imwrite(str(folder / "images" / split / f"{number:04}.jpg"), sample.image)
            rows = [
                ((a + c) / 2 / SIDE, (b + d) / 2 / SIDE, (c - a) / SIDE, (d - b) / SIDE) for a, b, c, d in sample.boxes.tolist()
            ]
            text = "".join(f"0 {' '.join(f'{value:.5f}' for value in row)}\n" for row in rows)
            (folder / "labels" / split / f"{number:04}.txt").write_text(text)
    (folder / "data.yaml").write_text(f"path: {folder}\ntrain: images/train\nval: images/val\nnames: {{0: person}}\n")
    spent, begun = Spent(pictures=pictures.count), [0.0, 0.0]
    model = library.YOLO("yolov8n.yaml", verbose=False)
    model.add_callback("on_train_epoch_start", lambda _trainer: begun.__setitem__(slice(None), _now()))

    def end(_trainer: Any) -> None:
        spent.cpu, spent.wall = (now - then for now, then in zip(_now(), begun, strict=True))

    model.add_callback("on_train_epoch_end", end)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.train(
            data=str(folder / "data.yaml"), epochs=1, imgsz=SIDE, batch=batch_size, nbs=batch_size, workers=0, device="cpu",
            cache="ram", optimizer="AdamW", amp=False, plots=False, val=False, save=False, verbose=False, project=str(folder),
            mosaic=0.0, hsv_h=0.0, hsv_s=0.0, hsv_v=0.0, translate=0.0, scale=0.0, erasing=0.0,
        )  # fmt: skip
    return spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--ultralytics", action="store_true", help="its own trainer too")
    words = parser.parse_args()
    steps, rounds = (12, 3) if words.quick else (30, words.rounds)
    trainer = Trainer(epochs=1, batch_size=4, image_size=(SIDE, SIDE), threads=1, validation_pictures=4)
    pictures = Pictures(steps * trainer.batch_size)
    mine, by_hand, theirs = list[Spent](), list[Spent](), list[Spent]()
    with surroundings(trainer, 0), tempfile.TemporaryDirectory(prefix="wardflow-") as folder:
        bare(trainer, Pictures(8))  # what is slow the first time
        for number in range(rounds):
            turns = [lambda: mine.append(ours(trainer, pictures, Path(folder))), lambda: by_hand.append(bare(trainer, pictures))]
            if words.ultralytics:
                place = Path(folder, f"yolo{number}")
                turns.append(lambda place=place: theirs.append(ultralytics(pictures, trainer.batch_size, place)))
            for turn in turns if number % 2 else turns[::-1]:
                turn()
    return report(mine, by_hand, theirs)


def report(mine: list[Spent], by_hand: list[Spent], theirs: list[Spent]) -> int:
    a, b = (np.array([one.cpu / one.pictures for one in runs]) for runs in (mine, by_hand))
    pace, waits = float(np.median(b) / np.median(a)), sum(one.waited for one in by_hand) / sum(one.wall for one in by_hand)
    rows = [
        ("pace against a bare loop, CPU", f"{pace:.3f}", f">= {LEAST}", pace >= LEAST),
        ("share of time waiting for data", f"{waits:.3f}", f"<= {WAITS}", waits <= WAITS),
    ]
    middle = [np.percentile(1000 * part, [25, 75]).round(1).tolist() for part in (a, b)]
    print(
        f"{len(mine)} rounds of {mine[0].pictures} pictures of {SIDE}x{SIDE}, one thread; pictures/s of CPU: "
        f"{1 / np.median(a):.2f} here, {1 / np.median(b):.2f} bare; quartiles of a picture's ms {middle[0]} and {middle[1]}"
    )
    for name, value, bound, good in rows:
        print(f"  {name:34} {value:8} {bound:8} {'ok' if good else 'MISSED'}")
    if theirs:
        c = np.array([one.cpu / one.pictures for one in theirs])
        ratio, edges = float(np.median(c) / np.median(a)), np.percentile(1000 * c, [25, 75]).round(1).tolist()
        print(
            f"  pace against ultralytics' trainer  {ratio:.2f} ({1 / np.median(c):.2f} pictures/s of CPU; quartiles {edges} ms)"
        )
    return 0 if all(row[3] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
