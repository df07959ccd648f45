"""What a machine cannot do, in words that name the setting and what to set it to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException

from components.contracts import InputError
from components.training.trainer import Trainer

SHORT = ("out of memory", "allocate memory", "not enough memory", "insufficient memory", "bad_alloc", "memory object")
STEP = 32  # px: what sides of the network's input are multiples of


@contextmanager
def explained(trainer: Trainer) -> Iterator[None]:
    """Errors of computing: a device that is not there, memory that does not suffice."""
    try:
        yield
    except MisconfigurationException as error:
        raise InputError(
            f"trainer.accelerator is {trainer.accelerator}, trainer.precision is {trainer.precision}: not on this machine "
            f"({str(error).splitlines()[0]}); trainer.accelerator=cpu always works."
        ) from None
    except (RuntimeError, MemoryError, cv2.error) as error:
        if not is_short(error):
            raise
        raise InputError(_too_much(trainer)) from None


@contextmanager
def explained_reading(trainer: Trainer) -> Iterator[None]:
    """Memory that does not suffice for the pictures that are kept."""
    try:
        yield
    except (RuntimeError, MemoryError, cv2.error) as error:
        if not is_short(error):
            raise
        raise InputError(
            f"training: out of memory for pictures with trainer.cache_mb {trainer.cache_mb}; set trainer.cache_mb="
            f"{trainer.cache_mb // 4}: what does not fit is read while it is shown"
        ) from None


def is_short(error: BaseException) -> bool:
    """Whether memory is what is missing: Python's, numpy's, OpenCV's, torch's on a CPU or on a GPU."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError | cv2.error) and any(words in str(error).lower() for words in SHORT)


def _too_much(trainer: Trainer) -> str:
    width, height = trainer.image_size
    now = f"training: out of memory with trainer.batch_size {trainer.batch_size} at {width}x{height}"
    if trainer.batch_size > 1:
        half, more = trainer.batch_size // 2, trainer.accumulate * 2
        return f"{now}; set trainer.batch_size={half} trainer.accumulate={more}, which teaches alike with half of it"
    smaller = ",".join(str(max(STEP, side // 2 // STEP * STEP)) for side in (width, height))
    return f"{now}; set trainer.image_size=[{smaller}], or choose a smaller model"
