"""A server is found where Prefect itself would find it; without one, nothing of Prefect is imported."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from components.contracts import InputError
from flows import _prefect

ROOT = Path(__file__).resolve().parents[2]
PROFILES = """
active = "ward"
[profiles.ward]
PREFECT_API_URL = "http://ward:4200/api"
[profiles.other]
PREFECT_API_URL = "http://other:4200/api"
[profiles.empty]
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home of Prefect, and no setting in the environment."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    return tmp_path


class TestServer:
    def test_none_is_configured_on_a_new_machine(self, home):
        assert _prefect.server() == ""

    def test_from_the_environment(self, home, monkeypatch):
        (home / "profiles.toml").write_text(PROFILES)
        monkeypatch.setenv("PREFECT_API_URL", "http://here:1/api")
        assert _prefect.server() == "http://here:1/api"

    def test_an_empty_variable_is_none(self, home, monkeypatch):
        monkeypatch.setenv("PREFECT_API_URL", "")
        assert _prefect.server() == ""

    def test_from_the_active_profile(self, home):
        (home / "profiles.toml").write_text(PROFILES)
        assert _prefect.server() == "http://ward:4200/api"

    @pytest.mark.parametrize(("profile", "address"), [("other", "http://other:4200/api"), ("empty", ""), ("nowhere", "")])
    def test_from_the_profile_that_the_environment_names(self, home, monkeypatch, profile, address):
        (home / "profiles.toml").write_text(PROFILES)
        monkeypatch.setenv("PREFECT_PROFILE", profile)
        assert _prefect.server() == address

    def test_from_a_file_of_profiles_elsewhere(self, home, monkeypatch):
        (home / "elsewhere.toml").write_text(PROFILES)
        monkeypatch.setenv("PREFECT_PROFILES_PATH", str(home / "elsewhere.toml"))
        assert _prefect.server() == "http://ward:4200/api"

    @pytest.mark.parametrize("text", ["this is no toml [", "", "active = 'ward'", "[profiles.ward]\nPREFECT_API_URL = 'x'"])
    def test_a_file_that_names_none(self, home, text):
        (home / "profiles.toml").write_text(text)
        assert _prefect.server() == ""

    def test_in_the_home_folder_of_the_user(self, home, monkeypatch):
        monkeypatch.delenv("PREFECT_HOME")
        monkeypatch.setenv("HOME", str(home))
        (home / ".prefect").mkdir()
        (home / ".prefect" / "profiles.toml").write_text(PROFILES)
        assert _prefect.server() == "http://ward:4200/api"

    def test_agrees_with_prefect_itself(self, home):
        (home / "profiles.toml").write_text(PROFILES)
        program = "from prefect.settings import PREFECT_API_URL; print(PREFECT_API_URL.value())"
        told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=home)
        assert told.stdout.strip() == _prefect.server()


def test_no_flow_imports_prefect_without_a_server():
    program = (
        "import sys, importlib, pathlib\n"
        "for file in pathlib.Path('flows').glob('[a-z]*.py'): importlib.import_module(f'flows.{file.stem}')\n"
        "from flows import _run, _workers\n"
        "assert _workers._prefect.mapped(None, [], 'x') == []\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('prefect', 'torch', 'mlflow')])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "[]"


def test_a_module_offers_its_flow_for_deployments_and_nothing_else():
    def ingest(overrides): ...

    getter = _prefect.exported(ingest)
    with pytest.raises(AttributeError, match="has no attribute 'prepare_flow'"):
        getter("prepare_flow")


def test_what_is_refused_is_told_without_the_depths_it_came_from():
    import flows.ingest

    with pytest.raises(InputError, match=r"fleet\.every_camera\.second: there is no such key") as refused:
        flows.ingest.ingest_flow.fn(overrides=["fleet.every_camera.second=1"])
    shown = "".join(traceback.format_exception(refused.value))
    assert "omegaconf" not in shown and "hydra" not in shown and shown.count("  File ") <= 3
