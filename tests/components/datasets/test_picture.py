"""Pictures as they come out of shards: whole ones are decoded, of all others it is said what is wrong."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from components.datasets.picture import PictureError, decoded, read_head

IMAGE = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def encoded(suffix: str, image: np.ndarray = IMAGE) -> bytes:
    return bytes(cv2.imencode(suffix, image)[1])


def rotated(content: bytes) -> bytes:
    """A JPEG whose Exif says that it hangs on its side."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + content[2:]


def test_whole_pictures_are_decoded() -> None:
    assert np.array_equal(decoded(encoded(".png"), width=32, height=24), IMAGE)
    assert decoded(memoryview(encoded(".jpg")), width=32, height=24).shape == (24, 32, 3)
    grey = decoded(encoded(".png", IMAGE[..., 0]), width=32, height=24)
    assert grey.shape == (24, 32, 3) and np.array_equal(grey[..., 0], IMAGE[..., 0])


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (7, 2), (641, 1)])
def test_odd_sizes_are_sizes(size: tuple[int, int]) -> None:
    image = np.full((size[1], size[0], 3), 9, np.uint8)
    for suffix in (".png", ".jpg"):
        assert decoded(encoded(suffix, image), width=size[0], height=size[1]).shape == image.shape


def test_rotated_metadata_does_not_turn_a_picture_that_has_boxes() -> None:
    assert decoded(rotated(encoded(".jpg")), width=32, height=24).shape == (24, 32, 3)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it has no bytes"),
        (b"\x89PNG\r\n\x1a\n", "it ends inside its head"),
        (b"\xff\xd8\xff", "it ends inside its head"),
        (b"\xff\xd8\xff\xe0\x00\x02xx", "a marker is not where it should be"),
        (encoded(".bmp"), "neither JPEG nor PNG: it begins with 42 4d"),
        (encoded(".webp"), "neither JPEG nor PNG: it begins with 52 49 46 46"),
        (b"GIF89a" + bytes(50), "neither JPEG nor PNG"),
        (encoded(".png", (IMAGE.astype(np.uint16) * 257)), "16 bits per channel; expected 8"),
        (encoded(".png", IMAGE[:20]), "it is 32x20; the manifest says 32x24"),
        (encoded(".png")[:-1], "its png ends before its end"),
        (encoded(".jpg")[:-2], "its jpg ends before its end"),
        (encoded(".png")[:60] + encoded(".png")[-8:], "cannot be decoded"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, why: str) -> None:
    with pytest.raises(PictureError, match=why):
        decoded(content, width=32, height=24)


def test_a_picture_of_gigabytes_is_refused_before_it_is_decoded() -> None:
    bomb = bytearray(encoded(".png"))
    bomb[16:24] = struct.pack(">II", 65_535, 65_535)
    with pytest.raises(PictureError, match="it is 65535x65535"):
        decoded(bytes(bomb), width=32, height=24)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_bits_that_flip_anywhere_never_crash(suffix: str) -> None:
    content, random = encoded(suffix), np.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(content)
        for at in random.integers(0, len(content), random.integers(1, 9)):
            damaged[at] ^= 1 << int(random.integers(8))
        damaged = damaged[: random.integers(0, len(damaged) + 1)] if random.random() < 0.3 else damaged
        try:
            assert decoded(bytes(damaged), width=32, height=24).shape == (24, 32, 3)
        except PictureError as error:
            assert str(error)


def test_heads_are_read_without_decoding() -> None:
    assert read_head(encoded(".jpg")) == ("jpg", 32, 24, 8) and read_head(rotated(encoded(".jpg"))) == ("jpg", 32, 24, 8)
