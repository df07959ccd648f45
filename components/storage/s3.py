"""Amazon S3, and every server that speaks its language: Ceph, MinIO, a provider's own."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal

from annotated_types import Interval
from botocore.exceptions import ClientError

from components.contracts import InputError
from components.storage import retry
from components.storage.storage import Attempts, Gigabytes, Patience, Storage

MEGABYTE = 2**20
TOGETHER = 4  # parts of one file on their way at the same time; each is in memory
BROKEN = ("ClientPayloadError", "IncompleteRead", "IncompleteReadError", "ResponseParserError", "FSTimeoutError")

PartMegabytes = Annotated[int, Interval(ge=5, le=5000)]  # what S3 allows
Seconds = Annotated[float, Interval(gt=0, le=3600)]


class S3(Storage):
    """`url` is s3://bucket/prefix; `endpoint` is that of a server other than Amazon's, else AWS_ENDPOINT_URL says it.

    Credentials come from where every AWS tool takes them: environment, profile, or the machine's role. `encryption` is what the
    bucket says, with S3's own keys (`s3`), or with the key `kms_key` (id or ARN; empty: the account's own) of the key service.
    Files of more than two parts of `part_megabytes` are sent in parts. `timeout` is that of one answer, in seconds.
    """

    def __init__(
        self, url: str, *, endpoint: str = "", region: str = "", encryption: Literal["bucket", "s3", "kms"] = "bucket",
        kms_key: str = "", part_megabytes: PartMegabytes = 16, timeout: Seconds = 20.0, attempts: Attempts = 5,
        visible_within: Patience = 10.0, options: dict[str, str | int | float | bool] | None = None, cache: str = "runs/cache",
        cache_gigabytes: Gigabytes = 20.0,
    ) -> None:  # fmt: skip
        if not url.startswith(("s3://", "s3a://")):
            raise InputError(f"storage.url is {url!r}; expected s3://bucket/prefix, or another storage=")
        if kms_key and encryption != "kms":
            raise InputError(f"storage.kms_key is {kms_key!r} and storage.encryption {encryption}; expected kms")
        self._endpoint, self._region, self._timeout, self._tries = endpoint, region, timeout, attempts
        self._headers, self._part = _headers(encryption, kms_key), part_megabytes * MEGABYTE
        super().__init__(
            url, options=options, cache=cache, cache_gigabytes=cache_gigabytes, attempts=attempts, visible_within=visible_within
        )

    def _settings(self) -> dict[str, Any]:
        patience = {"connect_timeout": self._timeout, "read_timeout": self._timeout}
        retries = {"total_max_attempts": self._tries, "mode": "standard"}  # botocore's: with back-off and jitter
        settings = {
            "config_kwargs": {**patience, "retries": retries},
            "s3_additional_kwargs": self._headers,
            "client_kwargs": {"region_name": self._region} if self._region else {},
            "use_listings_cache": False,
        }
        # By name, because fsspec keeps one connection for all that are opened with the same words.
        endpoint = self._endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return {**settings, "endpoint_url": endpoint} if endpoint else settings

    def _prepare(self, fs: Any) -> None:
        fs.retries = 1  # botocore has done so already

    def _upload(self, file: str, at: str) -> None:
        self._fs.put_file(file, at, chunksize=self._part, max_concurrency=TOGETHER)

    def _pipe(self, at: str, content: bytes) -> None:
        self._fs.pipe_file(at, content, chunksize=self._part, max_concurrency=TOGETHER)

    def _passing(self, error: BaseException) -> bool:
        """Botocore has asked again where the server was busy or away; what it cannot is to read a body to its end."""
        if isinstance(error, ClientError | ConnectionError) or type(error).__name__ in {"EndpointConnectionError"}:
            return False
        return isinstance(error, retry.ShortReadError | retry.UnseenError) or type(error).__name__ in BROKEN


def _headers(encryption: str, kms_key: str) -> dict[str, str]:
    match encryption:
        case "s3":
            return {"ServerSideEncryption": "AES256"}
        case "kms":
            return {"ServerSideEncryption": "aws:kms", **({"SSEKMSKeyId": kms_key} if kms_key else {})}
    return {}
