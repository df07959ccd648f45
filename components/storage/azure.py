"""Azure Blob Storage."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from annotated_types import Interval

from components.contracts import InputError
from components.storage import retry
from components.storage.storage import Attempts, Gigabytes, Patience, Storage

logging.getLogger("azure").setLevel(logging.WARNING)  # it logs the headers of every request

MEGABYTE = 2**20
SCHEMES = ("abfs://", "abfss://", "az://")
COPYING = 3600.0  # s that Azure gets for a copy inside an account

PartMegabytes = Annotated[int, Interval(ge=1, le=4000)]  # what Azure allows
Seconds = Annotated[float, Interval(gt=0, le=3600)]


class Azure(Storage):
    """`url` is abfs://container/prefix in the account `account`, else AZURE_STORAGE_ACCOUNT_NAME says it.

    Credentials come from the environment: AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN, or
    what Azure's own tools use (AZURE_CLIENT_ID ..., a managed identity). Objects are encrypted with the container's key, or with
    that of `encryption_scope`. Files of more than one part of `part_megabytes` are sent in parts. `timeout` is that of one
    answer, in seconds.
    """

    def __init__(
        self, url: str, *, account: str = "", encryption_scope: str = "", part_megabytes: PartMegabytes = 16,
        timeout: Seconds = 20.0, attempts: Attempts = 5, visible_within: Patience = 10.0,
        options: dict[str, str | int | float | bool] | None = None, cache: str = "runs/cache", cache_gigabytes: Gigabytes = 20.0,
    ) -> None:  # fmt: skip
        if not url.startswith(SCHEMES):
            raise InputError(f"storage.url is {url!r}; expected abfs://container/prefix, or another storage=")
        self._account, self._timeout, self._tries = account, timeout, attempts
        self._scope = {"encryption_scope": encryption_scope} if encryption_scope else {}
        self._part = part_megabytes * MEGABYTE
        super().__init__(
            url, options=options, cache=cache, cache_gigabytes=cache_gigabytes, attempts=attempts, visible_within=visible_within
        )

    def _settings(self) -> dict[str, Any]:
        settings = {"connection_timeout": self._timeout, "read_timeout": self._timeout, "use_listings_cache": False}
        settings |= {"skip_instance_cache": True}  # the account is in the environment, where fsspec does not look
        return {**settings, "account_name": self._account} if self._account else settings

    def _prepare(self, fs: Any) -> None:
        """What adlfs does not pass on: the size of parts, how long to wait, and how often to ask again."""
        config = fs.service_client._config
        config.max_block_size = config.max_single_put_size = self._part
        patience = fs.service_client._pipeline._transport.connection_config
        patience.timeout = patience.read_timeout = self._timeout
        config.retry_policy.total_retries = self._tries - 1
        config.retry_policy.initial_backoff, config.retry_policy.increment_base = 0, 2
        config.retry_policy.random_jitter_range = 1

    def _upload(self, file: str, at: str) -> None:
        self._fs.put_file(file, at, **self._scope)

    def _pipe(self, at: str, content: bytes) -> None:
        self._fs.pipe_file(at, content, **self._scope)

    def _copy(self, source: str, at: str) -> None:
        """Azure copies when it likes: what it has begun counts when it says that it is done."""
        container, blob, _ = self._fs.split_path(at)
        client = self._fs.service_client.get_blob_client(container, blob)
        from_container, from_blob, _ = self._fs.split_path(source)
        url = self._fs.service_client.get_blob_client(from_container, from_blob).url
        whole = {"requires_sync": True, **self._scope} if self._scope else {}
        self._wait(client.start_copy_from_url(url, **whole))
        state = ""

        def ended() -> bool:
            nonlocal state
            state = self._wait(client.get_blob_properties()).copy.status or "success"
            return state != "pending"

        if not retry.until(ended, seconds=COPYING) or state != "success":
            raise retry.ShortReadError(f"the copy is {state}")

    def _wait(self, coroutine: Any) -> Any:
        from fsspec.asyn import sync

        async def waited() -> Any:
            return await coroutine

        return sync(self._fs.loop, waited)

    def _passing(self, error: BaseException) -> bool:
        """Azure's library has asked again where the server was busy or away."""
        return isinstance(error, retry.ShortReadError | retry.UnseenError)
