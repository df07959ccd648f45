"""A camera on the network: RTSP, or MJPEG, HLS and other streams over HTTP."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import av
from annotated_types import Ge, Gt
from av.container import InputContainer

from components.contracts import InputError, Matrix3
from components.sources.calibration import placed
from components.sources.lasting import Lasting

SCHEMES = ("rtsp", "rtsps", "http", "https")
ONLY = {"allowed_media_types": "video"}  # nobody here listens to a ward
SECRET = re.compile(r"(?<=://)([^/@\s]*)@")  # user and password of a URL


class Stream(Lasting):
    """The live pictures behind `url` (rtsp, rtsps, http, https); they carry the time at which they were taken.

    That time is the camera's own where it says it (RTCP sender reports), as it is while its clock is right to `clock_error`
    seconds, else corrected, for which a picture takes `latency` seconds to us at best; where it says none, `latency`
    before the picture came, without the jitter of the network. A connection that does not open, or stays silent
    for `timeout` seconds, or ends, is made again: after `retry_first` seconds, then ever less often, at least every
    `retry_longest` seconds, for ever. Nothing that this class says contains what stands before the @ of the url.
    """

    advice = "check the camera, its address and its password"

    def __init__(
        self, camera: str, *, url: str, location: str = "", homography: Matrix3 | str | None = None,
        calibration: str | None = None, transport: Literal["tcp", "udp"] = "tcp", timeout: Annotated[float, Gt(0)] = 5.0,
        retry_first: Annotated[float, Gt(0)] = 0.5, retry_longest: Annotated[float, Gt(0)] = 30.0,
        clock_error: Annotated[float, Ge(0)] = 0.5, latency: Annotated[float, Ge(0)] = 0.1,
    ) -> None:  # fmt: skip
        if url.partition("://")[0] not in SCHEMES:
            raise InputError(f"camera {camera}: url is {masked(url)!r}; expected rtsp://, rtsps://, http:// or https://")
        self._url, self._options = url, _options(url, transport, timeout)
        super().__init__(
            placed(camera, location, homography=homography, calibration=calibration), address=masked(url), timeout=timeout,
            retry_first=retry_first, retry_longest=retry_longest, clock_error=clock_error, latency=latency,
        )  # fmt: skip

    def opened(self, *, watched: bool = True) -> InputContainer:
        """A new connection, for which there are twice `timeout` seconds, as there is more to say than with each packet."""
        patience = (2 * self._timeout, self._timeout if watched else None)
        return av.open(self._url, options=self._options, timeout=patience, metadata_errors="replace")


def masked(url: str) -> str:
    """`url` without the name and the password in it."""
    return SECRET.sub("***@", url)


def _options(url: str, transport: str, timeout: float) -> dict[str, str]:
    """FFmpeg's: little to look at before the first picture, nothing kept back, give up on a silent socket (microseconds)."""
    quick = {"fflags": "nobuffer", "flags": "low_delay", "analyzeduration": "500000", "probesize": "500000"}
    if url.startswith("rtsp"):
        return {**quick, "rtsp_transport": transport, "timeout": str(round(timeout * 1e6)), "max_delay": "200000", **ONLY}
    return {**quick, "rw_timeout": str(round(timeout * 1e6))}
