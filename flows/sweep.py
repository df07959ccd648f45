"""Run a flow many times over a space of values: `python -m flows.train -m model=yolov8n,yolov8s`, `... -m sweep=search`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from flows import _family, _launch, _prefect, _sweep, _wiring
from flows._summary import Summary
from flows._workers import Runner


def calls(config: dict[str, Any]) -> Iterator[_wiring.Call]:
    """What the config feeds."""
    yield _wiring.Call(_options, config)


def _options(
    sweep: _sweep.Sweep, flow: str, words: list[str], resume: bool, work: str, runner: Runner, database: Any, ledger: Any
) -> None:
    """Keys of the root config that the flow itself reads."""


def sweep(overrides: Sequence[str] = ()) -> Summary:
    """Every point of the space, each an ordinary run of the flow, below one run in the ledger."""
    from flows import _sweep_end, _sweep_plan

    config = _wiring.plan("sweep", overrides, calls)
    planned = _sweep_plan.planned(config)
    with planned.diary.mine():
        if not config["resume"]:
            planned.diary.forget()
        known = planned.diary.known()
        if known.get("finished"):
            return _sweep_end.summary(planned, known["parent"], unchanged=True)
        parent = _carried_out(planned, config, known.get("parent", ""))
        if not _failed(planned):
            planned.diary.remember(finished="yes")
    return _sweep_end.summary(planned, parent, unchanged=False)


class IncompleteError(Exception):
    """Runs of the sweep have failed: the ledger notes it as failed, the summary says which."""


def _carried_out(planned: Any, config: dict[str, Any], again: str) -> str:
    """Run what has no end yet, below the run `again` where there is one; the id of that run."""
    from flows import _sweep_end, _sweep_plan

    ledger = _wiring.make(config["ledger"])
    axes = {axis.key: {"kind": type(axis).__name__, **asdict(axis)} for axis in planned.space.axes}
    about = {"flow": planned.flow, "space": axes, "sweep": config["sweep"], "base": planned.base, "digest": planned.digest}
    tags = {"flow": "sweep", "sweep_digest": planned.digest, "swept": planned.flow}
    title = [planned.flow, *planned.words]
    with suppress(IncompleteError), ledger.open("sweep", title, about, dataset=planned.dataset, tags=tags, again=again) as run:
        planned.diary.remember(parent=run.id)
        ledger.abandon(run.id)
        task = _sweep.Task(
            flow=planned.flow, space=planned.space, sweep=planned.sweep, search=config["sweep"]["search"], diary=planned.diary,
            runner=_wiring.make(config["runner"], Runner), parent=run.id, total=planned.total,
            digest=_sweep_plan.digest(planned.flow), entered=_entered(run, ledger, planned),
        )  # fmt: skip
        _note_finished(planned, ledger.children(run.id))
        try:
            _sweep.carry_out(task)
        finally:
            ledger.abandon(run.id)  # those whose workers were ended
        _sweep_end.keep(planned, run)
        if _failed(planned):
            raise IncompleteError
    return str(run.id)


def _note_finished(planned: Any, children: Sequence[Any]) -> None:
    """Write down the runs that had come to their end in the ledger when the sweep was killed, before it could do so itself."""
    from components.sweeps.diary import Result

    by_point = {child.tags.get(_family.POINT): child for child in children}
    for entry in planned.diary.entries():
        child = by_point.get(str(entry.point.number))
        if entry.result is None and child is not None:
            figure = _family.objective_of(child.metrics, planned.sweep.objective)
            result = Result(state="finished", objective=figure, figures=child.metrics, run=child.run)
            planned.diary.end(entry.point, result)


def _failed(planned: Any) -> bool:
    return any(trial.state == "failed" for trial in planned.diary.trials())


def _entered(run: Any, ledger: Any, planned: Any) -> Any:
    """Notes the end of each run in the sweep's own, whose curve is the story of the search."""

    def entered(point: Any, result: Any) -> Any:
        if result.objective is not None:
            run.metrics({_end_name(planned): result.objective}, point.number)
        if result.state == "finished" and not result.run:  # a flow that enters nothing into the ledger itself
            return replace(result, run=_child(run, ledger, planned, point, result))
        if result.taken_over and any(result.run == one.run for one in ledger.children(run.id)):  # we did, and were killed then
            return replace(result, taken_over=False)
        return result

    return entered


def _child(run: Any, ledger: Any, planned: Any, point: Any, result: Any) -> str:
    """A run in the ledger for one point, with its figures; its id."""
    words = planned.space.words(point.values)
    tags = {"flow": planned.flow, _family.POINT: str(point.number)}
    about = {"flow": planned.flow, "words": words, "digest": point.digest}
    with ledger.open(planned.flow, words, about, tags=tags, parent=run.id) as child:
        child.metrics({name: float(value) for name, value in result.figures.items()}, 0)
        return str(child.id)


def _end_name(planned: Any) -> str:
    return str(planned.sweep.objective or "objective")


__getattr__ = _prefect.exported(sweep)
main = _launch.command(sweep)

if __name__ == "__main__":
    main()
