"""Real database servers, started by the tests in a folder of their own, with a certificate for 127.0.0.1."""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

PASSWORD = "geheim"


@dataclass(frozen=True)
class Server:
    """A server that is up; its URL leads to a database that exists."""

    url: str
    authority: Path  # the certificate that it proves itself with
    begin: Callable[[], object] = lambda: None  # after `kill`
    pid: Callable[[], int] = lambda: 0

    def kill(self) -> None:
        """As a machine does that loses its power, so that no connection is left; waits until it is gone."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.02)

    def empty(self, name: str) -> str:
        """The URL of a database with nothing in it."""
        with self.administered() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        address, _, options = self.url.partition("?")
        return f"{address.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")

    @contextmanager
    def administered(self) -> Iterator[Connection]:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@contextmanager
def postgres() -> Iterator[Server]:
    programs = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if not programs:
        pytest.skip("needs a PostgreSQL server: sudo apt-get install postgresql")
    program = max(programs, key=lambda path: float(path.parent.name))
    with _folder("postgres") as folder:
        _certify(folder, "postgres")
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        pg_ctl, port = [*user, str(program / "pg_ctl"), "-D", str(folder / "data"), "-w"], _port()
        tls = f"-c ssl=on -c ssl_cert_file={folder}/server.crt -c ssl_key_file={folder}/server.key"
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_locks_per_transaction=256 {tls}"
        try:
            _run(*user, str(program / "initdb"), "-D", str(folder / "data"), "-U", "ward", "-A", "trust", "--no-sync")

            def begin() -> None:
                _run(*pg_ctl, "-l", str(folder / "log"), "-o", options, "start")

            def pid() -> int:
                return int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])

            begin()
            url = f"postgresql+psycopg://ward:{PASSWORD}@127.0.0.1:{port}/postgres?sslmode=disable"
            yield Server(url, folder / "server.crt", begin, pid)
        finally:
            subprocess.run([*pg_ctl, "-m", "immediate", "stop"], cwd="/", capture_output=True, timeout=60, check=False)


@contextmanager
def mariadb() -> Iterator[Server]:
    if not (shutil.which("mariadbd") and shutil.which("mariadb-install-db")):
        pytest.skip("needs a MariaDB server: sudo apt-get install mariadb-server")
    with _folder("mysql") as folder:
        _certify(folder, "mysql")
        user = ["--user=mysql"] if os.geteuid() == 0 else []
        port, basic = _port(), ["--no-defaults", f"--datadir={folder}/data", *user]
        own = {
            **os.environ,
            "TMPDIR": str(folder),
        }  # a server that starts removes the temporary tables of others in the same place
        install = ["mariadb-install-db", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        _run(install[0], *basic, *install[1:], env=own)
        grant = f"CREATE USER ward@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON *.* TO ward@'%'; CREATE DATABASE ward;"
        (folder / "grant.sql").write_text(grant.replace("; ", ";\n"))
        quick = ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-file-per-table=0"]
        quick += ["--skip-log-bin", "--innodb-buffer-pool-size=64M", "--performance-schema=0"]
        tls = [f"--ssl-cert={folder}/server.crt", f"--ssl-key={folder}/server.key"]
        line = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s", f"--pid-file={folder}/pid"]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                ["mariadbd", *basic, *line, *quick, *tls, f"--init-file={folder}/grant.sql"],
                stdout=log, stderr=log, cwd="/", env=own,
            )  # fmt: skip
        try:
            url = f"mysql+pymysql://ward:{PASSWORD}@127.0.0.1:{port}/ward"
            _wait(url, server, folder / "log")
            yield Server(url, folder / "server.crt")
        finally:
            server.kill()
            server.wait()


@contextmanager
def _folder(user: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="wardflow-", dir="/tmp"))  # short: its socket's name has 107 bytes
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _certify(folder: Path, user: str) -> None:
    """A certificate that signs itself, readable by the server."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ward")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "server.crt").write_bytes(certificate.public_bytes(pem))
    (folder / "server.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    (folder / "server.key").chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(folder / "server.key", user)


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _run(*words: str, env: dict[str, str] | None = None) -> None:
    with tempfile.TemporaryFile() as out:  # a pipe would stay open as long as the server runs
        code = subprocess.run(words, cwd="/", stdout=out, stderr=out, timeout=120, check=False, env=env).returncode
        out.seek(0)
        assert code == 0, out.read().decode()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    engine, end = create_engine(url), time.monotonic() + 60
    while True:
        try:
            engine.connect().close()
            return engine.dispose()
        except OperationalError:
            assert server.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.1)
