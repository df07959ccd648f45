"""The clock for cameras: codes that any reader reads, and a page that shows the one of now."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from components.clocks.shown import MILLISECOND, moment
from components.dashboard.app import application


@pytest.fixture
def client(ward):
    app, _ = application(ward.storage, ward.database, password="", hosts=("testserver",))
    with TestClient(app) as client:
        yield client


def read(rows: list[str]) -> int | None:
    picture = np.array([[0 if pixel == "1" else 255 for pixel in row] for row in rows], np.uint8)
    return moment(cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=8, fy=8, interpolation=0))[0])


def test_codes_say_the_moments_from_which_on_they_are_shown(client):
    before = time.time_ns()
    said = client.get("/api/clock?count=3").json()
    assert before <= said["now"] * MILLISECOND <= time.time_ns() and said["period"] == 100
    moments = [one["at"] for one in said["codes"]]
    assert [read(one["rows"]) for one in said["codes"]] == [at * MILLISECOND for at in moments]
    assert moments[0] * MILLISECOND > before and np.diff(moments).tolist() == [100, 100]
    later = client.get(f"/api/clock?after={moments[-1]}&count=1").json()
    assert later["codes"][0]["at"] > moments[-1] and client.get("/api/clock?count=0").json()["codes"] == []
    assert client.get("/api/clock?count=9999").status_code == 422
    assert 'id="code"' in client.get("/clock").text
