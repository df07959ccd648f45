"""Asks a camera what time it is: ONVIF, which needs no login for that, else the date of its web server's answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

import httpx

from components.clocks.ticks import SECOND, Answer, Bounds, bounds, due
from components.contracts import InputError
from components.fleet.onvif import DEVICE, ENVELOPE, LARGEST, WHAT_TIME
from components.fleet.profiles import parsed, set_by_hand, time_of

TIMEOUT = 5.0  # s
QUESTION = ENVELOPE.format(header="", body=WHAT_TIME.format(DEVICE)).encode()
PATH = "/onvif/device_service"
AGREED = 0.8  # of the answers, that have to fit together

By = Literal["ONVIF", "HTTP"]


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """What a camera's own clock is, against ours."""

    known: Bounds
    by: By
    asked: int  # times
    manual: bool  # it says that people set its clock
    measured: int  # ns, our clock


def device_time(
    address: str, *, seconds: float = 12.0, now: Callable[[], int] = time.time_ns, sleep: Callable[[float], None] = time.sleep
) -> DeviceTime:
    """Ask the camera at `address` (host, host:port, http://host) again and again for `seconds`, or until it is known to the trip.

    It is asked when a second of its clock is about to begin, which halves what is possible every time. Raises InputError where it
    does not answer, says no time, or says times that do not fit together; nothing but host and port is in a message.
    """
    url, host = _place(address)
    answers: list[Answer] = []
    with httpx.Client(timeout=TIMEOUT, trust_env=False, verify=False) as client:  # cameras sign for themselves
        first, by, manual = _answer(client, url, host, "ONVIF", now)
        end = now() + round(seconds * SECOND)
        answers.append(first)
        while True:
            trip = sorted(one.answered - one.asked for one in answers)[len(answers) // 2]
            known = bounds(answers)
            following = due(known, trip, now())
            if known.most - known.least <= 2 * trip or following > end:
                break
            sleep(max(0.0, (following - now()) / SECOND))
            answers.append(_answer(client, url, host, by, now)[0])
    if known.agree < AGREED * len(answers):
        raise InputError(f"{host}: it says times that do not fit together; its clock was set just now, or is not a clock")
    return DeviceTime(known, by, len(answers), manual, now())


def _place(address: str) -> tuple[str, str]:
    """Where to ask, and the host and port of it."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        name, port = parts.hostname, parts.port
    except ValueError:  # of which the address may have a login in it
        name, port = None, None
    if not name or any(sign.isspace() for sign in name):
        raise InputError("a camera's address cannot be read; expected a host such as 10.0.0.11, or 10.0.0.11:8000")
    inside = f"[{name}]" if ":" in name else name
    host = inside + (f":{port}" if port and parts.scheme in ("http", "https") else "")
    return f"{'https' if parts.scheme == 'https' else 'http'}://{host}", host


def _answer(client: httpx.Client, url: str, host: str, by: By, now: Callable[[], int]) -> tuple[Answer, By, bool]:
    """One answer. A camera that does not know the question says the date nevertheless: it stands above every answer of HTTP."""
    asked = now()
    try:
        if by == "ONVIF":
            request = client.build_request("POST", url + PATH, content=QUESTION, headers={"Content-Type": "application/soap+xml"})
        else:
            request = client.build_request("HEAD", url)
        response = client.send(request, stream=True)
        answered = now()
        content = _content(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InputError(
            f"{host}: it does not say what time it is: {type(error).__name__}; check address and port of its web server"
        ) from error
    said, manual = _told(content, host) if by == "ONVIF" and response.is_success else (None, False)
    if said is not None:
        return Answer(asked, answered, said), "ONVIF", manual
    if (date := _date(response.headers.get("Date", ""))) is None:
        raise InputError(f"{host}: it says no time, neither by ONVIF nor above its answers")
    return Answer(asked, answered, date), "HTTP", False


def _content(response: httpx.Response) -> bytes:
    """What it says, as far as that is of a length that an answer may have."""
    said = b""
    try:
        for part in response.iter_bytes():
            said += part
            if len(said) > LARGEST:
                break
    finally:
        response.close()
    return said


def _told(content: bytes, host: str) -> tuple[int | None, bool]:
    """The time (ns) in an answer of ONVIF, and whether people set it; None for any other answer."""
    try:
        root = parsed(content, who=host)
    except InputError:
        return None, False
    found = time_of(root)
    return (None if found is None else round(found.timestamp()) * SECOND), set_by_hand(root)


def _date(text: str) -> int | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return round(found.replace(tzinfo=found.tzinfo or UTC).timestamp()) * SECOND
