"""Serving applies exactly the chain that a model was trained with, or does not serve."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from components.preprocessing.chain import digest
from flows import _models

CHAIN = [{"_target_": "components.preprocessing.resize.Resize", "width": 640}]
OTHER = [{"_target_": "components.preprocessing.resize.Resize", "width": 320}]
CARD = {"preprocessing": CHAIN, "preprocessing_digest": digest(CHAIN), "commit": "abc"}


def test_the_models_own_chain_is_applied_whatever_the_defaults_are():
    assert _models._chain({"preprocessing": OTHER}, CARD, "staff_detector/3", []) == CHAIN


def test_another_chain_by_word_is_refused():
    with pytest.raises(InputError, match="preprocessing=other: model staff_detector/3 was trained with another chain"):
        _models._chain({"preprocessing": OTHER}, CARD, "staff_detector/3", ["preprocessing=other"])


def test_steps_whose_code_is_another_one_now_are_refused():
    """The digest is of config and code."""
    with pytest.raises(InputError, match=r"the code of its preprocessing steps has changed .*commit abc.*train again"):
        _models._chain({"preprocessing": CHAIN}, {**CARD, "preprocessing_digest": "0" * 64}, "staff_detector/3", [])
