"""What a kind of network is taught with, judged by, and how it is served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from torch import Tensor

from components.contracts import Floats32, Samples, SplitName
from components.networks import Batch, Classifier, Describer, Network
from components.training.crops import Crops
from components.training.detection import Detection
from components.training.pictures import Pictures
from components.training.recognition import Recognition
from components.training.resemblance import Resemblance
from components.training.trainer import Trainer


class Judge(Protocol):
    """Compares a network's answers with the labels."""

    def update(self, answers: Tensor, batch: Batch) -> None: ...

    def merge(self, other: Any) -> None: ...  # another judge of the same lesson, who has seen other pictures

    def compute(self) -> dict[str, float]: ...  # of everything since the last time


class Lesson(Protocol):
    """Everything in which training one kind of network differs from training another."""

    @property
    def decisive(self) -> str: ...  # the figure that the best epoch has most of

    @property
    def figures(self) -> Mapping[str, str]: ...  # names, and the word in the log; "" for the ledger only

    def size(self, trainer: Trainer) -> tuple[int, int]: ...  # width, height of the network's input

    def pictures(self, samples: Samples, trainer: Trainer, split: SplitName) -> Pictures | Crops: ...

    def judge(self) -> Judge: ...

    def card(self, size: tuple[int, int]) -> dict[str, Any]: ...  # how to feed and read the graph

    def parity(self, graph: Floats32, eager: Floats32) -> dict[str, float]: ...  # RuntimeError where they differ too much


def lesson_of(network: Network) -> Lesson:
    """The lesson for this kind of network."""
    match network:
        case Classifier():
            return Recognition(network.classes, network.size)
        case Describer():
            return Resemblance(network.size)
    return Detection(chooses=network.chooses)
