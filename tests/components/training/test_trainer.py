"""A trainer that cannot work says so at once, and says what to write instead."""

import pytest

from components.contracts import InputError
from components.training.trainer import Trainer


@pytest.mark.parametrize("name", ["epochs", "epoch_steps", "batch_size", "learning_rate", "threads", "max_minutes", "patience"])
def test_amounts_are_above_zero(name):
    with pytest.raises(InputError, match=rf"trainer.{name} is 0; expected a number above 0"):
        Trainer(**{"epochs": 1, name: 0})


@pytest.mark.parametrize(("name", "value"), [("ema", 1.0), ("warmup", -0.1), ("min_visibility", 1.5)])
def test_shares_are_shares(name, value):
    with pytest.raises(InputError, match=rf"trainer.{name} is {value}; expected 0 <= x < 1"):
        Trainer(**{"epochs": 1, name: value})


def test_the_size_fits_the_network():
    Trainer(epochs=1, image_size=(320, 192)).check_size(32, "yolov8n")
    with pytest.raises(InputError, match=r"\[300, 10\]; yolov8n needs multiples of 32, such as \[288, 32\]"):
        Trainer(epochs=1, image_size=(300, 10)).check_size(32, "yolov8n")
