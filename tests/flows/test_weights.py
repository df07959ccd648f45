"""Weights that a training begins with become a file of this machine, and what they are decides the run."""

from __future__ import annotations

import hashlib
import json

import pytest
import torch
from safetensors.torch import save_file

from components.contracts import InputError, digest_of, file_digest
from components.ledger.mlflow import Digests, Mlflow
from flows import _launch, _weights, _wiring

MODEL = {
    "_target_": "components.models.timm_detector.TimmDetector", "backbone": "test_resnet", "channels": 32, "depth": 1,
    "weights": None, "published": {},
}  # fmt: skip


@pytest.fixture
def trained(tmp_path):
    """Two files of weights for the model, as two trainings left them."""
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = _wiring.make(MODEL).build().body.state_dict()
        (tmp_path / f"trained{seed}").mkdir()
        save_file(
            {name: tensor.contiguous() for name, tensor in state.items()}, tmp_path / f"trained{seed}" / "weights.safetensors"
        )
        (tmp_path / f"trained{seed}" / "model.json").write_text(json.dumps({"seed": seed}))
    return [tmp_path / f"trained{seed}" for seed in (1, 2)]


@pytest.fixture
def config(tmp_path):
    ledger = {"_target_": "components.ledger.mlflow.Mlflow", "uri": f"sqlite:///{tmp_path}/mlflow.db", "experiment": "test"}

    def config(**model):
        return {"model": MODEL | model, "ledger": ledger, "model_cache": str(tmp_path / "cache")}

    return config


def test_from_random_weights_only_the_recipe_decides(config):
    began = _weights.beginning(config())
    assert began.model == MODEL
    assert began.decisive == {"model": {name: value for name, value in MODEL.items() if name != "published"}}
    assert began.tags == {}


def test_a_registered_version_is_pinned_verified_and_part_of_what_decides(config, trained, tmp_path):
    ledger = Mlflow(f"sqlite:///{tmp_path}/mlflow.db", experiment="test")
    for folder in trained:
        with ledger.open("train", [], {"from": str(folder)}) as run:
            run.artifacts(folder, path="model")
            ledger.register(
                run, name="staff_detector", folder=folder, digests=Digests(cameras="", chain="", dataset="", config="")
            )
    digests = []
    for version, folder in zip("12", trained, strict=True):
        ledger.promote("staff_detector", version=version, alias="champion")
        began = _weights.beginning(config(weights="models:/staff_detector@champion"))
        assert began.decisive["model"]["weights"] == f"models:/staff_detector/{version}"
        assert began.decisive["weights"] == file_digest(folder / "weights.safetensors")
        assert began.tags == {"weights": f"models:/staff_detector/{version}", "weights_digest": began.decisive["weights"]}
        mine = _wiring.make(began.model).build().body.state_dict()
        torch.manual_seed(int(version))
        assert all(torch.equal(mine[name], tensor) for name, tensor in _wiring.make(MODEL).build().body.state_dict().items())
        digests.append(digest_of(began.decisive))
    assert digests[0] != digests[1]
    (stored, _) = sorted((tmp_path / "artifacts").rglob("weights.safetensors"), key=lambda path: path.stat().st_mtime)
    stored.write_bytes(b"other")
    fresh = config(weights="models:/staff_detector/1") | {"model_cache": str(tmp_path / "elsewhere")}
    with pytest.raises(InputError, match=r"weights\.safetensors at .* missing or not what was registered"):
        _weights.beginning(fresh)


def test_a_named_download_is_known_by_its_checksum_wherever_it_comes_from(config, trained):
    content = (trained[0] / "weights.safetensors").read_bytes()
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "megabytes": 1.0, "licence": "MIT"}
    digests = set()
    for url in (
        f"file://{trained[0]}/weights.safetensors",
        "https://nowhere.invalid/weights.safetensors",
    ):  # the second: from the cache
        began = _weights.beginning(config(weights="mine", published={"mine": {"url": url, **entry}}))
        assert began.decisive["weights"] == entry["sha256"]
        assert began.decisive["model"]["weights"] == "mine"
        digests.add(digest_of(began.decisive))
        assert _wiring.make(began.model).build()
    assert len(digests) == 1


def test_a_file_that_changes_is_another_beginning(config, trained):
    place = trained[0] / "weights.safetensors"
    before = _weights.beginning(config(weights=str(place)))
    place.write_bytes((trained[1] / "weights.safetensors").read_bytes())
    after = _weights.beginning(config(weights=str(place)))
    assert before.decisive["model"] == after.decisive["model"]
    assert before.decisive["weights"] != after.decisive["weights"]


def test_a_word_that_is_neither_says_what_it_may_be(config):
    entry = {"url": "https://nowhere.invalid/w.pth", "sha256": "0" * 64, "megabytes": 1.0, "licence": "MIT"}
    began = _weights.beginning(config(weights="cocoa", published={"coco": entry}))
    with pytest.raises(
        InputError, match=r"weights cocoa: no such file; .* models:/staff_detector/3, or one of coco, which flows.train"
    ):
        _wiring.make(began.model).build()


@pytest.mark.parametrize("option", _launch.options()["model"])
def test_what_our_own_options_publish_can_be_fetched(option):
    """As far as it can be known without a network: an address of the publisher, with a whole checksum."""
    model = _wiring.make(_launch.compose("train", [f"model={option}"])["model"])
    assert model.published
    for entry in model.published.values():
        assert entry.url.startswith(("https://download.pytorch.org/models/", "https://github.com/"))
        stem = entry.url.rsplit("/", 1)[-1].partition(".")[0]
        begins = stem.rpartition("-")[2] if "-" in stem else entry.sha256[:8]
        assert entry.sha256.startswith(begins)
        assert (entry.holds == "model") == ("ultralytics" in entry.url)
