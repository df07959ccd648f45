"""Four pictures in one: people at other scales, beside edges, among other surroundings."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from components.letterbox import PAD
from components.networks import Picture

OTHERS = 3  # pictures beside the one that is shown
CENTRE = (0.3, 0.7)  # of the picture's sides: where the four meet
SCALE = (0.5, 1.0)  # of each of them; people of a fixed camera are small already
LEAST_LEFT = 0.3  # a box of which less stays inside the picture is no longer asked for


def mosaic(pictures: Sequence[Picture]) -> Picture:
    """A picture of the size of the first, each quarter a window into one of four (Bochkovskiy 2020, arXiv 2004.10934).

    Where they meet, how large each is and what of it shows follows torch's global seed. People cut by an edge have the box of
    what is left of them; of whom little is left is ignored.
    """
    (_, height, width), (low, high) = pictures[0].image.shape, CENTRE
    x, y = (round(side * (low + (high - low) * float(torch.rand(())))) for side in (width, height))
    quarters = [(0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)]
    canvas = torch.full_like(pictures[0].image, PAD)
    parts = [_placed(picture, canvas, quarter) for picture, quarter in zip(pictures, quarters, strict=True)]
    boxes, labels, ignored = (torch.cat([getattr(part, name) for part in parts]) for name in ("boxes", "labels", "ignored"))
    return Picture(canvas, boxes, labels, ignored)


def _placed(picture: Picture, canvas: Tensor, quarter: tuple[int, int, int, int]) -> Picture:
    """Draw a window into `picture`, at a random scale, over a quarter of `canvas`; its boxes, in pixels of the canvas."""
    (_, h, w), (x0, y0, x1, y1) = picture.image.shape, quarter
    scale = SCALE[0] + (SCALE[1] - SCALE[0]) * float(torch.rand(()))
    cut_w, cut_h = min(w, round((x1 - x0) / scale)), min(h, round((y1 - y0) / scale))  # of the picture
    left, top = int(torch.randint(w - cut_w + 1, ())), int(torch.randint(h - cut_h + 1, ()))
    size = min(y1 - y0, round(cut_h * scale)), min(x1 - x0, round(cut_w * scale))
    window = picture.image[None, :, top : top + cut_h, left : left + cut_w].float()
    small = interpolate(window, size, mode="bilinear", antialias=True)[0].round_().clamp_(0, 255).to(torch.uint8)
    at_x = x0 if x0 else x1 - size[1]  # what does not fill the quarter touches the centre
    at_y = y0 if y0 else y1 - size[0]
    canvas[:, at_y : at_y + size[0], at_x : at_x + size[1]] = small
    shrunk = torch.tensor([size[1] / cut_w, size[0] / cut_h]).repeat(2)
    moved = (picture.boxes - torch.tensor([left, top, left, top])) * shrunk
    kept = inside(Picture(small, moved, picture.labels, picture.ignored))
    return Picture(small, kept.boxes + torch.tensor([at_x, at_y, at_x, at_y]), kept.labels, kept.ignored)


def inside(picture: Picture) -> Picture:
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
