"""The part of the API that shows what cameras see, to those who may; each look is written down."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response

from components.dashboard.answers import Problem, View
from components.dashboard.patterns import Milliseconds
from components.dashboard.pictures import Pictures
from components.database.viewings import Viewings

CameraName = Annotated[str, InPath(max_length=255)]
Run = Annotated[str, Query(pattern="^[0-9a-f]{12}$")]


def looking(pictures: Pictures, viewings: Viewings) -> APIRouter:
    """Pictures for sessions with the right to see them."""
    router = APIRouter(prefix="/api/cameras", dependencies=[Depends(_may_look)], responses={403: {"model": Problem}})

    @router.get("/{camera}/view")
    def view(camera: CameraName, run: Run, at: Milliseconds) -> View:
        """Whether there is a picture of a moment, and who is in it."""
        return pictures.view(run, camera, at * 1_000_000)

    @router.get("/{camera}/picture", responses={404: {"model": Problem}})
    def picture(camera: CameraName, at: Milliseconds, request: Request) -> Response:
        """The picture as JPEG. Nothing is shown that cannot be written down."""
        content = pictures.jpeg(camera, at * 1_000_000)
        address = request.client.host if request.client else ""
        viewings.log(session=request.session["id"], address=address, camera=camera, moment=at * 1_000_000)
        return Response(content, media_type="image/jpeg")

    return router


def _may_look(request: Request) -> None:
    if not request.session.get("pictures"):
        raise HTTPException(403, "sign in at /login with the password for pictures first")
