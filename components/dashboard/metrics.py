"""The cameras, their clocks and what waits for the store, for Prometheus; no person is in it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import select

from components.database.conditions import STALE, Condition, conditions
from components.database.database import Database
from components.database.own_clocks import Said, known
from components.database.schema import SpoolRow

PATH = "/metrics"
SECOND = 1e9  # ns
LABELS = ("site", "camera", "location")
PLACE = ("machine", "folder")


class Collector:
    """Asks the database anew for every scrape."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        with self._database.session() as session:
            cameras, spools = conditions(session), list(session.scalars(select(SpoolRow)))
            yield from _cameras(cameras, time.time_ns())
            yield from _spools(spools)
        yield from _own_clocks(known(self._database), time.time_ns())


def metrics(database: Database) -> APIRouter:
    """`GET /metrics`, as a Prometheus server asks for it."""
    router, registry = APIRouter(include_in_schema=False), CollectorRegistry(auto_describe=False)
    registry.register(Collector(database))

    @router.get(PATH)
    def scrape() -> Response:
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router


def _cameras(cameras: Sequence[Condition], now: int) -> Iterator[Metric]:
    asked = [(one, one.health) for one in cameras if one.health is not None]
    live = [(one, row) for one, row in asked if row.reported]
    up = {one: float(one.up(now)) for one in cameras}
    yield _gauge("camera_up", "1 while pictures come from the camera, as a live run said in the last 30 s", up)
    yield _gauge("camera_frames_per_second", "of the last few seconds", {one: row.fps for one, row in asked})
    expected = {one: row.expected for one, row in live if row.expected}
    yield _gauge("camera_expected_frames_per_second", "as the camera declares them", expected)
    last = {one: row.last_frame / SECOND for one, row in asked if row.last_frame}
    yield _gauge("camera_last_frame_timestamp_seconds", "the newest picture that is kept or was looked at", last)
    told = {one: row.reported / SECOND for one, row in live}
    yield _gauge("camera_reported_timestamp_seconds", "when a live run last said how the camera does", told)
    yield _counter("camera_frames", "in the run that asked the camera last", {one: row.frames for one, row in asked})
    yield _counter("camera_dropped_frames", "that nobody had time for, in that run", {one: row.dropped for one, row in asked})
    yield _counter("camera_gaps", "times without footage, since recording began", {one: one.missing.gaps for one in cameras})
    lengths = {one: one.missing.nanoseconds / SECOND for one in cameras}
    yield _counter("camera_gap_seconds", "time without footage, since recording began", lengths)
    clocks = {one: one.offset / SECOND for one in cameras if one.offset is not None}
    yield _gauge("camera_clock_offset_seconds", "that the camera's clock is ahead", clocks)
    footage = {one: one.footage / SECOND for one in cameras if one.footage is not None}
    yield _gauge("camera_footage_offset_seconds", "that what is recorded of the camera is ahead", footage)
    problems = GaugeMetricFamily("wardflow_camera_problem", "1 while the camera has one", labels=[*LABELS, "problem"])
    for one, row in asked:
        if row.message:
            problems.add_metric([one.site, one.camera, one.location, row.message], 1.0)
    yield problems


def _spools(spools: Sequence[SpoolRow]) -> Iterator[Metric]:
    files = GaugeMetricFamily("wardflow_spool_files", "that wait on a machine for the store", labels=PLACE)
    size = GaugeMetricFamily("wardflow_spool_bytes", "that wait on a machine for the store", labels=PLACE)
    lost = CounterMetricFamily("wardflow_spool_lost_files", "that had to go, as there was no room", labels=PLACE)
    for row in spools:
        for family, value in ((files, row.files), (size, row.bytes), (lost, row.lost)):
            family.add_metric([row.machine, row.folder], float(value))
    yield from (files, size, lost)


def _own_clocks(said: Sequence[Said], now: int) -> Iterator[Metric]:
    """Of machines that record now."""
    words = ["machine", "process"]
    synchronised = GaugeMetricFamily("wardflow_own_clock_synchronised", "1 while NTP keeps the machine's clock", labels=words)
    most = GaugeMetricFamily("wardflow_own_clock_error_seconds", "that it is wrong at most, as its kernel says", labels=words)
    behind = GaugeMetricFamily("wardflow_own_clock_behind_seconds", "that recorded times are behind it", labels=words)
    steps = CounterMetricFamily("wardflow_own_clock_steps", "that it made since the process began", labels=words)
    for one in (one for one in said if now - one.measured < STALE * SECOND):
        labels = [one.machine, str(one.process)]
        behind.add_metric(labels, one.own.behind / SECOND)
        steps.add_metric(labels, float(one.own.steps))
        if one.own.kept.synchronised is not None:
            synchronised.add_metric(labels, float(one.own.kept.vouched))
        if one.own.kept.most is not None:
            most.add_metric(labels, one.own.kept.most / SECOND)
    yield from (synchronised, most, behind, steps)


def _gauge(name: str, says: str, values: dict[Condition, float]) -> Metric:
    family = GaugeMetricFamily(f"wardflow_{name}", says, labels=LABELS)
    for one, value in values.items():
        family.add_metric([one.site, one.camera, one.location], value)
    return family


def _counter(name: str, says: str, values: dict[Condition, float]) -> Metric:
    family = CounterMetricFamily(f"wardflow_{name}", says, labels=LABELS)
    for one, value in values.items():
        family.add_metric([one.site, one.camera, one.location], value)
    return family
