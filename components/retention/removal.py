"""Taking files out of a store, and the proof that they are gone: old versions and this machine's copies included."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from components.contracts import InputError
from components.storage.storage import Storage

PIECE = 8_000_000  # bytes read at once for a digest
NEEDED = (
    "a bucket that keeps old versions needs s3:GetBucketVersioning, s3:ListBucketVersions and s3:DeleteObjectVersion for the "
    "sweep; versions under object lock stay until their time is over"
)


class Remover:
    """Removes files of one store for good. In a bucket with versioning that means every version, and the mark of the deletion.

    Google's and Azure's soft delete cannot be hurried: switch it off for the bucket, or count its days to those of the policy.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._versioned = _versioned(storage)

    def remove(self, path: str) -> None:
        """Gone already is gone. Raises InputError where the store refuses."""
        self._storage.remove(path)
        for version in self._versions(path):
            self._s3("delete_object", path, VersionId=version)

    def forget(self, paths: Collection[str]) -> None:
        """Remove this machine's copies; other machines lose theirs when their cache is full."""
        self._storage.forget(paths)

    def remove_old(self, path: str) -> None:
        """Remove what `path` was before it was written again, where the bucket keeps that."""
        for version in self._versions(path, newest=False):
            self._s3("delete_object", path, VersionId=version)

    def remains(self, path: str) -> str:
        """What is left of `path`, said in words; empty where it is really gone."""
        self._storage.behind(path)[0].invalidate_cache()
        if self._storage.exists(path):
            return "it is still there"
        left = self._versions(path)
        return f"{len(left)} versions of it are left; {NEEDED}" if left else ""

    def _versions(self, path: str, *, newest: bool = True) -> list[str]:
        """The ids of what the bucket keeps under this very name; without the `newest` only what nobody sees any more."""
        if not self._versioned:
            return []
        _, name = self._storage.behind(path)
        key = name.split("/", 1)[1]
        found = self._s3("list_object_versions", path, Prefix=key)
        entries = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
        return [entry["VersionId"] for entry in entries if entry["Key"] == key and (newest or not entry["IsLatest"])]

    def _s3(self, operation: str, path: str, **words: str) -> dict[str, Any]:
        fs, name = self._storage.behind(path)
        bucket, key = name.split("/", 1)
        given = words if "Prefix" in words else {"Key": key, **words}
        try:
            return dict(fs.call_s3(operation, Bucket=bucket, **given))
        except OSError as error:
            raise InputError(f"store {self._storage.url}: {path}: {operation}: {error}; {NEEDED}") from error


def _versioned(storage: Storage) -> bool:
    """Whether the bucket keeps, or has ever kept, old versions. Raises InputError where nobody may know."""
    fs, name = storage.behind("")
    if "s3" not in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol):
        return False
    try:
        return bool(fs.call_s3("get_bucket_versioning", Bucket=name.split("/", 1)[0]).get("Status"))
    except PermissionError as error:
        raise InputError(f"store {storage.url}: nobody can tell whether it keeps old versions: {error}; {NEEDED}") from error
    except OSError:  # a server that does not know the question has no versions
        return False


def digest(storage: Storage, path: str) -> tuple[str, int]:
    """sha256 and size in bytes of a file, read piece by piece."""
    size, whole = storage.size(path), hashlib.sha256()
    for start in range(0, size, PIECE):
        whole.update(storage.read(path, start=start, size=min(PIECE, size - start)))
    return whole.hexdigest(), size
