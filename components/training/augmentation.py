"""Changes that a fixed camera could have seen: mirrored rooms, other light, a knocked mount, somebody in the way."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Literal

import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from components.contracts import InputError
from components.letterbox import PAD
from components.networks import Picture
from components.training.degrading import blurred, darkened
from components.training.mosaic import OTHERS, inside, mosaic

Occluder = Literal["flat", "piece"]


class Augment:
    """Every amount is the largest change, or how probable one is; 0 leaves that change out. In the order in which they are made.

    Mosaics (Bochkovskiy 2020, arXiv 2004.10934) show people at scales and beside edges that no camera gives, so the last epochs
    go without them (Ge 2021, YOLOX, arXiv 2107.08430).
    """

    def __init__(
        self,
        *,
        flip: float = 0.0,  # probability of a mirror image
        brightness: float = 0.0,  # factor 1 - x .. 1 + x
        contrast: float = 0.0,  # factor 1 - x .. 1 + x
        saturation: float = 0.0,  # factor 1 - x .. 1 + x
        rotation: float = 0.0,  # degrees to either side; boxes grow with it, so keep it small
        translate: float = 0.0,  # share of the picture's side
        scale: float = 0.0,  # factor 1 - x .. 1 + x
        occlusion: float = 0.0,  # probability, for each box, that something stands in front of part of it
        occluder: Occluder = "flat",  # what stands there: one colour, or a piece of the same picture (Yun 2019, arXiv 1905.04899)
        blur: float = 0.0,  # probability of a picture out of focus, or smeared as by a camera that shakes
        blur_px: float = 3.0,  # radius, or half the length of the smear, in pixels of the network's input
        low_light: float = 0.0,  # probability of a dark picture
        gamma: float = 2.5,  # of the dark: 1 is as bright as before
        noise: float = 0.05,  # of the dark: standard deviation where the picture is white, as a share of white
        mosaic: float = 0.0,  # probability that four pictures share one; not for pictures of single people
        mosaic_until: float = 0.85,  # share of the epochs after which there are no more mosaics
    ) -> None:
        _check(flip=flip, occlusion=occlusion, blur=blur, low_light=low_light, mosaic=mosaic, mosaic_until=mosaic_until)
        if blur_px < 0 or gamma < 1 or noise < 0:
            raise InputError(f"augmentation: blur_px is {blur_px}, gamma {gamma}, noise {noise}; expected at least 0, 1 and 0")
        self.occlusion, self.occluder = occlusion, occluder
        self.blur, self.blur_px, self.low_light, self.gamma, self.noise = blur, blur_px, low_light, gamma, noise
        self.mosaic, self.mosaic_until = mosaic, mosaic_until
        steps: list[v2.Transform] = []
        if flip:
            steps.append(v2.RandomHorizontalFlip(flip))
        if rotation or translate or scale:
            steps.append(_affine(rotation, translate, scale))
        if brightness or contrast or saturation:
            steps.append(v2.ColorJitter(brightness, contrast, saturation))
        self.change = v2.Compose(steps) if steps else None

    def others(self, *, seed: int, progress: float) -> int:
        """How many further pictures `__call__` wants to have with this seed, when `progress` (0..1) of the epochs are over."""
        wanted = progress < self.mosaic_until and Random(seed).random() < self.mosaic
        return OTHERS if wanted else 0

    def __call__(self, picture: Picture, others: Sequence[Picture] = (), *, seed: int) -> Picture:
        """Another picture, of the same size; the same `seed` gives the same one. What is given is left as it is."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            whole = mosaic([picture, *others]) if others else picture
            return self._degraded(self._occluded(self._changed(whole)))

    def _changed(self, picture: Picture) -> Picture:
        if self.change is None:
            return picture
        height, width = picture.image.shape[-2:]
        boxes = tv_tensors.BoundingBoxes(picture.boxes, format="XYXY", canvas_size=(height, width), clamping_mode=None)
        image, moved = self.change(tv_tensors.Image(picture.image), boxes)
        return inside(Picture(image.as_subclass(Tensor), moved.as_subclass(Tensor), picture.labels, picture.ignored))

    def _occluded(self, picture: Picture) -> Picture:
        if not self.occlusion or not len(picture.boxes):
            return picture
        chosen = torch.rand(len(picture.boxes)) < self.occlusion
        image = picture.image.clone()
        for box in picture.boxes[chosen]:
            _cover(image, box, self.occluder)
        return Picture(image, picture.boxes, picture.labels, picture.ignored)

    def _degraded(self, picture: Picture) -> Picture:
        """As a bad lens, a shaking mount or a dark room would have it: light comes through the lens, then to the sensor."""
        image = picture.image
        if self.blur and float(torch.rand(())) < self.blur:
            image = blurred(image, self.blur_px)
        if self.low_light and float(torch.rand(())) < self.low_light:
            image = darkened(image, self.gamma, self.noise)
        return Picture(image, picture.boxes, picture.labels, picture.ignored)


def _check(**shares: float) -> None:
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise InputError(f"augmentation.{name} is {value}; expected a share from 0 to 1")


def _affine(rotation: float, translate: float, scale: float) -> v2.Transform:
    return v2.RandomAffine(
        degrees=rotation,
        translate=(translate, translate) if translate else None,
        scale=(1 - scale, 1 + scale) if scale else None,
        interpolation=v2.InterpolationMode.BILINEAR,
        fill=PAD,
    )


def _cover(image: Tensor, box: Tensor, occluder: Occluder) -> None:
    """Hide up to half of `box`, from one of its sides or from below."""
    left, top, right, bottom = (int(v) for v in box.round())
    share, side = 0.15 + 0.35 * float(torch.rand(())), int(torch.randint(3, ()))
    width, height = round((right - left) * share), round((bottom - top) * share)
    x0, y0 = (right - width, top) if side == 1 else (left, bottom - height if side == 2 else top)
    x1, y1 = (left + width, bottom) if side == 0 else (right, bottom)
    hidden = image[:, max(0, y0) : y1, max(0, x0) : x1]
    hidden[:] = _piece(image, hidden) if occluder == "piece" else torch.randint(256, (3, 1, 1), dtype=torch.uint8)


def _piece(image: Tensor, hidden: Tensor) -> Tensor:
    """As much as `hidden`, from anywhere in the picture: what stands in front of people is what else is in the room."""
    (_, h, w), (_, height, width) = hidden.shape, image.shape
    y, x = int(torch.randint(height - h + 1, ())), int(torch.randint(width - w + 1, ()))
    return image[:, y : y + h, x : x + w].clone()
