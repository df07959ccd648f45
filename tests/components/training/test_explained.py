"""What a machine cannot do is said with the setting to change, and to what."""

import pytest
import torch

from components.contracts import InputError
from components.training.explained import explained, explained_reading, is_short
from components.training.trainer import Trainer


def test_memory_that_does_not_suffice_names_batch_and_accumulation():
    said = r"out of memory with trainer.batch_size 8 .* trainer.batch_size=4 trainer.accumulate=2"
    with pytest.raises(InputError, match=said), explained(Trainer(epochs=1)):
        torch.empty(2**50)


def test_with_one_picture_at_a_time_the_picture_has_to_be_smaller():
    with pytest.raises(InputError, match=r"set trainer.image_size=\[320,192\]"), explained(Trainer(epochs=1, batch_size=1)):
        raise torch.OutOfMemoryError


def test_pictures_that_do_not_fit_into_memory():
    with pytest.raises(InputError, match=r"trainer\.cache_mb=256"), explained_reading(Trainer(epochs=1)):
        raise MemoryError


def test_another_error_stays_what_it_is():
    with pytest.raises(RuntimeError, match="shape"), explained(Trainer(epochs=1)):
        raise RuntimeError("shape mismatch")
    assert not is_short(ValueError("out of memory"))
