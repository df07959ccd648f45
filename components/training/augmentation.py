"""Changes that a fixed camera could have seen: mirrored rooms, other light, a knocked mount, somebody in the way."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from components.letterbox import PAD
from components.networks import Picture

LEAST_LEFT = 0.3  # a box of which less stays inside the picture is no longer asked for


class Augment:
    """Every amount is the largest change; 0 leaves that change out."""

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
    ) -> None:
        self.occlusion = occlusion
        steps: list[v2.Transform] = []
        if flip:
            steps.append(v2.RandomHorizontalFlip(flip))
        if rotation or translate or scale:
            steps.append(_affine(rotation, translate, scale))
        if brightness or contrast or saturation:
            steps.append(v2.ColorJitter(brightness, contrast, saturation))
        self.change = v2.Compose(steps) if steps else None

    def __call__(self, picture: Picture, *, seed: int) -> Picture:
        """Another picture, of the same size; the same `seed` gives the same one. `picture` is left as it is."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self._occluded(self._changed(picture))

    def _changed(self, picture: Picture) -> Picture:
        if self.change is None:
            return picture
        height, width = picture.image.shape[-2:]
        boxes = tv_tensors.BoundingBoxes(picture.boxes, format="XYXY", canvas_size=(height, width), clamping_mode=None)
        image, moved = self.change(tv_tensors.Image(picture.image), boxes)
        return _inside(Picture(image.as_subclass(Tensor), moved.as_subclass(Tensor), picture.labels, picture.ignored))

    def _occluded(self, picture: Picture) -> Picture:
        if not self.occlusion or not len(picture.boxes):
            return picture
        chosen = torch.rand(len(picture.boxes)) < self.occlusion
        image = picture.image.clone()
        for box in picture.boxes[chosen]:
            _cover(image, box)
        return Picture(image, picture.boxes, picture.labels, picture.ignored)


def _affine(rotation: float, translate: float, scale: float) -> v2.Transform:
    return v2.RandomAffine(
        degrees=rotation,
        translate=(translate, translate) if translate else None,
        scale=(1 - scale, 1 + scale) if scale else None,
        interpolation=v2.InterpolationMode.BILINEAR,
        fill=PAD,
    )


def _inside(picture: Picture) -> Picture:
    """Boxes cut at the picture's edge; what left the picture is dropped, and what is mostly outside is ignored."""
    height, width = picture.image.shape[-2:]
    cut = picture.boxes.clone()
    cut[:, 0::2].clamp_(0, width)
    cut[:, 1::2].clamp_(0, height)
    left = _area(cut) / _area(picture.boxes).clamp(min=1e-6)
    keep = _area(cut) > 1
    ignored = picture.ignored | (left < LEAST_LEFT)
    return Picture(picture.image, cut[keep], picture.labels[keep], ignored[keep])


def _area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2] - boxes[:, 0]).clamp(min=0) * (boxes[:, 3] - boxes[:, 1]).clamp(min=0)


def _cover(image: Tensor, box: Tensor) -> None:
    """Hide up to half of `box`, from one of its sides or from below, behind a flat thing of a random colour."""
    left, top, right, bottom = (int(v) for v in box.round())
    share, side = 0.15 + 0.35 * float(torch.rand(())), int(torch.randint(3, ()))
    width, height = round((right - left) * share), round((bottom - top) * share)
    x0, y0 = (right - width, top) if side == 1 else (left, bottom - height if side == 2 else top)
    x1, y1 = (left + width, bottom) if side == 0 else (right, bottom)
    image[:, max(0, y0) : y1, max(0, x0) : x1] = torch.randint(256, (3, 1, 1), dtype=torch.uint8)
