"""Pictures: letterboxed once, kept within a bound, drawn in an order that a resumed training repeats."""

import itertools

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from components.contracts import Sample
from components.training.augmentation import Augment
from components.training.pictures import Augmented, Order, Pictures, Variation, collate, on_device


class Counting(list):
    """Samples that count how often they are read."""

    reads = 0

    def __getitem__(self, index):
        self.reads += 1
        return super().__getitem__(index)


def sample(*, width=100, height=50, visibility=(1.0,)):
    image = np.zeros((height, width, 3), np.uint8)
    image[:, :, 2] = 200  # red, in BGR
    boxes = np.array([[10, 5, 30, 45]] * len(visibility), np.float32)
    return Sample(image, boxes, np.zeros(len(boxes), np.int64), np.array(visibility, np.float32), "cam", 0)


def read(samples, *, size=(64, 64), cache_mb=16):
    return Pictures(samples, size=size, min_visibility=0.25, cache_mb=cache_mb)


def test_letterboxed_rgb_with_boxes_in_its_pixels():
    picture = read([sample()])[0]
    assert picture.image.shape == (3, 64, 64)
    assert picture.image[:, 0, 0].tolist() == [200, 0, 0]
    assert picture.image[:, 63, 0].tolist() == [114, 114, 114]
    assert np.allclose(picture.boxes, np.array([[10, 5, 30, 45]]) * 0.64)


def test_who_is_hardly_visible_is_ignored():
    assert read([sample(visibility=(1.0, 0.2, 0.25))])[0].ignored.tolist() == [False, True, False]


@pytest.mark.parametrize(("cache_mb", "cached"), [(0, 0), (1, 85), (16, 200)])
def test_the_cache_keeps_to_its_bound(cache_mb, cached):
    samples = Counting([sample(width=64, height=64)] * 200)
    pictures = read(samples, cache_mb=cache_mb)
    assert pictures.cached == samples.reads == cached
    assert all(pictures[i].image.shape == (3, 64, 64) for i in range(200))
    assert samples.reads == 200


def test_cached_and_read_again_are_the_same():
    samples = [sample(visibility=(1.0, 0.1)), sample(width=50, height=100)]
    for kept, fresh in zip(
        map(read(samples).__getitem__, range(2)), map(read(samples, cache_mb=0).__getitem__, range(2)), strict=True
    ):
        for name in ("image", "boxes", "labels", "ignored"):
            assert torch.equal(getattr(kept, name), getattr(fresh, name))


def drawn(order, epoch):
    order.set_epoch(epoch)
    return list(order)


def test_every_picture_comes_once_before_any_comes_twice():
    order = Order(10, length=4, seed=0)
    indices = [index for epoch in range(5) for _, index in drawn(order, epoch)]
    assert sorted(indices[:10]) == sorted(indices[10:]) == list(range(10))
    assert indices[:10] != indices[10:]


def test_an_epoch_is_the_same_whatever_came_before():
    whole = Order(10, length=7, seed=3)
    epochs = [drawn(whole, epoch) for epoch in range(4)]
    assert drawn(Order(10, length=7, seed=3), 3) == epochs[3]
    assert drawn(Order(10, length=7, seed=4), 3) != epochs[3]
    assert {epoch for epoch, _ in epochs[2]} == {2}


def test_an_epoch_may_be_longer_than_the_split():
    assert sorted(index for _, index in drawn(Order(3, length=6, seed=0), 1)) == [0, 0, 1, 1, 2, 2]


def test_augmentation_differs_by_epoch_and_repeats_by_draw():
    changed = Augmented(read([sample()]), Variation(Augment(brightness=0.5), 1, 10))
    assert torch.equal(changed[0, 0].image, changed[0, 0].image)
    assert not torch.equal(changed[0, 0].image, changed[1, 0].image)


def test_collate_sorts_out_who_is_ignored():
    batch = collate([read([sample(visibility=(1.0, 0.1, 0.9))])[0], read([sample(visibility=())])[0]])
    assert batch.images.shape == (2, 3, 64, 64)
    assert [len(b) for b in batch.boxes] == [2, 0]
    assert [len(b) for b in batch.labels] == [2, 0]
    assert [tuple(b.shape) for b in batch.ignored] == [(1, 4), (0, 4)]


def test_on_the_device_images_are_floats():
    batch = on_device(collate([read([sample()])[0]]), torch.device("cpu"))
    assert batch.images.dtype == torch.float32
    assert float(batch.images[0, 0, 0, 0]) == pytest.approx(200 / 255)
    assert batch.images.is_contiguous(memory_format=torch.channels_last)


def test_a_worker_process_draws_the_same():
    pictures = Augmented(
        read([sample(), sample(visibility=(0.1, 1.0))] * 4), Variation(Augment(flip=0.5, brightness=0.3, mosaic=0.5), 1, 10)
    )
    batches = [
        list(
            DataLoader(
                pictures,
                batch_size=4,
                sampler=Order(8, length=8, seed=0),
                collate_fn=collate,
                num_workers=workers,
                multiprocessing_context="spawn" if workers else None,
            )
        )
        for workers in (0, 1)
    ]
    for alone, shared in itertools.zip_longest(*batches):
        assert torch.equal(alone.images, shared.images)
        assert all(torch.equal(a, b) for a, b in zip(alone.boxes, shared.boxes, strict=True))
