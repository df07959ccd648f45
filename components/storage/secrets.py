"""Keeps keys out of configs, which are written down in many places, and out of what errors say."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from components.contracts import InputError

NAME = re.compile(r"secret|token|passw|credential|signature|connection_string|(^|_)(sas|pwd|sig)(_|$)|(^|_)key(_?id)?$", re.I)
PUBLIC = re.compile(r"^(kms_key|sse_?kms_?key_?id|x-amz-content-sha256)$", re.I)  # names of keys, not keys
IN_TEXT = re.compile(
    r"((?:AccountKey|SharedAccessSignature|AWSAccessKeyId|X-Amz-(?:Signature|Credential|Security-Token)|Signature|sig|se|sv|skoid"
    r"|access_token|secret|password|Authorization)\s*[=:]\s*(?:Bearer |AWS4-HMAC-SHA256 |SharedKey )?)[^\s&;,'\"<>]+",
    re.I,
)
LOGIN = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)")
SHORTEST = 6  # characters of a value worth hiding: shorter ones are words such as "on"
WHERE = (
    "credentials come from the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, "
    "GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_CONNECTION_STRING or AZURE_CLIENT_ID ...), see docs/storage.md"
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


def masked(text: str) -> str:
    """`text` with *** for everything that is secret: logins in URLs, signatures, the environment's secrets."""
    for value in _known():
        text = text.replace(value, "***")
    return IN_TEXT.sub(r"\1***", LOGIN.sub("***", text))


def _known() -> list[str]:
    """Values of secrets in the environment, longest first; of connection strings also what is inside."""
    values = {value for name, value in os.environ.items() if secret(name)}
    inside = {part.split("=", 1)[1] for value in values for part in value.split(";") if "key=" in part.lower()}
    return sorted((value for value in values | inside if len(value) >= SHORTEST), key=len, reverse=True)
