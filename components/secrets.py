"""Keeps keys out of configs, which are written down in many places, and out of what errors and records say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from components.contracts import InputError

NAME = re.compile(r"secret|token|passw|credential|signature|connection_string|(^|_)(sas|pwd|sig)(_|$)|(^|_)key(_?id)?$", re.I)
PUBLIC = re.compile(r"^(kms_key|sse_?kms_?key_?id|run_key|idempotency_key)$", re.I)  # names of keys, and keys to look things up
IN_TEXT = re.compile(
    r"(?<![A-Za-z0-9])(?<!\$\{)((?:AccountKey|SharedAccessSignature|AWSAccessKeyId|X-Amz-(?:Signature|Credential|Security-Token)|Signature"
    r"|sig|access_token|secret|password|Authorization)\s*[=:]\s*(?:Bearer |AWS4-HMAC-SHA256 |SharedKey )?)[^\s&;,'\"<>]+",
    re.I,
)
LOGIN = re.compile(  # of a password in a URL, where it is not one of the environment or of a file
    r"(?<=://)((?:\$\{[^}]*\}|[^/@\s:$])*:)(?!\$\{)(?:[^/\s]+|(?!\d+(?:/|$))[^\s'\"]+)(?=@)"
)
QUERY = re.compile(  # a password as cameras of some makers want it, behind the address
    r"(?<=[?&;/_])((?:password|passwd|pwd|pass|token|auth)=)(?!\$\{)(?!\*\*\*)[^&;\s'\"]+?(?=[&;\s'\"]|_[a-z]+=|$)", re.I
)
SHORTEST = 8  # characters of a value worth hiding: shorter ones are words such as "on"
WHERE = (
    "credentials come from the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, "
    "GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_CONNECTION_STRING or AZURE_CLIENT_ID ...), see docs/storage.md"
)

CAMERAS = (
    "put it into the environment and write rtsp://${secret:CAMERA_USER}:${secret:CAMERA_PASSWORD}@host/path, "
    "or into a file and write ${secret:/run/secrets/camera} in its place"
)


def secret(name: str) -> bool:
    """Whether a setting of this name holds what nobody should read."""
    return bool(NAME.search(name)) and not PUBLIC.search(name)


def refuse(spec: Mapping[str, Any], *, at: str = "storage") -> None:
    """Raise InputError where a store's config holds a secret: a config is written into run folders, MLflow and the database."""
    url = str(spec.get("url") or "")
    query = [part.split("=", 1)[0] for part in urlsplit(url).query.split("&")] if "?" in url else []
    if LOGIN.search(url) or any(map(secret, query)):
        raise InputError(f"{at}.url {masked(url)} has a secret in it, and configs are written down; {WHERE}")
    for name, value in (spec.get("options") or {}).items():
        if value and secret(name):
            raise InputError(f"{at}.options.{name} is a secret, and configs are written down; {WHERE}")


def refuse_in(config: Any, *, at: str = "") -> None:
    """`refuse` for every store anywhere in `config`."""
    for path, spec in _mappings(config, at):
        if str(spec.get("_target_", "")).startswith("components.storage."):
            refuse(spec, at=path)


def looked_up(name: str) -> str:
    """The secret of that name, as it stands in a URL: what a file holds where the name has a /, else the environment's.

    Raises InputError where there is none.
    """
    if "/" not in name:
        found = os.environ.get(name, "")
        where = f"the environment variable {name} is not set, or empty"
    else:
        try:
            found, where = Path(name).expanduser().read_text(encoding="utf-8").strip(), f"the file {name} is empty"
        except (OSError, UnicodeDecodeError) as error:
            found, where = "", f"the file {name} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
    if not found:
        raise InputError(f"${{secret:{name}}}: {where}; it has to hold the secret")
    return quote(found, safe="")


def told(text: str) -> bool:
    """Whether a password stands in `text` itself, as of a camera's URL."""
    return ("=" in text and bool(QUERY.search(text))) or ("@" in text and bool(LOGIN.search(text)))


def refuse_words(words: Sequence[str]) -> None:
    """`refuse` for what was typed, before anybody writes it down."""
    for word in words:
        path, _, value = word.lstrip("+").partition("=")
        if path.startswith("fleet") and told(value):
            raise InputError(f"{path} has a password in it, and words are written down; {CAMERAS}")
        at, _, name = path.rpartition(".")
        if name == "url" and at.endswith("storage"):
            refuse({"url": value.strip("'\"")}, at=at)
        elif at.endswith("storage.options"):
            refuse({"options": {name: value}}, at=at.removesuffix(".options"))
        elif name == "options" and at.endswith("storage"):
            refuse({"options": dict.fromkeys(re.findall(r"([\w-]+)['\"]?\s*:", value), "given")}, at=at)


def masked(text: str) -> str:
    """`text` with *** for everything that is secret: logins in URLs, signatures, the environment's secrets."""
    return _masked(text, _known())


def hidden(value: Any) -> Any:
    """Plain data with *** in place of every secret, to be written down."""
    return _hidden(value, _known())


def _masked(text: str, known: Sequence[str]) -> str:
    for value in known:
        text = text.replace(value, "***")
    return IN_TEXT.sub(r"\1***", QUERY.sub(r"\1***", LOGIN.sub(r"\1***", text)))


def _hidden(value: Any, known: Sequence[str]) -> Any:
    match value:
        case dict():
            return {key: "***" if _told(key, item) else _hidden(item, known) for key, item in value.items()}
        case list() | tuple():
            return [_hidden(item, known) for item in value]
        case str():
            return _masked(value, known)
    return value


def _told(name: Any, value: Any) -> bool:
    return bool(value) and isinstance(value, str) and secret(str(name))


def _mappings(value: Any, at: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, dict):
        yield at, value
    for key, item in items:
        yield from _mappings(item, f"{at}.{key}" if at else str(key))


def _known() -> list[str]:
    """Values of secrets in the environment, longest first; of connection strings also what is inside."""
    values = {value for name, value in os.environ.items() if secret(name) and not Path(value).exists()}  # files are no secret
    inside = {part.split("=", 1)[1] for value in values for part in value.split(";") if "key=" in part.lower()}
    return sorted((value for value in values | inside if len(value) >= SHORTEST), key=len, reverse=True)
