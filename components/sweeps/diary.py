"""The folder of a sweep, from which a killed one goes on: which points there are, how they fare, how they ended."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from components.contracts import InputError
from components.sweeps.space import State, Trial

try:
    import fcntl
except ImportError:  # Windows has no locks on folders
    fcntl = None  # type: ignore[assignment]

POINT, RESULT, REPORTS = "point.json", "result.json", "reports.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run that a sweep makes."""

    number: int  # from 1
    values: dict[str, str]
    digest: str  # of the effective config: two points with the same are one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a point ended."""

    state: State
    objective: float | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    run: str = ""  # in the ledger
    seconds: float = 0.0
    problem: str = ""  # why it failed, or was given up
    taken_over: bool = False  # the run had been finished before, by another sweep or by itself
    same_as: int = 0  # number of the point with the same effective config


@dataclass(frozen=True, slots=True)
class Entry:
    """A point, and its result unless it is still to come."""

    point: Point
    result: Result | None


class Diary:
    """What is written down below `folder`, a folder for each point; every file is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Raises InputError where another process carries out this very sweep. A process that is killed lets go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder, os.O_RDONLY)
        try:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise InputError(
                f"this very sweep is running already, in {self.folder}; wait for it, or interrupt it there"
            ) from None
        finally:
            os.close(lock)

    def home(self, number: int) -> Path:
        """The folder of one point."""
        return self.folder / f"{number:04d}"

    def begin(self, point: Point) -> None:
        """Write down a point that is going to be run."""
        _write(self.home(point.number) / POINT, asdict(point))

    def end(self, point: Point, result: Result) -> None:
        """Write down how it ended."""
        _write(self.home(point.number) / RESULT, asdict(result))

    def forget(self) -> None:
        """Put what is written down aside, under the next free name: what comes is another sweep."""
        number = next(i for i in range(1, 10_000) if not (self.folder / f"before-{i}").exists())
        aside = self.folder / f"before-{number}"
        for path in [path for path in self.folder.iterdir() if not path.name.startswith(("before-", "."))]:
            aside.mkdir(exist_ok=True)
            path.rename(aside / path.name)

    def remember(self, **facts: str) -> None:
        """Write down what the whole sweep is known by."""
        _write(self.folder / "sweep.json", {**self.known(), **facts})

    def known(self) -> dict[str, str]:
        """What was remembered."""
        return dict(_read(self.folder / "sweep.json") or {})

    def entries(self) -> list[Entry]:
        """All points, in the order in which they were chosen."""
        found = []
        for file in sorted(self.folder.glob(f"*/{POINT}")):
            result = _read(file.with_name(RESULT))
            found.append(Entry(Point(**_read(file)), None if result is None else Result(**result)))
        return [_completed(entry, found) for entry in found]

    def trials(self, *, without: int = 0) -> list[Trial]:
        """The points, as a search looks at them; all but the one with the number `without`."""
        return [self._trial(entry) for entry in self.entries() if entry.point.number != without]

    def _trial(self, entry: Entry) -> Trial:
        reports = tuple(self.reports(entry.point.number))
        if entry.result is None:
            return Trial(values=entry.point.values, state="running", reports=reports)
        return Trial(
            values=entry.point.values, state=entry.result.state, figure=entry.result.objective, reports=reports
        )  # fmt: skip

    def report(self, number: int, step: int, figure: float) -> None:
        """Add what a run says while it is going on; a step that it says again, after a kill, counts once."""
        with (self.home(number) / REPORTS).open("a") as file:
            file.write(f"{json.dumps([step, figure])}\n")

    def reports(self, number: int) -> Sequence[tuple[int, float]]:
        """How often the run of a point had reported before, and what it said then, in order."""
        file = self.home(number) / REPORTS
        if not file.is_file():
            return []
        said: dict[int, float] = {}
        for line in file.read_text().splitlines():
            try:
                step, figure = json.loads(line)
            except ValueError:  # a kill left half a line
                continue
            said[int(step)] = float(figure)
        return list(enumerate(figure for _, figure in sorted(said.items())))


def _completed(entry: Entry, found: Sequence[Entry]) -> Entry:
    """A point that is the same as another one has the figure and the run of that."""
    if entry.result is None or entry.result.state != "same":
        return entry
    twin = next((one.result for one in found if one.point.number == entry.result.same_as), None)
    return replace(entry, result=replace(entry.result, objective=twin.objective, run=twin.run)) if twin else entry


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(content, indent=2) + "\n")
    part.replace(path)


def _read(path: Path) -> Any:
    return json.loads(path.read_text()) if path.is_file() else None
