"""Opens MLflow's store without its side effects: no telemetry, no chatter, nothing in the working folder."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from components.contracts import InputError

try:
    import fcntl
except ImportError:  # Windows has no locks on folders
    fcntl = None  # type: ignore[assignment]

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"  # MLflow reads the word, not 1
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # its own seven take minutes, in which a training stands still
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

from mlflow import MlflowClient  # after the switches
from mlflow.exceptions import MlflowException

__all__ = ["MlflowClient", "MlflowException", "connect", "home"]

SQLITE = "sqlite:///"


def connect(uri: str) -> MlflowClient:
    """A client of the tracking store and registry at `uri`; a SQLite file is created where there is none.

    Raises InputError where nobody answers or the file is no database of MLflow.
    """
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they announce each table that they create
    absolute = _absolute(uri)
    try:
        with _alone(absolute):
            client = MlflowClient(tracking_uri=absolute, registry_uri=absolute)
            client.search_experiments(max_results=1)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        raise InputError(
            f"ledger.uri {uri}: MLflow cannot use it ({_first_line(error)}); expected sqlite:///folder/mlflow.db, "
            "or the address of an MLflow server that is up."
        ) from None
    return client


def home(uri: str, artifacts: str | None) -> str | None:
    """Where artifacts go: `artifacts` as a URL, else a folder beside the SQLite file, else None for what the server says."""
    if artifacts is not None:
        return artifacts if "://" in artifacts else Path(artifacts).resolve().as_uri()
    if uri.startswith(SQLITE):
        return (Path(uri.removeprefix(SQLITE)).resolve().parent / "artifacts").as_uri()
    if uri.startswith(("http://", "https://")):
        return None
    raise InputError(f"ledger.artifacts is empty, and ledger.uri {uri} does not say where files go; give a folder or a URL.")


def _absolute(uri: str) -> str:
    """SQLite files by absolute path, in a folder that exists: a later change of the working folder changes nothing."""
    if not uri.startswith(SQLITE):
        return uri
    path = Path(uri.removeprefix(SQLITE)).resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"ledger.uri {uri}: cannot create the folder {path.parent} ({error.strerror}).") from None
    return f"{SQLITE}{path}"


@contextmanager
def _alone(uri: str) -> Iterator[None]:
    """One process at a time makes the tables of a SQLite file: MLflow's migrations do not bear company."""
    if fcntl is None or not uri.startswith(SQLITE):
        yield
        return
    folder = os.open(Path(uri.removeprefix(SQLITE)).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
