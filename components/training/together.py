"""Several devices train one network: a process for each, and this one, which listens to them."""

from __future__ import annotations

import logging
import os
import queue
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
import torch.distributed as dist
from torch.multiprocessing import get_context
from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException, spawn

from components.contracts import InputError
from components.training.epochs import Listener, Task, epochs, surroundings
from components.training.ranks import Rank
from components.training.trainer import Trainer

HERE = "127.0.0.1"
HINTS = "TORCH_CPP_LOG_LEVEL"
LOST = ("closed by peer", "reset by peer", "Broken pipe", "Socket closed")  # in what a process says of one that is gone


def devices(trainer: Trainer) -> int:
    """How many are to train together. Raises InputError where the machine has fewer."""
    kind = trainer.accelerator
    gpus = torch.cuda.device_count() if kind in ("gpu", "auto") else 0
    if trainer.devices == "auto":
        return max(1, gpus)
    if kind == "gpu" and not gpus:
        return 1  # the device itself is what is missing, which is said when it is asked for
    cores = 1 if kind == "mps" else os.cpu_count() or 1
    there, what = (gpus, "GPUs") if gpus else (cores, "processors" if kind != "mps" else "GPUs")
    if trainer.devices > there:
        raise InputError(
            f"trainer.devices is {trainer.devices} with trainer.accelerator {kind}, and this machine has {there} {what}; "
            f"expected at most {there}: set trainer.devices={there}, or auto for all GPUs that there are"
        )
    return trainer.devices


def together(task: Task, count: int, listener: Listener) -> dict[str, float]:
    """Train on `count` devices; the figures of the best epoch. Whatever ends this call ends their processes too."""
    ForkingPickler.register(MappingProxyType, _plain)
    said = get_context("spawn").Queue()
    with _quiet():
        context = spawn(_member, args=(task, count, _port(), said), nprocs=count, join=False)  # type: ignore[no-untyped-call]
    best: list[dict[str, float]] = []
    try:
        while not context.join(timeout=0):
            _hear(said, listener, best, wait=0.2)
        _hear(said, listener, best, wait=0.0)
    except (ProcessRaisedException, ProcessExitedException) as error:
        _hear(said, listener, best, wait=0.2)  # a refusal says more than the end of the process that refused
        raise _explained(error) from error
    finally:
        for process in context.processes:
            process.kill()
            process.join()
        said.close()
    return best[0]


def _hear(said: Any, listener: Listener, best: list[dict[str, float]], *, wait: float) -> None:
    """Pass on everything that was said by now, or within `wait` seconds. Raises InputError where a process refuses."""
    while True:
        try:
            kind, *words = said.get(timeout=wait) if wait else said.get_nowait()
        except queue.Empty:
            return
        match kind:
            case "progress" if listener.progress is not None:
                listener.progress(*words)
            case "metrics" if listener.run is not None:
                listener.run.metrics(*words)
            case "artifacts" if listener.run is not None:
                listener.run.artifacts(*words)
            case "best":
                best.append(*words)
            case "refused":
                raise InputError(*words)
            case "log":
                logging.getLogger(words[0].name).handle(words[0])


def _explained(error: ProcessRaisedException | ProcessExitedException) -> Exception:
    """An end that no process chose is one message; a fault of the code keeps its trace."""
    killed = isinstance(error, ProcessExitedException)
    if not killed and not any(words in str(error) for words in LOST):
        return RuntimeError(str(error))
    return InputError(
        "training: a process of trainer.devices died (killed, or out of memory?); lower trainer.batch_size, trainer.cache_mb "
        "or trainer.devices, and run the command again: it goes on after the last whole epoch"
    )


def _member(number: int, task: Task, count: int, port: int, said: Any) -> None:
    """One of the processes."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which comes when the one that listens is gone, too
    os.environ |= {"LOCAL_RANK": str(number), "MASTER_ADDR": HERE, "MASTER_PORT": str(port)}
    if number == 0:
        log = logging.getLogger("components")
        log.setLevel(logging.INFO)
        log.addHandler(_Told(said))
    try:
        with surroundings(task.trainer, task.seed):
            network = task.model.build()
            listener = Listener(_Teller(said), _Teller(said).progress) if number == 0 else Listener()
            best = epochs(network, task, listener, Rank(number=number, count=count))
        if number == 0:
            said.put(("best", best))
    except InputError as error:
        said.put(("refused", str(error)))
        said.close()
        said.join_thread()
        os._exit(3)  # whatever the others are waiting for will not come
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


class _Teller:
    """A run whose entries are made by the process that listens."""

    id = ""

    def __init__(self, said: Any) -> None:
        self._said = said

    def metrics(self, values: dict[str, float], step: int) -> None:
        self._said.put(("metrics", values, step))

    def artifacts(self, folder: Path, path: str = "") -> None:
        self._said.put(("artifacts", folder, path))

    def progress(self, done: int, total: int) -> None:
        self._said.put(("progress", done, total))


class _Told(QueueHandler):
    """Records of the log, among what else is said."""

    def enqueue(self, record: logging.LogRecord) -> None:
        self.queue.put(("log", record))  # type: ignore[attr-defined]


def _port() -> int:
    """A port that nobody has."""
    with socket.socket() as found:
        found.bind((HERE, 0))
        return int(found.getsockname()[1])


@contextmanager
def _quiet() -> Iterator[None]:
    """Processes that begin in this block keep torch's hints for programmers to themselves."""
    before = os.environ.get(HINTS)
    os.environ[HINTS] = before or "ERROR"
    try:
        yield
    finally:
        os.environ.pop(HINTS) if before is None else None


def _plain(known: MappingProxyType[Any, Any]) -> tuple[Any, tuple[dict[Any, Any]]]:
    return _proxy, (dict(known),)


def _proxy(known: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(known)
