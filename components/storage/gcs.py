"""Google Cloud Storage."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from aiohttp import ClientTimeout
from annotated_types import Interval

from components.contracts import InputError
from components.storage import retry
from components.storage.storage import Attempts, Gigabytes, Patience, Storage

os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # asks what each bucket is by gRPC, which hangs where barred
logging.getLogger("gcsfs").setLevel(logging.CRITICAL)  # it logs each failed attempt with its URL; what matters is raised

MEGABYTE = 2**20

PartMegabytes = Annotated[int, Interval(ge=1, le=5000)]
Seconds = Annotated[float, Interval(gt=0, le=3600)]


class Gcs(Storage):
    """`url` is gs://bucket/prefix; `endpoint` is that of an emulator or a private endpoint, else STORAGE_EMULATOR_HOST says it.

    Credentials come from where every Google tool takes them (GOOGLE_APPLICATION_CREDENTIALS, gcloud, the machine's account);
    `login=anonymous` asks without any. Objects are encrypted with the bucket's key, or with `kms_key`
    (projects/.../locations/.../keyRings/.../cryptoKeys/...). Larger files are sent in parts of `part_megabytes`, and the
    checksum of what arrived is compared. `timeout` is that of one answer, in seconds.
    """

    def __init__(
        self, url: str, *, project: str = "", endpoint: str = "", login: Literal["default", "anonymous"] = "default",
        kms_key: str = "", part_megabytes: PartMegabytes = 16, timeout: Seconds = 20.0, attempts: Attempts = 5,
        visible_within: Patience = 10.0, options: dict[str, str | int | float | bool] | None = None, cache: str = "runs/cache",
        cache_gigabytes: Gigabytes = 20.0,
    ) -> None:  # fmt: skip
        if not url.startswith(("gs://", "gcs://")):
            raise InputError(f"storage.url is {url!r}; expected gs://bucket/prefix, or another storage=")
        self._project, self._endpoint, self._login, self._timeout = project, endpoint, login, timeout
        self._tries, self._key, self._part = attempts, kms_key, part_megabytes * MEGABYTE
        super().__init__(
            url, options=options, cache=cache, cache_gigabytes=cache_gigabytes, attempts=attempts, visible_within=visible_within
        )

    def _settings(self) -> dict[str, Any]:
        settings = {
            "project": self._project,  # empty: that of the credentials
            "token": "anon" if self._login == "anonymous" else None,
            "requests_timeout": ClientTimeout(sock_connect=self._timeout, sock_read=self._timeout),
            "consistency": "md5",
            "use_listings_cache": False,
        }
        # By name, because fsspec keeps one connection for all that are opened with the same words.
        endpoint = self._endpoint or os.environ.get("STORAGE_EMULATOR_HOST")
        return {**settings, "endpoint_url": endpoint} if endpoint else settings

    def _prepare(self, fs: Any) -> None:
        """gcsfs asks six times, whatever anybody says: half a minute until a store that is away is given up."""
        from gcsfs.retry import retry_request

        asks = getattr(type(fs)._request, "__wrapped__", None)
        if asks is not None:
            fs._request = retry_request(retries=self._tries)(asks.__get__(fs))

    def _upload(self, file: str, at: str) -> None:
        if self._key:
            with Path(file).open("rb") as content:
                self._write(at, iter(lambda: content.read(self._part), b""))
        else:
            self._fs.put_file(file, at, chunksize=self._part)

    def _pipe(self, at: str, content: bytes) -> None:
        if self._key:
            self._write(at, iter([content]))
        else:
            self._fs.pipe_file(at, content, chunksize=self._part)

    def _write(self, at: str, pieces: Any) -> None:
        """With a key of one's own: only files that are opened take one."""
        target = self._fs.open(at, "wb", block_size=self._part, kms_key_name=self._key)
        try:
            for piece in pieces:
                target.write(piece)
        except BaseException:
            target.closed = True  # closing would show the half of it; what is unfinished Google throws away after a week
            raise
        target.close()

    def _copy(self, source: str, at: str) -> None:
        """Google's rewrite, which may take several requests; gcsfs does so too, but not with a key."""
        if not self._key:
            self._fs.cp_file(source, at)
            return
        places = [part for path in (source, at) for part in self._fs.split_path(path)[:2]]
        token: dict[str, str] = {}
        while True:
            done = self._fs.call(
                "POST", "b/{}/o/{}/rewriteTo/b/{}/o/{}", *places, destinationKmsKeyName=self._key, json_out=True, **token
            )
            if done["done"]:
                return
            token = {"rewriteToken": done["rewriteToken"]}

    def _passing(self, error: BaseException) -> bool:
        """gcsfs has asked again, with back-off and jitter; what it cannot know is what should have come."""
        return isinstance(error, retry.ShortReadError | retry.UnseenError)
