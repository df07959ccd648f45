"""The password, the session and the patience with those who guess."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from components.dashboard import access
from components.dashboard.access import EACH, TOGETHER, WINDOW, Attempts
from components.dashboard.app import application

PASSWORD = "correct horse ✓"


@pytest.fixture
def client(ward):
    app, _ = application(ward.storage, ward.database, password=PASSWORD, hosts=("*",))
    with TestClient(app, follow_redirects=False) as client:
        yield client


def sign_in(client, password=PASSWORD):
    return client.post("/login", data={"password": password})


@pytest.mark.parametrize(
    "path", ["/api/plan", "/api/runs", "/api/health", "/api/occupancy", "/api/live", "/api/openapi.json", "/logout", "/nowhere"]
)
def test_without_the_password_nothing_is_answered(client, path):
    assert client.get(path).status_code == 401


def test_the_page_sends_strangers_to_the_form(client):
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert 'type="password"' in client.get("/login").text
    assert client.get("/static/page.css").status_code == 200


def test_the_password_opens_the_page_and_signing_out_closes_it(client):
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age=43200" in cookie
    assert client.get("/api/door").json() == {"login": True, "pictures": "no"}
    assert client.get("/").status_code == 200
    assert client.post("/logout").headers["location"] == "/login"
    assert client.get("/api/runs").status_code == 401


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", "\x00", "é" * 5000])
def test_a_wrong_password_does_not(client, password):
    answer = sign_in(client, password)
    assert answer.status_code == 401
    assert "That is not the password." in answer.text
    assert client.get("/api/runs").status_code == 401


def test_a_form_of_any_other_shape_does_not(client):
    assert client.post("/login", content=b"\xff\xfe").status_code == 401
    assert client.post("/login", content=b"x" * 100_000).status_code == 401
    assert client.post("/login").status_code == 401


def test_a_forged_cookie_does_not(client):
    client.cookies.set("wardflow_session", "eyJvcGVuIjogdHJ1ZX0=.aaaa.bbbb")
    assert client.get("/api/runs").status_code == 401


def test_a_cookie_of_before_the_restart_does_not(client, ward):
    cookie = sign_in(client).cookies["wardflow_session"]
    app, _ = application(ward.storage, ward.database, password=PASSWORD, hosts=("*",))
    with TestClient(app, cookies={"wardflow_session": cookie}) as other:
        assert other.get("/api/runs").status_code == 401


def test_who_guesses_has_to_wait_even_with_the_right_password(client):
    for _ in range(EACH):
        assert sign_in(client, "wrong").status_code == 401
    answer = sign_in(client)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= WINDOW + 1
    assert "Too many attempts" in answer.text


def test_guessing_is_limited_for_each_address_and_for_all_together(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(access.time, "monotonic", lambda: now[0])
    attempts = Attempts()
    for _ in range(EACH):
        attempts.wrong("10.0.0.1")
    assert attempts.wait("10.0.0.1") == WINDOW + 1
    assert attempts.wait("10.0.0.2") == 0
    for i in range(TOGETHER):
        attempts.wrong(f"10.1.0.{i}")
    assert attempts.wait("10.0.0.2") > 0
    now[0] += WINDOW + 0.1
    assert attempts.wait("10.0.0.1") == 0
    assert not attempts._wrong
