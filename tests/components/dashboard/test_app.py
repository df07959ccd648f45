"""The API over HTTP."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from components.dashboard import positions
from components.dashboard.app import application

RUN = "0123456789ab"


@pytest.fixture
def client(ward):
    app, _ = application(ward.storage, ward.database, password="", hosts=("testserver",))
    with TestClient(app) as client:
        yield client


def first(seconds, ward):
    return {"from": ward.NOON // 10**6, "to": ward.at(seconds) // 10**6}


def test_the_page_and_its_parts_are_there(client):
    assert '<canvas id="floor"' in client.get("/").text
    assert client.get("/static/page.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/favicon.ico").status_code == 200
    assert client.get("/docs").status_code == 404  # would load scripts from elsewhere
    assert client.get("/api/door").json() == {"login": False, "pictures": "no"}
    assert client.get("/login").status_code == 404


def test_before_anything_was_tracked_every_question_has_an_empty_answer(client):
    assert client.get("/api/plan").json() == {"site": "", "zones": [], "cameras": [], "roles": [], "staff": []}
    assert client.get("/api/runs").json() == {"runs": [], "running": False, "failed": False}
    assert client.get("/api/health").json()["cameras"] == []
    assert client.get("/api/occupancy").json()["total"] == 0


def test_a_run_from_its_plan_to_its_frames(client, ward):
    ward.track(20, failed="cam3")
    assert client.get("/api/plan").json()["site"] == ward.SITE
    assert len(client.get("/api/plan", params={"site": ward.SITE}).json()["zones"]) == len(ward.ZONES)
    (run,) = client.get("/api/runs").json()["runs"]
    frames = client.get(f"/api/runs/{run['run']}/frames", params={"from": run["start_ms"], "to": run["start_ms"] + 10_000}).json()
    assert len(frames["trails"]) >= 12
    assert client.get("/api/health", params={"site": ward.SITE}).json()["failed"] == 1
    then = client.get("/api/occupancy", params={"run": run["run"], "at": run["start_ms"] + 5000}).json()
    assert (then["total"], client.get("/api/occupancy").json()["total"]) == (12, 12)


@pytest.mark.parametrize(
    "path",
    [
        "/api/runs/0123456789AB/frames?from=1&to=2",
        "/api/runs/0123456789abc/frames?from=1&to=2",
        "/api/runs/..%2f..%2fetc/frames?from=1&to=2",
        f"/api/runs/{RUN}/frames",
        f"/api/runs/{RUN}/frames?from=5&to=5",
        f"/api/runs/{RUN}/frames?from=5&to=4",
        f"/api/runs/{RUN}/frames?from=-5&to=4",
        f"/api/runs/{RUN}/frames?from=0&to=60001",
        f"/api/runs/{RUN}/frames?from=1e99&to=2",
        f"/api/runs/{RUN}/frames?from=9000000000001&to=9000000000002",
        f"/api/occupancy?run={RUN}",
        "/api/occupancy?at=5",
        "/api/occupancy?run=nonsense&at=5",
        f"/api/plan?site={'x' * 256}",
    ],
)
def test_questions_that_make_no_sense_are_refused(client, path):
    assert client.get(path).status_code in (404, 422)


def test_a_window_before_the_first_hour_of_all_is_empty(client):
    assert client.get(f"/api/runs/{RUN}/frames?from=0&to=1000").json()["trails"] == []


def test_too_much_for_one_answer_is_its_own_answer(client, ward, monkeypatch):
    ward.write([ward.seen("cam1", i, i / 10, 1, 1) for i in range(50)])
    monkeypatch.setattr(positions, "MOST_ROWS", 10)
    answer = client.get(f"/api/runs/{RUN}/frames", params=first(9, ward))
    assert answer.status_code == 413
    assert "ask for a shorter window" in answer.json()["detail"]


def test_a_database_that_is_away_is_said_and_comes_back(client, ward):
    ward.track(5)
    ward.lose_database()
    answer = client.get("/api/runs")
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("database sqlite:///")
    ward.find_database()
    assert client.get("/api/runs").status_code == 200


def test_a_store_that_is_away_is_said(client, ward):
    ward.track(5)
    for path in ward.storage.list("positions"):
        ward.storage.write(path, b"broken")
    answer = client.get(f"/api/runs/{RUN}/frames", params=first(1, ward))
    assert (answer.status_code, "cannot be read" in answer.json()["detail"]) == (503, True)


def test_another_web_site_cannot_borrow_the_address(client):
    assert client.get("/api/runs", headers={"host": "evil.example"}).status_code == 400


def test_text_from_the_database_travels_as_text(client, ward):
    ward.write([ward.seen("cam1", 1, 0, 1, 1, person="<script>alert(1)</script>", confidence=0.9)])
    answer = client.get(f"/api/runs/{RUN}/frames", params=first(1, ward))
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["trails"][0]["person"] == "<script>alert(1)</script>"


def test_large_answers_are_compressed(client, ward):
    ward.track(20)
    answer = client.get(
        f"/api/runs/{RUN}/frames",
        params=first(20, ward),
        headers={"accept-encoding": "gzip"},
    )
    assert answer.headers["content-encoding"] == "gzip"


def test_the_api_describes_itself(client):
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/api/plan", "/api/runs", "/api/runs/{run}/frames", "/api/occupancy", "/api/health", "/api/live"} <= set(paths)
