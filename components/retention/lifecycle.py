"""A policy as rules that the store itself carries out: a net below the sweeps, never earlier than they."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.contracts import InputError
from components.retention.marks import Mark
from components.retention.policy import Policy, Rule

GRACE = 7  # days that the store comes after the sweep, which alone enters certificates
LEFT = 1  # days that a bucket with versioning keeps what was deleted
SCHEMES = {"s3": ("s3", "s3a"), "gcs": ("gs", "gcs"), "azure": ("abfs", "abfss", "az", "azure")}
COMMANDS = {
    "s3": "aws s3api put-bucket-lifecycle-configuration --bucket {bucket} --lifecycle-configuration file://{{path}}",
    "gcs": "gcloud storage buckets update gs://{bucket} --lifecycle-file={{path}}",
    "azure": "az storage account management-policy create --account-name ACCOUNT --resource-group GROUP --policy @{{path}}",
}
NOTE = (
    f"stores count from when a file was written, not from fleet time, so these come {GRACE} days after the sweep, which alone "
    "enters certificates and marks footage as deleted"
)

Kind = Literal["s3", "gcs", "azure"]


@dataclass(frozen=True, slots=True)
class Expiry:
    """What a store can say: everything whose name begins with `prefix` goes after some days."""

    name: str
    prefix: str
    days: int


@dataclass(frozen=True, slots=True)
class Emitted:
    """Rules for a store, and what they leave to the sweep."""

    document: dict[str, Any]
    rules: int
    unexpressed: tuple[str, ...]
    command: str  # with {path} where the file's name belongs
    note: str = NOTE


def rules_for(kind: Kind, policy: Policy, url: str, holds: Sequence[Mark] = ()) -> Emitted:
    """`policy` for the store at `url` as its kind of JSON: S3's LifecycleConfiguration, Google's or Azure's.

    Raises InputError where the store is of another kind.
    """
    bucket, base = _place(kind, url)
    expiries, unexpressed = expressed(policy, holds)
    placed = [Expiry(each.name, f"{base}{each.prefix}", each.days) for each in expiries]
    document = DOCUMENTS[kind](placed, bucket)
    return Emitted(document, len(placed), tuple(unexpressed), COMMANDS[kind].format(bucket=bucket))


def expressed(policy: Policy, holds: Sequence[Mark] = ()) -> tuple[list[Expiry], list[str]]:
    """What can be said by prefix and age alone, and for each other rule or hold why it can not."""
    found: list[Expiry] = []
    said = [f"hold {hold.name}: stores know no holds; what it may cover gets no rule" for hold in holds]
    for number, rule in enumerate(policy.rules):
        prefixes, reason = _prefixes(rule)
        if reason:
            said.append(f"rule {rule.name}: {reason}")
        for prefix in prefixes:
            days, why = _days(rule, prefix, policy.rules[:number], holds)
            if why:
                said.append(f"rule {rule.name}: {why}")
            if days is not None:
                found.append(Expiry(rule.name, prefix, days + GRACE))
    return found, list(dict.fromkeys(said))


def _prefixes(rule: Rule) -> tuple[list[str], str]:
    """The beginnings of names that are just what the rule is about, or why there are none."""
    if rule.keep_days is None:
        return [], ""  # for ever needs no rule
    if reason := _inexpressible(rule):
        return [], reason
    if not rule.cameras:
        return [f"{rule.prefix}/"], ""
    return [f"raw/camera={camera.rstrip('*')}" + ("" if camera.endswith("*") else "/") for camera in rule.cameras], ""


def _inexpressible(rule: Rule) -> str:
    if rule.category:
        return f"stores do not know what is of the class {rule.category}"
    if rule.prefix.split("/")[0] == "datasets" and rule.in_use == "keep":
        return "stores do not know which datasets models use (in_use: delete could be said)"
    if rule.cameras and rule.prefix != "raw":
        return f"below {rule.prefix} the camera stands behind date and hour, and stores match the beginning of names only"
    odd = [camera for camera in rule.cameras if not re.fullmatch(r"[^*?\[]+\*?", camera)]
    return f"stores match the beginning of names only, which {', '.join(odd)} is not" if odd else ""


def _days(rule: Rule, prefix: str, earlier: Sequence[Rule], holds: Sequence[Mark]) -> tuple[int | None, str]:
    """How long all below `prefix` has to stay, and what that leaves to the sweep; of two rules a store takes the shorter one."""
    touching = [each for each in earlier if f"{each.prefix}/".startswith(prefix) or prefix.startswith(f"{each.prefix}/")]
    longest = [rule.keep_days or 0.0, *(each.keep_days or math.inf for each in touching)]
    if any(
        not hold.scope.prefix or f"{hold.scope.prefix}/".startswith(prefix) or prefix.startswith(hold.scope.prefix)
        for hold in holds
    ):
        return None, "left out while there is a hold that may cover it"
    if max(longest) == math.inf:
        names = ", ".join(each.name for each in touching if each.keep_days is None)
        return None, f"{names} keeps a part of it for ever, which stores cannot leave out"
    days = math.ceil(max(longest))
    if max(longest) > (rule.keep_days or 0):
        names = ", ".join(each.name for each in touching if (each.keep_days or 0) > (rule.keep_days or 0))
        return days, f"said with {days} days instead of {rule.keep_days:g}, because {names} keeps a part of it so long"
    return days, ""


def _place(kind: Kind, url: str) -> tuple[str, str]:
    """The bucket, and what all names in it begin with."""
    scheme, _, rest = url.partition("://")
    if not rest or scheme not in SCHEMES[kind]:
        raise InputError(f"for={kind}: storage.url is {url}; expected one such as {SCHEMES[kind][0]}://bucket/prefix")
    bucket, _, base = rest.strip("/").partition("/")
    return bucket.split("@")[0], f"{base}/" if base else ""


def _s3(found: Sequence[Expiry], _: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html"""
    rules = [
        {
            "ID": f"wardflow {each.name} {number}", "Status": "Enabled", "Filter": {"Prefix": each.prefix},
            "Expiration": {"Days": each.days}, "NoncurrentVersionExpiration": {"NoncurrentDays": LEFT},
        }
        for number, each in enumerate(found)
    ]  # fmt: skip
    halves = {"ID": "wardflow unfinished uploads", "Status": "Enabled", "Filter": {"Prefix": ""}}
    return {"Rules": [*rules, {**halves, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}


def _gcs(found: Sequence[Expiry], _: str) -> dict[str, Any]:
    """https://cloud.google.com/storage/docs/lifecycle#configuration"""
    rules = [
        {"action": {"type": "Delete"}, "condition": {"matchesPrefix": [each.prefix], **condition}}
        for each in found
        for condition in ({"age": each.days}, {"daysSinceNoncurrentTime": LEFT})
    ]
    halves = {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}}
    return {"lifecycle": {"rule": [*rules, halves]}}


def _azure(found: Sequence[Expiry], container: str) -> dict[str, Any]:
    """https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure"""
    return {"rules": [_azure_rule(number, each, container) for number, each in enumerate(found)]}


def _azure_rule(number: int, each: Expiry, container: str) -> dict[str, Any]:
    old = {"delete": {"daysAfterCreationGreaterThan": LEFT}}
    actions = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": each.days}}, "snapshot": old, "version": old}
    filters = {"blobTypes": ["blockBlob", "appendBlob"], "prefixMatch": [f"{container}/{each.prefix}"]}
    name = re.sub("[^A-Za-z0-9]", "", f"wardflow{each.name}") + str(number)
    return {"enabled": True, "name": name, "type": "Lifecycle", "definition": {"actions": actions, "filters": filters}}


DOCUMENTS: dict[Kind, Callable[[Sequence[Expiry], str], dict[str, Any]]] = {"s3": _s3, "gcs": _gcs, "azure": _azure}
