"""Clusters that carry jobs out on the cores of this machine or of many: Dask and Ray, each an extra of the package."""

from __future__ import annotations

import os
import queue
import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

from components.contracts import InputError
from flows._jobs import Done, Job, Runner, called

LOST = "its worker died {times} times (killed, or out of memory?); run the command again, it goes on from here"
PATIENCE = 5.0  # s for a cluster to take a connection
STORE = 100 * 2**20  # bytes of Ray's memory for objects: configs travel, footage does not


class Crew(Protocol):
    """Workers somewhere, and the queue in which they say how far they are."""

    messages: Any

    def run(self, module: str, name: str, job: Job, index: int) -> Done: ...


@contextmanager
def joined(runner: Runner, jobs: int) -> Iterator[Crew]:
    """The crew of a runner on a cluster. Raises InputError where its library is not installed, or the cluster does not answer."""
    _answers(runner)
    with (_dask if runner.kind == "dask" else _ray)(runner, runner.size(jobs)) as crew:
        yield crew


def _answers(runner: Runner) -> None:
    """Raise InputError where nobody listens at the address: Ray itself asks for minutes."""
    found = re.fullmatch(r"(?:\w+://)?([^/:]+):(\d+)", runner.address or "")
    if not found:
        return
    try:
        socket.create_connection((found[1], int(found[2])), timeout=PATIENCE).close()
    except OSError as error:
        raise _away(runner, {"dask": "dask scheduler", "ray": "ray start --head"}[runner.kind], error) from error


def _absent(kind: str, error: ImportError) -> InputError:
    return InputError(
        f"runner={kind} needs a library that is not installed ({error}); install it: pip install 'wardflow[{kind}]'"
    )


class Dask:
    """Jobs on a Dask cluster, which begins those of a worker that died again elsewhere."""

    def __init__(self, client: Any, retries: int) -> None:
        self.messages: queue.Queue[Any] = queue.Queue()
        self._client, self._retries, self._topic = client, retries, f"wardflow-{uuid.uuid4().hex}"
        client.subscribe_topic(self._topic, lambda event: self.messages.put(event[1]))

    def run(self, module: str, name: str, job: Job, index: int) -> Done:
        """The outcome of one job."""
        from distributed import KilledWorker

        key = f"{job.name}-{uuid.uuid4().hex}"
        future = self._client.submit(_on_dask, module, name, job, self._topic, index, key=key, pure=False)
        try:
            return _done(future.result())
        except KilledWorker:
            return Done(job.name, {}, problem=LOST.format(times=self._retries + 1))

    def close(self) -> None:
        self._client.unsubscribe_topic(self._topic)


class _Topic:
    """What a worker of Dask puts its progress into."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def put(self, message: tuple[int, int, int]) -> None:
        from distributed import get_worker

        get_worker().log_event(self._topic, message)


def _on_dask(module: str, name: str, job: Job, topic: str, index: int) -> Done:
    return called(module, name, job, _Topic(topic), index)


@contextmanager
def _dask(runner: Runner, size: int) -> Iterator[Dask]:
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise _absent("dask", error) from error
    settings = {
        "distributed.scheduler.allowed-failures": runner.retries, "distributed.admin.event-loop": "asyncio",
        "distributed.comm.timeouts.connect": "10s", "distributed.worker.daemon": True,
    }  # fmt: skip
    with dask.config.set(settings):
        if runner.address:
            try:
                client = Client(runner.address, set_as_default=False, timeout="10s")
            except (OSError, ValueError) as error:
                raise _away(runner, "dask scheduler", error) from error
            with client, closing(Dask(client, runner.retries)) as crew:
                yield crew
            return
        with (
            LocalCluster(
                n_workers=size, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=0, silence_logs=50,
                dashboard_address="127.0.0.1:0",  # None is port 8787, which another cluster may have
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
            closing(Dask(client, runner.retries)) as crew,
        ):  # fmt: skip
            yield crew


def _away(runner: Runner, start: str, error: Exception) -> InputError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(
        f"no {runner.kind} cluster answers at runner.address={runner.address} ({reason}); start one with `{start}`, or leave the "
        "address out for a cluster on this machine"
    )


class Ray:
    """Jobs on a Ray cluster, which begins those of a worker that died again elsewhere."""

    def __init__(self, retries: int) -> None:
        import ray
        from ray.util.queue import Queue

        self.messages = Queue(actor_options={"num_cpus": 0})
        self._retries = retries
        self._remote = ray.remote(num_cpus=1, max_retries=retries)(called)

    def run(self, module: str, name: str, job: Job, index: int) -> Done:
        """The outcome of one job."""
        import ray

        try:
            return _done(ray.get(self._remote.remote(module, name, job, self.messages, index)))
        except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError):
            return Done(job.name, {}, problem=LOST.format(times=self._retries + 1))


@contextmanager
def _ray(runner: Runner, size: int) -> Iterator[Ray]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it reports to its makers otherwise
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise _absent("ray", error) from error
    quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False, "logging_level": "ERROR"}
    if runner.address:
        try:
            ray.init(address=runner.address, **quiet)
        except (OSError, ValueError, RuntimeError) as error:
            raise _away(runner, "ray start --head", error) from error
    else:
        ray.init(address="local", num_cpus=size, include_dashboard=False, object_store_memory=STORE, **quiet)
    try:
        yield Ray(runner.retries)
    finally:
        ray.shutdown()


def _done(found: Any) -> Done:
    assert isinstance(found, Done)
    return found
