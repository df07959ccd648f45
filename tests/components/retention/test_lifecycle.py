"""The S3 rules are put on a real bucket; Google's and Azure's are held against their documented schemas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from components.contracts import InputError
from components.retention.lifecycle import GRACE, Expiry, expressed, rules_for
from components.retention.marks import Mark, Scope
from components.retention.policy import Policy, Rule
from tests.stores import servers

POLICY = Policy((
    Rule(name="incidents", prefix="raw", keep_days=3650, category="incident"),
    Rule(name="lobby", prefix="raw", keep_days=3, cameras=("lobby", "door_*")),
    Rule(name="footage", prefix="raw", keep_days=30), Rule(name="datasets", prefix="datasets", keep_days=365),
    Rule(name="appearance", prefix="features", keep_days=6.5), Rule(name="sightings", prefix="sightings", keep_days=90),
    Rule(name="desks", prefix="positions", keep_days=9, cameras=("desk",)), Rule(name="analysis", prefix="lake", keep_days=None),
))  # fmt: skip

POSITIVE = {"type": "integer", "minimum": 1}
GOOGLE = {  # https://cloud.google.com/storage/docs/json_api/v1/buckets: the resource's `lifecycle`
    "type": "object", "required": ["lifecycle"], "additionalProperties": False,
    "properties": {"lifecycle": {
        "type": "object", "required": ["rule"], "additionalProperties": False,
        "properties": {"rule": {"type": "array", "maxItems": 100, "items": {
            "type": "object", "required": ["action", "condition"], "additionalProperties": False,
            "properties": {
                "action": {"type": "object", "required": ["type"], "additionalProperties": False, "properties": {
                    "type": {"enum": ["Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"]},
                    "storageClass": {"type": "string"},
                }},
                "condition": {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": {
                    "age": {"type": "integer", "minimum": 0}, "daysSinceNoncurrentTime": {"type": "integer", "minimum": 0},
                    "isLive": {"type": "boolean"}, "numNewerVersions": {"type": "integer"},
                    "matchesPrefix": {"type": "array", "items": {"type": "string"}, "maxItems": 1000},
                    "matchesSuffix": {"type": "array", "items": {"type": "string"}},
                }},
            },
        }}},
    }},
}  # fmt: skip
DELETE = {
    "type": "object", "required": ["delete"], "additionalProperties": False,
    "properties": {"delete": {"type": "object", "maxProperties": 1, "additionalProperties": False, "properties": {
        "daysAfterModificationGreaterThan": POSITIVE, "daysAfterCreationGreaterThan": POSITIVE,
    }}},
}  # fmt: skip
AZURE = {  # https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure
    "type": "object", "required": ["rules"], "additionalProperties": False,
    "properties": {"rules": {"type": "array", "minItems": 1, "maxItems": 100, "items": {
        "type": "object", "required": ["name", "type", "definition"], "additionalProperties": False,
        "properties": {
            "enabled": {"type": "boolean"}, "name": {"type": "string", "pattern": "^[A-Za-z0-9]{1,256}$"},
            "type": {"const": "Lifecycle"},
            "definition": {"type": "object", "required": ["actions"], "additionalProperties": False, "properties": {
                "actions": {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": {
                    "baseBlob": DELETE, "snapshot": DELETE, "version": DELETE,
                }},
                "filters": {"type": "object", "required": ["blobTypes"], "additionalProperties": False, "properties": {
                    "blobTypes": {"type": "array", "items": {"enum": ["blockBlob", "appendBlob"]}},
                    "prefixMatch": {"type": "array", "maxItems": 10, "items": {"type": "string", "pattern": "^[a-z0-9-]+/"}},
                }},
            }},
        },
    }}},
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Server]:
    with servers.s3() as running:
        yield running


def test_what_prefix_and_age_can_say() -> None:
    found, said = expressed(POLICY)
    assert found == [
        Expiry("lobby", "raw/camera=lobby/", 3650 + GRACE), Expiry("lobby", "raw/camera=door_", 3650 + GRACE),
        Expiry("footage", "raw/", 3650 + GRACE), Expiry("appearance", "features/", 7 + GRACE),
        Expiry("sightings", "sightings/", 90 + GRACE),
    ]  # fmt: skip
    assert said == [
        "rule incidents: stores do not know what is of the class incident",
        "rule lobby: said with 3650 days instead of 3, because incidents keeps a part of it so long",
        "rule footage: said with 3650 days instead of 30, because incidents keeps a part of it so long",
        "rule datasets: stores do not know which datasets models use (in_use: delete could be said)",
        "rule desks: below positions the camera stands behind date and hour, and stores match the beginning of names only",
    ]


def test_a_camera_that_is_kept_shorter_goes_sooner_and_one_kept_for_ever_keeps_all() -> None:
    short = Policy(
        (Rule(name="lobby", prefix="raw", keep_days=3, cameras=("lobby",)), Rule(name="raw", prefix="raw", keep_days=30))
    )
    assert expressed(short) == ([Expiry("lobby", "raw/camera=lobby/", 3 + GRACE), Expiry("raw", "raw/", 30 + GRACE)], [])
    ever = Policy(
        (Rule(name="lobby", prefix="raw", keep_days=None, cameras=("l*",)), Rule(name="raw", prefix="raw", keep_days=30))
    )
    assert expressed(ever) == ([], ["rule raw: lobby keeps a part of it for ever, which stores cannot leave out"])
    odd = Policy((Rule(name="doors", prefix="raw", keep_days=3, cameras=("*_door",)),))
    assert expressed(odd)[1] == ["rule doors: stores match the beginning of names only, which *_door is not"]


def test_while_there_is_a_hold_what_it_may_cover_gets_no_rule() -> None:
    hold = Mark("hold", "case", Scope(prefix="raw/camera=bay_a"), "", "Lee", "because", 0)
    found, said = expressed(POLICY, [hold])
    assert [each.prefix for each in found] == ["raw/camera=lobby/", "raw/camera=door_", "features/", "sightings/"]
    assert said[0] == "hold case: stores know no holds; what it may cover gets no rule"
    assert "rule footage: left out while there is a hold that may cover it" in said
    assert expressed(POLICY, [Mark("hold", "case", Scope(cameras=("bay_a",)), "", "Lee", "because", 0)])[0] == []


def test_a_bucket_takes_the_rules(server: servers.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    storage = server.storage(servers.bucket_of(tmp_path))
    fs, _ = storage.behind("")
    emitted = rules_for("s3", POLICY, storage.url)
    bucket = storage.url.split("/")[2]
    fs.call_s3("put_bucket_lifecycle_configuration", Bucket=bucket, LifecycleConfiguration=emitted.document)
    kept = fs.call_s3("get_bucket_lifecycle_configuration", Bucket=bucket)["Rules"]
    prefixes = {rule["Filter"]["Prefix"]: rule["Expiration"]["Days"] for rule in kept if "Expiration" in rule}
    assert prefixes == {
        "ward/raw/camera=lobby/": 3657, "ward/raw/camera=door_": 3657, "ward/raw/": 3657, "ward/features/": 14,
        "ward/sightings/": 97,
    }  # fmt: skip
    assert all(rule["Status"] == "Enabled" for rule in kept) and len(kept) == emitted.rules + 1
    assert emitted.command == (
        f"aws s3api put-bucket-lifecycle-configuration --bucket {bucket} --lifecycle-configuration file://{{path}}"
    )


def test_google_would_take_the_rules() -> None:
    emitted = rules_for("gcs", POLICY, "gs://clinic/ward")
    jsonschema.validate(emitted.document, GOOGLE)
    first: dict[str, Any] = emitted.document["lifecycle"]["rule"][0]
    assert first == {"action": {"type": "Delete"}, "condition": {"age": 3657, "matchesPrefix": ["ward/raw/camera=lobby/"]}}


@pytest.mark.parametrize("url", ["abfs://clinic/ward", "abfss://clinic@account.dfs.core.windows.net/ward", "az://clinic/ward"])
def test_azure_would_take_the_rules(url: str) -> None:
    emitted = rules_for("azure", POLICY, url)
    jsonschema.validate(emitted.document, AZURE)
    rule = emitted.document["rules"][0]
    assert rule["definition"]["filters"]["prefixMatch"] == ["clinic/ward/raw/camera=lobby/"]
    assert rule["definition"]["actions"]["baseBlob"] == {"delete": {"daysAfterModificationGreaterThan": 3657}}


@pytest.mark.parametrize(("kind", "url"), [("s3", "runs/store"), ("gcs", "s3://clinic"), ("azure", "gs://clinic")])
def test_a_store_of_another_kind(kind: Any, url: str) -> None:
    with pytest.raises(InputError, match=f"for={kind}: storage.url is {url}; expected one such as"):
        rules_for(kind, POLICY, url)
