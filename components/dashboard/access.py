"""Who may read the page, and who may see pictures: a password for each, with few attempts a minute."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import defaultdict, deque
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
SHIFT = 12 * 3600  # s: how long a session lasts
WINDOW = 60.0  # s
EACH, TOGETHER = 5, 60  # wrong passwords per window, of one address and of all
LONGEST_FORM = 4096  # bytes
OPEN_TO_ALL = ("/login", "/static/")


class Attempts:
    """Wrong passwords of the last minute."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, address: str) -> int:
        """Seconds until `address` may try again; 0: now."""
        now = time.monotonic()
        self._forget(now)
        together = sorted(at for times in self._wrong.values() for at in times)
        full = [
            times[0] for times, most in ((self._wrong.get(address, deque()), EACH), (together, TOGETHER)) if len(times) >= most
        ]
        return max((int(at + WINDOW - now) + 1 for at in full), default=0)

    def wrong(self, address: str) -> None:
        self._wrong[address].append(time.monotonic())

    def _forget(self, now: float) -> None:
        for address, times in list(self._wrong.items()):
            while times and times[0] < now - WINDOW:
                times.popleft()
            if not times:
                del self._wrong[address]


class Gate:
    """Lets only sessions that gave the password through to `app`; needs the session middleware around it.

    Who brings `token` (Authorization: Bearer) may read `path` and nothing else; an empty one lets nobody in.
    """

    def __init__(self, app: ASGIApp, path: str = "", token: str = "") -> None:
        self._app, self._path, self._token = app, path, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OPEN_TO_ALL) or scope["session"].get("open"):
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).get("authorization", "").removeprefix("Bearer ")
        if scope["path"] == self._path and _same(given, self._token):
            return await self._app(scope, receive, send)
        answer: Response = JSONResponse({"detail": "sign in at /login first"}, 401)
        if scope["path"] in ("/", "/patterns"):
            answer = RedirectResponse("/login", 303)
        return await answer(scope, receive, send)


def doors(password: str, pictures: str) -> APIRouter:
    """The pages to sign in and out. `password` opens the page, `pictures` the page and what the cameras see; "" opens nothing."""
    router, attempts = APIRouter(include_in_schema=False), Attempts()

    @router.get("/login")
    def ask() -> HTMLResponse:
        return _form("", 200)

    @router.post("/login")
    async def sign_in(request: Request) -> Response:
        address = request.client.host if request.client else ""
        if wait := attempts.wait(address):
            return _form(f"Too many attempts. Try again in {wait} seconds.", 429, {"Retry-After": str(wait)})
        given = await _given(request)
        sees, enters = _same(given, pictures), _same(given, password)
        if not (sees or enters):
            attempts.wrong(address)
            return _form("That is not the password.", 401)
        request.session.update({"open": True, "pictures": sees, "id": secrets.token_hex(8)})
        return RedirectResponse("/", 303)

    @router.post("/logout")
    def sign_out(request: Request) -> Response:
        request.session.clear()
        return RedirectResponse("/login", 303)

    return router


def _same(given: str, password: str) -> bool:
    return bool(password) and hmac.compare_digest(given.encode(), password.encode())


async def _given(request: Request) -> str:
    """The password in the form; empty where there is none or the form is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]


def _form(message: str, status: int, headers: dict[str, str] | None = None) -> HTMLResponse:
    page = (STATIC / "login.html").read_text(encoding="utf-8")
    return HTMLResponse(page.replace("{message}", escape(message)), status, headers)
