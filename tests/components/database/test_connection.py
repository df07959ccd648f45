from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from components.contracts import InputError
from components.database import connection
from components.database.database import Database
from tests.components.database.servers import Server

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgres://ward@db/ward", "postgresql+psycopg"),
        ("postgresql://ward@db/ward", "postgresql+psycopg"),
        ("postgresql+psycopg2://ward@db/ward", "postgresql+psycopg2"),
        ("mysql://ward@db/ward", "mysql+pymysql"),
        ("mariadb://ward@db/ward", "mariadb+pymysql"),
        ("mssql://ward@db/ward", "mssql+pyodbc"),
        ("sqlite:///ward.db", "sqlite"),
    ],
)
def test_a_url_without_a_driver_has_ours(url: str, driver: str) -> None:
    assert connection.parsed(url, "").drivername == driver


def test_the_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARD_PASSWORD", "ge:h@e/im")
    url = connection.parsed("postgresql://ward@db/ward", "WARD_PASSWORD")
    assert url.password == "ge:h@e/im" and "im" not in connection.shown(url)
    monkeypatch.delenv("WARD_PASSWORD")
    with pytest.raises(InputError, match="WARD_PASSWORD is not set in the environment"):
        connection.parsed("postgresql://ward@db/ward", "WARD_PASSWORD")


@pytest.mark.parametrize(
    "url",
    ["postgresql://ward:geheim@db:x/ward", "mssql://db/ward?pwd=geheim", "postgresql://db/ward?password=geheim", "://a:geheim@b"],
)
def test_a_password_is_shown_nowhere(url: str) -> None:
    assert "geheim" not in connection.shown(url)
    with pytest.raises(InputError) as caught:
        Database(url)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "extra"), [("mssql://ward@db/ward", "mssql"), ("mysql://ward@db/ward", "mysql"), ("postgres://w@db/w", "postgres")]
)
def test_a_driver_that_is_not_installed(url: str, extra: str) -> None:
    program = (
        "import sys; sys.modules.update(dict.fromkeys(('pyodbc', 'pymysql', 'psycopg')))\n"
        "from components.database.database import Database\n"
        "try: Database(sys.argv[1])\nexcept ValueError as error: print(error)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, url], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert f"pip install 'wardflow[{extra}]'" in said


def _server(request: pytest.FixtureRequest, kind: str) -> tuple[Server, str]:
    """The server, and a URL that says nothing about the line."""
    server: Server = request.getfixturevalue(kind)
    return server, server.url.partition("?")[0]


KINDS = [pytest.param(kind, marks=pytest.mark.service) for kind in ("postgres", "mariadb")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_that_is_encrypted_to_a_server_that_proves_itself(kind: str, request: pytest.FixtureRequest) -> None:
    server, url = _server(request, kind)
    encrypted = {
        "postgres": "SELECT CASE WHEN ssl THEN version ELSE '' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        "mariadb": "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Ssl_version'",
    }  # fmt: skip
    for encryption, authority in (("required", ""), ("verified", str(server.authority))):
        database = Database.unchecked(url, encryption=encryption, authority=authority)  # type: ignore[arg-type]
        with database.engine.connect() as line:
            assert str(line.exec_driver_sql(encrypted[kind]).scalar()).startswith("TLS")
        database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_cannot_prove_itself_is_refused(kind: str, request: pytest.FixtureRequest) -> None:
    _, url = _server(request, kind)
    with pytest.raises(InputError, match=r"(?i)certificate"):
        Database.unchecked(url, encryption="verified")
    with pytest.raises(InputError, match=r"(?i)authority|certificate"):
        Database.unchecked(url, encryption="verified", authority="/nowhere/ca.pem")


def test_sql_server_is_asked_for_what_was_set() -> None:
    url = connection.parsed("mssql://ward@db/ward", "")
    assert connection._line("mssql", "verified", "") == (
        {"driver": "ODBC Driver 18 for SQL Server", "Encrypt": "yes", "TrustServerCertificate": "no"}, {"timeout": 10},
    )  # fmt: skip
    assert connection._line("mssql", "required", "")[0]["TrustServerCertificate"] == "yes"
    assert url.get_backend_name() == "mssql"
