"""The web application: the page, the API behind it, and the guards around both."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Literal

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
from components.dashboard.answers import Door, Health, Here, Occupancy, Plan, Problem, TrackRuns, Window
from components.dashboard.facts import Facts
from components.dashboard.feed import Feed
from components.dashboard.headers import Headers
from components.dashboard.live import Present
from components.dashboard.looking import looking
from components.dashboard.metrics import PATH, metrics
from components.dashboard.patterns import Milliseconds, Site, patterns
from components.dashboard.pictures import NoPictureError, Pictures, Still
from components.dashboard.positions import Positions, TooManyError
from components.dashboard.registry import Registry
from components.dashboard.replay import Replay
from components.dashboard.shown import shown
from components.database.database import Database
from components.database.questions import Questions
from components.database.viewings import Viewings
from components.storage.storage import Storage

LONGEST_WINDOW = 60_000  # ms
RunKey = Annotated[str, InPath(pattern="^[0-9a-f]{12}$")]


def application(
    storage: Storage, database: Database, *, password: str, hosts: tuple[str, ...], pictures: str = "",
    still: Still | None = None, token: str = "",
) -> tuple[FastAPI, Feed]:  # fmt: skip
    """The app over `storage` and `database`, and its feed, which must be closed before the server can stop.

    `hosts` are the names under which a browser may ask for it, ("*",) for any; an empty `password` asks nobody for one.
    Who gives the password `pictures` may see what `still` cuts out of the footage; where it is empty nobody may.
    Who brings `token` may read /metrics without a password.
    """
    registry = Registry(database)
    present = Present(registry)
    feed = Feed(present)
    app = FastAPI(title="wardflow dashboard", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
                  lifespan=_pumping(feed), middleware=_guards(password, pictures, hosts, token))  # fmt: skip
    app.add_exception_handler(InputError, _away)
    app.include_router(_page(password, pictures))
    app.include_router(_questions(registry, Replay(registry, Positions(storage)), present))
    app.include_router(patterns(Facts(Questions(database))))
    app.include_router(_stream(feed))
    app.include_router(metrics(database))
    app.include_router(shown())
    if pictures and still:
        app.include_router(looking(Pictures(storage, database, still), Viewings(database)))
    if password or pictures:
        app.include_router(doors(password, pictures))
    app.mount("/static", StaticFiles(directory=STATIC))
    return app, feed


def _guards(password: str, pictures: str, hosts: tuple[str, ...], token: str) -> list[Middleware]:
    """From the outside in. The list of hosts keeps other web sites from reading an open page through a name of theirs."""
    known = Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    guards = [Middleware(Headers), known, Middleware(GZipMiddleware, compresslevel=5)]
    if password or pictures:
        key = secrets.token_hex(32)  # a restart signs everybody out
        cookie = "wardflow_session"
        guards.append(Middleware(SessionMiddleware, secret_key=key, session_cookie=cookie, max_age=SHIFT, same_site="strict"))
    if password:
        guards.append(Middleware(Gate, path=PATH, token=token))
    return guards


def _page(password: str, pictures: str) -> APIRouter:
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @router.get("/patterns", include_in_schema=False)
    def patterns_page() -> FileResponse:
        return FileResponse(STATIC / "patterns.html")

    @router.get("/favicon.ico", include_in_schema=False)
    def icon() -> FileResponse:
        return FileResponse(STATIC / "icon.svg")

    @router.get("/api/door")
    def door(request: Request) -> Door:
        return Door(login=bool(password), pictures=_right(request) if pictures else "no")

    return router


def _questions(registry: Registry, replay: Replay, present: Present) -> APIRouter:
    router = APIRouter(prefix="/api", responses={503: {"model": Problem}})

    @router.get("/plan")
    def plan(site: Site = "") -> Plan:
        """The floor plan of `site`; without one, of the site whose camera was registered last."""
        return registry.plan(site or registry.newest_site())

    @router.get("/present")
    def present_site() -> Here:
        """The site that the page follows: that of the newest run, else the newest in the registry."""
        newest = present.newest()
        return Here(site=(newest.site if newest else "") or registry.newest_site())

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
        return present.occupancy() if at is None else replay.occupancy(run, at * 1_000_000)

    @router.get("/health")
    def health(site: Site = "") -> Health:
        """How the cameras of `site` do; without one, of the site whose camera was registered last."""
        return registry.health(site or registry.newest_site())

    return router


def _right(request: Request) -> Literal["yes", "ask"]:
    return "yes" if request.session.get("pictures") else "ask"


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
    status = 413 if isinstance(error, TooManyError) else 404 if isinstance(error, NoPictureError) else 503
    return JSONResponse({"detail": str(error)}, status)
