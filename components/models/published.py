"""Weights that others have published: fetched once when a config names them, verified, and found again without a network."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import unquote, urlsplit

import aiohttp
import fsspec

from components.contracts import InputError, Progress, file_digest
from components.models.pickled import convert

_LOG = logging.getLogger(__name__)
CHUNK = 1 << 20  # bytes
SILENCE = 30.0  # seconds without a byte before a server counts as away
EVERY = 10.0  # seconds between two lines about the same download


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A file of weights, as whoever made it gives it away.

    `url` is any address that fsspec reads, such as https:// or the s3:// of a mirror inside the house. Raises InputError for
    a checksum that is none.
    """

    url: str
    sha256: str  # 64 hex digits, of the file's bytes
    megabytes: float  # of 10**6 bytes, to be said before it is fetched
    licence: str  # of the weights, which need not be that of the code
    holds: Literal["tensors", "model"] = "tensors"  # model: a whole pickled network, of which the tensors are copied

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256) or self.megabytes <= 0 or not urlsplit(self.url).path.strip("/"):
            raise InputError(
                f"published weights {self.url}: sha256 {self.sha256!r}, {self.megabytes} MB; expected the address of a file, "
                "64 digits 0-9a-f, and a size above 0"
            )

    def place(self, folder: Path) -> Path:
        """Where it lies below `folder` once it is there; also where to put it by hand."""
        return folder / self.sha256[:12] / unquote(urlsplit(self.url).path.rsplit("/", 1)[-1])


Table = Mapping[str, Published]


def fetch(name: str, table: Table, *, folder: Path, progress: Progress | None = None) -> Path:
    """A file with the tensors of `table[name]`, verified, below `folder`; fetched if it is not there, which the log says.

    `progress` gets the bytes so far and in all. Raises InputError where it cannot be fetched, or is not what was published.
    """
    wanted = table[name]
    place = wanted.place(folder)
    if not place.is_file():
        _LOG.info(
            "weights %s: fetching %s (%.1f MB, licence %s) to %s", name, wanted.url, wanted.megabytes, wanted.licence, place
        )
        _download(name, wanted, place, progress)
    elif (found := file_digest(place)) != wanted.sha256:
        raise InputError(
            f"weights {name}: {place} is not the file that was published (sha256 {found}, expected {wanted.sha256}); "
            "it is not used. Remove it, and it is fetched again."
        )
    return place if wanted.holds == "tensors" else _tensors(place)


def _tensors(place: Path) -> Path:
    """The tensors of a verified pickled model, copied out anew, so that nobody has to trust what lies beside it."""
    target = place.with_suffix(".safetensors")
    convert(place, target)
    return target


def _download(name: str, wanted: Published, place: Path, progress: Progress | None) -> None:
    """The file at its place, whole and verified or not at all."""
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        found = _copied(name, wanted, part, progress)
        if found != wanted.sha256:
            raise InputError(
                f"weights {name}: {wanted.url} gave {part.stat().st_size:,} bytes with sha256 {found}, expected {wanted.sha256}; "
                f"nothing was kept. A proxy may have answered, or the publisher has changed the file. {_by_hand(place)}"
            )
        part.replace(place)
    except InputError:
        raise
    except (OSError, aiohttp.ClientError, TimeoutError, ValueError, ImportError) as error:
        raise InputError(f"weights {name}: {wanted.url} cannot be fetched ({_reason(error)}). {_by_hand(place)}") from None
    finally:
        part.unlink(missing_ok=True)


def _by_hand(place: Path) -> str:
    return (
        f"Without a network: fetch that file elsewhere, put it at {place}, and run the same command again; "
        "or leave model.weights empty."
    )


def _copied(name: str, wanted: Published, part: Path, progress: Progress | None) -> str:
    """The sha256 of the bytes that were written to `part`."""
    sum_, done, said = hashlib.sha256(), 0, time.monotonic()
    total = round(wanted.megabytes * 1e6)
    with _opened(wanted.url) as source, part.open("wb") as copy:
        while chunk := source.read(CHUNK):
            copy.write(chunk)
            sum_.update(chunk)
            done += len(chunk)
            if progress is not None:
                progress(done, max(total, done))
            if time.monotonic() - said > EVERY:
                said = time.monotonic()
                _LOG.info("weights %s: %.1f of %.1f MB", name, done / 1e6, wanted.megabytes)
    return sum_.hexdigest()


@contextmanager
def _opened(url: str) -> Iterator[Any]:
    """A stream of the bytes at `url`; proxies are those of the environment."""
    options: dict[str, Any] = {}
    if url.startswith(("http://", "https://")):
        patience = aiohttp.ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
        options = {"block_size": 0, "client_kwargs": {"trust_env": True, "timeout": patience}, "skip_instance_cache": True}
    with cast(Any, fsspec.open(url, "rb", **options)) as source:
        yield source


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):  # which fsspec raises for a server that is away, too
        return "there is no such file, or nobody answers there"
    return f"{type(error).__name__}: {(str(error).strip() or 'no reason given').splitlines()[0]}"
