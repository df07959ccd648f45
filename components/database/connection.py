"""How each kind of database is connected to: its driver, how long it is waited for, whether the line is encrypted."""

from __future__ import annotations

import os
import re
import ssl
from typing import Any, Literal

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from components.contracts import InputError

Encryption = Literal["any", "required", "verified"]

DRIVERS = {"postgresql": "psycopg", "postgres": "psycopg", "mysql": "pymysql", "mariadb": "pymysql", "mssql": "pyodbc"}
EXTRAS = {"psycopg": "postgres", "pymysql": "mysql", "pyodbc": "mssql"}
SECRET = re.compile(r"(?<=://)([^/\s:@]*):.*@")
LIBPQ = {  # a server that is gone without a word is given up after some 20 s, not after hours
    "connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000,
}  # fmt: skip


def shown(url: str | URL) -> str:
    """`url` for people to read: without the password, and without options, which may hold one too."""
    if isinstance(url, URL):
        return url.set(query={}).render_as_string(hide_password=True)
    return SECRET.sub(r"\1:***@", url.partition("?")[0])


def parsed(url: str, password_variable: str) -> URL:
    """`url` with the driver that we use where it names none, and the password from the environment.

    Raises InputError where it is none, or the variable is not set.
    """
    try:
        found = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InputError(
            f"database.url: cannot use {shown(url)!r}; expected a URL such as sqlite:///runs/wardflow.db or "
            "postgresql://ward@host/wardflow, with %-codes for special characters"
        ) from error
    if "+" not in found.drivername and found.drivername in DRIVERS:
        kind = "postgresql" if found.drivername == "postgres" else found.drivername
        found = found.set(drivername=f"{kind}+{DRIVERS[kind]}")
    if password_variable and found.password is None:
        if password_variable not in os.environ:
            raise InputError(
                f"database.password_variable: {password_variable} is not set in the environment; set it to the password"
            )
        found = found.set(password=os.environ[password_variable])
    return found


def engine(url: URL, *, encryption: Encryption, authority: str) -> Engine:
    """An engine that has not connected yet. Raises InputError where the driver is not installed."""
    kind = url.get_backend_name()
    query, arguments = _line(kind, encryption, authority)
    options: dict[str, Any] = {"connect_args": arguments}
    if kind != "sqlite":
        options["pool_pre_ping"] = True  # a server that was restarted has forgotten our connections
    if kind in ("mysql", "mariadb"):
        options["isolation_level"] = "READ COMMITTED"  # as the others: what is read is what is there
    try:
        made = create_engine(url.set(query={**query, **url.query}), **options)
    except (NoSuchModuleError, ImportError) as error:
        raise InputError(_lacking(url, error)) from error
    except (ArgumentError, TypeError, ValueError) as error:
        raise InputError(
            f"database.url: cannot use {shown(url)}: {type(error).__name__}; see that its options are the driver's"
        ) from error
    if kind == "sqlite":
        event.listen(made, "connect", _configure_sqlite)
    return made


def _line(kind: str, encryption: Encryption, authority: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Options of the URL and arguments of the driver: patience, and how the line is encrypted."""
    match kind:
        case "postgresql":
            verified = {"sslmode": "verify-full", "sslrootcert": authority or "system"}
            modes = {"any": {}, "required": {"sslmode": "require"}, "verified": verified}
            return {}, {**LIBPQ, **modes[encryption]}
        case "mysql" | "mariadb":
            patience = {"connect_timeout": 10, "read_timeout": 600, "write_timeout": 600}
            return {}, patience if encryption == "any" else {**patience, "ssl": _context(encryption, authority)}
        case "mssql":
            trust = "yes" if encryption == "required" else "no"
            line = {} if encryption == "any" else {"Encrypt": "yes", "TrustServerCertificate": trust}
            return {"driver": "ODBC Driver 18 for SQL Server", **line}, {"timeout": 10}
    return {}, {}


def _context(encryption: Encryption, authority: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=authority or None)
    except OSError as error:
        raise InputError(
            f"database.authority: cannot read {authority!r} ({error.strerror}); expected a file of certificates (PEM)"
        ) from error
    if encryption == "required":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _lacking(url: URL, error: Exception) -> str:
    driver = url.get_driver_name() if not isinstance(error, NoSuchModuleError) else ""
    if extra := EXTRAS.get(driver):
        return f"database.url: {shown(url)} needs the driver {driver}, which is not installed; pip install 'wardflow[{extra}]'"
    return (
        f"database.url: cannot use {shown(url)}: there is no driver {url.drivername}; expected sqlite, postgresql, mysql or mssql"
    )


def _configure_sqlite(connection: Any, _: Any) -> None:
    """Readers do not block the writer (WAL); a second writer waits for half a minute instead of failing."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
