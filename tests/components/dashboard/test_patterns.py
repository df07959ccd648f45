"""Stays and patterns over HTTP."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from components.dashboard.app import application


@pytest.fixture
def client(ward):
    app, _ = application(ward.storage, ward.database, password="", hosts=("testserver",))
    with TestClient(app) as client:
        yield client


def period(ward, seconds=60):
    return {"site": ward.SITE, "from": ward.NOON // 10**6, "to": ward.at(seconds) // 10**6}


def test_who_is_there_and_whether_the_roster_expects_it(client, ward):
    ward.track(30, people=9)
    stays = client.get("/api/available", params={"site": ward.SITE}).json()["stays"]
    named = {stay["person"]: stay for stay in stays if stay["person"] != "unknown"}
    assert named["nurse-01"]["department"] == "nursing"
    assert named["nurse-01"]["expected"] == "expected"
    assert all(stay["entered_ms"] <= stay["left_ms"] for stay in stays)


def test_a_search_finds_people_of_the_roster_wherever_they_are(client, ward):
    ward.track(30, people=3)
    found = client.get("/api/search", params={"site": ward.SITE, "text": "NURSE-1"}).json()
    assert [person["person"] for person in found["people"]] == ["nurse-11"]
    assert found["people"][0]["stay"] is None
    assert client.get("/api/search", params={"site": ward.SITE, "text": "nurse-01"}).json()["people"][0]["stay"]["zone"]


def test_a_period_has_heat_flows_dwell_times_and_a_timeline(client, ward):
    rows = ward.track(60)
    heat = client.get("/api/heat", params=period(ward)).json()
    assert sum(map(sum, heat["seconds"])) == pytest.approx(len(rows) / 5, rel=0.1)
    flows = client.get("/api/flows", params=period(ward)).json()["flows"]
    assert flows[0]["times"] >= flows[-1]["times"] > 0
    dwell = client.get("/api/dwell", params=period(ward)).json()["rows"]
    assert {row["zone"] for row in dwell} - {"*"} <= set(ward.ZONES)
    roles = client.get("/api/dwell", params={**period(ward), "by": "role"}).json()["rows"]
    assert "nurse" in {row["role"] for row in roles}
    bins = client.get("/api/timeline", params={**period(ward), "step": "minute"}).json()["bins"]
    assert max(part["most"] for part in bins) == 12


def test_one_role_is_less_than_everybody(client, ward):
    ward.track(30)
    seconds = [
        sum(map(sum, client.get("/api/heat", params=period(ward, 30) | more).json()["seconds"]))
        for more in ({}, {"role": "nurse"})
    ]
    assert seconds[0] > seconds[1] > 0


def test_a_site_without_facts_has_empty_answers(client):
    words = {"site": "nowhere", "from": 0, "to": 3_600_000}
    assert client.get("/api/extent", params={"site": "nowhere"}).json() == {"site": "nowhere", "first_ms": 0, "newest_ms": 0}
    assert client.get("/api/available", params={"site": "nowhere"}).json()["stays"] == []
    assert client.get("/api/heat", params=words).json()["seconds"] == []
    assert client.get("/api/flows", params=words).json()["flows"] == []
    assert client.get("/api/dwell", params=words).json()["rows"] == []
    assert all(part["watched"] == 0 for part in client.get("/api/timeline", params=words).json()["bins"])


@pytest.mark.parametrize(
    "path",
    [
        "/api/heat?site=a&from=5&to=5", "/api/flows?site=a&from=5&to=4", "/api/dwell?site=a&from=0&to=1&by=shoe",
        "/api/timeline?site=a&from=0&to=90000001&step=minute", "/api/heat?site=a&from=0&to=34560000001", "/api/search?site=a",
        "/api/available",
    ],
)  # fmt: skip
def test_questions_that_make_no_sense_are_refused(client, path):
    assert client.get(path).status_code == 422


def test_a_database_that_is_away_is_said(client, ward):
    ward.track(5)
    ward.lose_database()
    assert client.get("/api/heat", params=period(ward)).status_code == 503
    ward.find_database()
