"""A camera at this machine: USB, or anything else that Video4Linux shows as /dev/video*."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import av
from annotated_types import Ge, Gt
from av.container import InputContainer

from components.contracts import InputError, Matrix3
from components.sources.calibration import placed
from components.sources.lasting import Lasting


class Usb(Lasting):
    """The live pictures of the camera `device`, which codes them itself as `codec`, `width` x `height` pixels, `fps` a second.

    `v4l2-ctl --list-formats-ext` says what a camera offers. It is recorded as it comes, as one on the network is, and one that
    was unplugged is tried again for ever. The times are those at which the driver took the pictures, as this machine's clock
    has them. Raises InputError where `device` is there and is no device.
    """

    def __init__(
        self, camera: str, *, device: str = "/dev/video0", codec: Literal["mjpeg", "h264", "hevc"] = "mjpeg",
        width: Annotated[int, Ge(16)] = 1280, height: Annotated[int, Ge(16)] = 720, fps: Annotated[float, Gt(0)] = 25.0,
        location: str = "", homography: Matrix3 | str | None = None, calibration: str | None = None,
        timeout: Annotated[float, Gt(0)] = 5.0, retry_first: Annotated[float, Gt(0)] = 0.5,
        retry_longest: Annotated[float, Gt(0)] = 30.0, latency: Annotated[float, Ge(0)] = 0.05,
    ) -> None:  # fmt: skip
        path = Path(device)
        if path.exists() and not path.is_char_device():
            raise InputError(
                f"camera {camera}: device {device} is no camera; expected one such as /dev/video0, see `ls /dev/video*`"
            )
        wanted = f"{codec} of {width}x{height} at {fps:g} fps"
        self.advice = f"expected a camera that gives {wanted}, see `v4l2-ctl --list-formats-ext`, and that group video may read"
        self._device = device
        self._options = {"input_format": codec, "video_size": f"{width}x{height}", "framerate": f"{fps:g}"}
        super().__init__(
            placed(camera, location, homography=homography, calibration=calibration), address=device, timeout=timeout,
            retry_first=retry_first, retry_longest=retry_longest, clock_error=0.5, latency=latency,
        )  # fmt: skip

    def opened(self, *, watched: bool = True) -> InputContainer:  # noqa: ARG002 - a device sends nothing but pictures
        """A new connection."""
        patience = (2 * self._timeout, self._timeout)
        return av.open(self._device, format="v4l2", options=self._options, timeout=patience, metadata_errors="replace")
