"""Pictures of cameras: for those with the right, and logged."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from components.dashboard.app import application
from components.database.viewings import Viewings
from components.sources.still import still


@pytest.fixture
def sign_in(ward):
    app, _ = application(ward.storage, ward.database, password="enter", pictures="see", still=still, hosts=("testserver",))
    with TestClient(app) as client:

        def sign_in(password):
            client.post("/login", data={"password": password})
            return client

        yield sign_in


def test_the_right_to_enter_is_not_the_right_to_see(ward, sign_in):
    ward.film()
    client = sign_in("enter")
    assert client.get("/api/door").json() == {"login": True, "pictures": "ask"}
    for path in ("picture?at=1", f"view?run={ward.RUN}&at=1"):
        answer = client.get(f"/api/cameras/cam1/{path}")
        assert (answer.status_code, "password for pictures" in answer.json()["detail"]) == (403, True)
    assert Viewings(ward.database).newest() == []


def test_who_has_the_right_sees_the_picture_of_the_moment_and_that_is_logged(ward, sign_in):
    ward.film()
    client = sign_in("see")
    assert client.get("/api/door").json()["pictures"] == "yes"
    at = ward.at(7.5) // 10**6
    view = client.get("/api/cameras/cam1/view", params={"run": ward.RUN, "at": at}).json()
    assert view["footage"]
    assert abs(view["at_ms"] - at) <= 100
    assert view["boxes"][0]["person"] == "nurse-01"
    assert view["boxes"][0]["box"][0] == pytest.approx(77, abs=1)
    answer = client.get("/api/cameras/cam1/picture", params={"at": at})
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert image.mean() == pytest.approx(90, abs=4)  # the shade of the eighth second
    (look,) = Viewings(ward.database).newest()
    assert (look.camera, look.moment, look.address, len(look.session)) == ("cam1", at * 10**6, "testclient", 16)


def test_without_footage_there_are_boxes_and_a_sentence(ward, sign_in):
    ward.film()
    client = sign_in("see")
    assert client.get("/api/cameras/cam2/view", params={"run": ward.RUN, "at": 5}).json()["footage"] is False
    answer = client.get("/api/cameras/cam2/picture", params={"at": 5})
    assert (answer.status_code, "flows.ingest" in answer.json()["detail"]) == (404, True)
    assert Viewings(ward.database).newest() == []


def test_a_look_that_cannot_be_logged_is_not_given(ward, sign_in, monkeypatch):
    from components.contracts import InputError

    def refuse(*_, **__):
        raise InputError("database: read only")

    ward.film()
    monkeypatch.setattr(Viewings, "log", refuse)
    assert sign_in("see").get("/api/cameras/cam1/picture", params={"at": ward.NOON // 10**6}).status_code == 503


def test_without_a_password_for_pictures_nobody_may_see_any(ward):
    app, _ = application(ward.storage, ward.database, password="", still=still, hosts=("testserver",))
    with TestClient(app) as client:
        assert client.get("/api/door").json() == {"login": False, "pictures": "no"}
        assert client.get("/api/cameras/cam1/picture?at=1").status_code == 404


def test_an_open_page_may_ask_for_the_password_for_pictures(ward):
    app, _ = application(ward.storage, ward.database, password="", pictures="see", still=still, hosts=("testserver",))
    with TestClient(app) as client:
        assert client.get("/api/runs").status_code == 200
        assert client.get("/api/cameras/cam1/picture?at=1").status_code == 403
        assert client.post("/login", data={"password": ""}, follow_redirects=False).status_code == 401
        client.post("/login", data={"password": "see"})
        assert client.get("/api/door").json()["pictures"] == "yes"
