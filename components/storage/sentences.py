"""What went wrong in a store, in one sentence that names it and says no secret."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from components import secrets
from components.contracts import InputError

INSTALL = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "abfss": "adlfs", "az": "adlfs"}


@contextmanager
def explained(url: str, path: str, *, strangers: bool) -> Iterator[None]:
    """Raise InputError for what goes wrong with `path` in the store at `url`, `strangers` (errors of libraries) included."""
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"store {url}: {path or 'the root'}: {_reason(error)}") from harmless(error)
    except Exception as error:
        if not strangers:
            raise
        said = secrets.masked(" ".join(str(error).split())) or type(error).__name__
        raise InputError(
            f"store {url}: {path or 'the root'}: {said}; check storage.url and the credentials in the environment"
        ) from harmless(error)


def cannot_open(url: str, error: Exception) -> InputError:
    """Why there is no way to open `url`."""
    said = secrets.masked(str(error))
    if isinstance(error, ImportError):
        package = INSTALL.get(url.split("://", 1)[0], "the package that it names")
        return InputError(f"storage.url {url}: {said}; install it with: pip install {package}")
    expected = "expected a folder or an fsspec URL such as s3://bucket, and its credentials in the environment"
    return InputError(f"storage.url: cannot open {url!r}: {said}; {expected}")


def harmless(error: Exception) -> Exception | None:
    """The error as a cause that may be shown; None where it, or what led to it, says a secret."""
    link: BaseException | None = error
    while link is not None:
        if secrets.masked(str(link)) != str(link):
            return None
        link = link.__cause__ or link.__context__
    return error


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError) and not error.errno:  # an object store's
        return "refused; check the credentials in the environment, and what they may do there"
    match error.errno or _number(error):
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "no space left on the device; free some, or set storage.url to a larger place"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "not writable; check the permissions, or set storage.url to a folder that you own"
        case errno.ENOENT:
            return "no such file or bucket; was it deleted, or does storage.url name another place than where it was written?"
        case errno.ENOTDIR | errno.EEXIST:
            return "a file stands where a folder is needed; set storage.url to a folder"
    return f"{secrets.masked(str(error)) or type(error).__name__}; check storage.url and the credentials in the environment"


def _number(error: OSError) -> int:
    """Object stores raise the class that fits, without a number."""
    return {FileNotFoundError: errno.ENOENT, PermissionError: errno.EACCES}.get(type(error), 0)
