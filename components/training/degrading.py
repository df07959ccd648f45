"""What lenses, mounts and dark rooms do to a picture."""

from __future__ import annotations

from math import cos, pi, sin

import cv2
import numpy as np
import torch
from torch import Tensor

from components.contracts import Floats32

READ_NOISE = 0.3  # of the noise: the part that a sensor adds also where no light comes


def blurred(image: Tensor, most: float) -> Tensor:
    """`image` (3, h, w) uint8 out of focus by a disc of up to `most` px, or smeared along a line of up to twice that.

    A disc is what a point becomes out of focus; a line what it becomes while a mount shakes. Both follow torch's global seed.
    """
    reach, kind, angle = (float(v) for v in torch.rand(3))
    reach *= most
    kernel = _disc(reach) if kind < 0.5 else _line(reach, pi * angle)
    planes = [cv2.filter2D(plane, -1, kernel, borderType=cv2.BORDER_REPLICATE) for plane in image.numpy()]
    return torch.from_numpy(np.stack(planes))


def darkened(image: Tensor, gamma: float, noise: float) -> Tensor:
    """`image` (3, h, w) uint8 in low light: a gamma of 1 .. `gamma`, then noise, most of which grows with the light.

    Photons come with a variance that is their number; reading the sensor adds a constant one (Foi 2008, the
    Poissonian-Gaussian model, doi 10.1109/TIP.2008.2001399). `noise` is the largest standard deviation, where all is white.
    """
    curve, amount = (float(v) for v in torch.rand(2))
    levels = (torch.arange(256) / 255) ** (1 + (gamma - 1) * curve)
    spread = noise * amount * (READ_NOISE**2 + (1 - READ_NOISE**2) * levels).sqrt()
    at = image.int()
    return ((levels[at] + spread[at] * torch.randn(image.shape)) * 255).round_().clamp_(0, 255).to(torch.uint8)


def _disc(radius: float) -> Floats32:
    """A kernel that sums to 1; its edge is smooth, so that radii between two pixels differ."""
    half = int(np.ceil(radius))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _line(reach: float, angle: float) -> Floats32:
    """A kernel that sums to 1: a line through the middle, `reach` px to either side."""
    half = int(np.ceil(reach))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    along, across = x * cos(angle) + y * sin(angle), np.abs(y * cos(angle) - x * sin(angle))
    kernel = np.clip(reach + 0.5 - np.abs(along), 0, 1) * np.clip(1 - across, 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)
