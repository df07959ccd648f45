"""The web application: the page, the API behind it, and the guards around both."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from components.contracts import InputError
from components.dashboard.access import SHIFT, STATIC, Gate, doors
from components.dashboard.answers import Door, Health, Occupancy, Plan, Problem, TrackRuns, Window
from components.dashboard.feed import Feed
from components.dashboard.headers import Headers
from components.dashboard.live import Positions
from components.dashboard.registry import Registry
from components.dashboard.replay import Replay
from components.dashboard.sightings import Sightings, TooManyError
from components.database.database import Database
from components.storage.storage import Storage

LONGEST_WINDOW = 60_000  # ms
RunKey = Annotated[str, InPath(pattern="^[0-9a-f]{12}$")]
Milliseconds = Annotated[int, Query(ge=0, le=9_000_000_000_000)]
Site = Annotated[str, Query(max_length=255)]


def application(storage: Storage, database: Database, *, password: str, hosts: tuple[str, ...]) -> tuple[FastAPI, Feed]:
    """The app over `storage` and `database`, and its feed, which must be closed before the server can stop.

    `hosts` are the names under which a browser may ask for it, ("*",) for any; an empty `password` asks nobody for one.
    """
    registry = Registry(database)
    positions = Positions(registry)
    feed = Feed(positions)
    app = FastAPI(title="wardflow dashboard", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
                  lifespan=_pumping(feed), middleware=_guards(password, hosts))  # fmt: skip
    app.add_exception_handler(InputError, _away)
    app.include_router(_page(password))
    app.include_router(_questions(registry, Replay(registry, Sightings(storage)), positions))
    app.include_router(_stream(feed))
    if password:
        app.include_router(doors(password))
    app.mount("/static", StaticFiles(directory=STATIC))
    return app, feed


def _guards(password: str, hosts: tuple[str, ...]) -> list[Middleware]:
    """From the outside in. The list of hosts keeps other web sites from reading an open page through a name of theirs."""
    known = Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    guards = [Middleware(Headers), known, Middleware(GZipMiddleware, compresslevel=5)]
    if password:
        key = secrets.token_hex(32)  # a restart signs everybody out
        cookie = "wardflow_session"
        guards.append(Middleware(SessionMiddleware, secret_key=key, session_cookie=cookie, max_age=SHIFT, same_site="strict"))
        guards.append(Middleware(Gate))
    return guards


def _page(password: str) -> APIRouter:
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @router.get("/favicon.ico", include_in_schema=False)
    def icon() -> FileResponse:
        return FileResponse(STATIC / "icon.svg")

    @router.get("/api/door")
    def door() -> Door:
        return Door(login=bool(password))

    return router


def _questions(registry: Registry, replay: Replay, positions: Positions) -> APIRouter:
    router = APIRouter(prefix="/api", responses={503: {"model": Problem}})

    @router.get("/plan")
    def plan(site: Site = "") -> Plan:
        """The floor plan of `site`; without one, of the site whose camera was registered last."""
        return registry.plan(site or registry.newest_site())

    @router.get("/runs")
    def runs() -> TrackRuns:
        """What can be replayed."""
        return replay.runs()

    @router.get("/runs/{run}/frames", responses={413: {"model": Problem}})
    def frames(run: RunKey, start: Annotated[Milliseconds, Query(alias="from")], to: Milliseconds) -> Window:
        """Who was where in `run` from `from` until just before `to`, at most a minute."""
        if not start < to <= start + LONGEST_WINDOW:
            raise HTTPException(422, f"to={to}: expected more than from={start} and at most {LONGEST_WINDOW} ms later")
        return replay.window(run, start * 1_000_000, to * 1_000_000)

    @router.get("/occupancy")
    def occupancy(run: Annotated[str, Query(pattern="^([0-9a-f]{12})?$")] = "", at: Milliseconds | None = None) -> Occupancy:
        """Who is in which zone now; with `run` and `at`, who was."""
        if bool(run) != (at is not None):
            raise HTTPException(422, "give both run= and at=, or neither for the newest moment")
        return positions.occupancy() if at is None else replay.occupancy(run, at * 1_000_000)

    @router.get("/health")
    def health(site: Site = "") -> Health:
        """How the cameras of `site` do; without one, of the site whose camera was registered last."""
        return registry.health(site or registry.newest_site())

    return router


def _stream(feed: Feed) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/live")
    async def live() -> StreamingResponse:
        """Server-sent events: `live` with a `Live` at each change, `trouble` with a `Problem` while the database is away."""
        if feed.full:
            raise HTTPException(503, "too many pages are open; close some")
        return StreamingResponse(feed.events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    return router


def _pumping(feed: Feed) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pump = asyncio.create_task(feed.pump())
        yield
        pump.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pump

    return lifespan


async def _away(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 413 if isinstance(error, TooManyError) else 503)
