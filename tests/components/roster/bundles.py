"""A FHIR R4 bundle as a hospital's system would hand it over."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]


def bundle(*resources: Resource) -> Resource:
    entries = [
        {"fullUrl": f"urn:uuid:{resource['resourceType']}-{resource['id']}", "resource": resource} for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def practitioner(id_: str, **more: Any) -> Resource:
    identifiers = [
        {"system": "urn:oid:2.16.840.1.113883.2.4.6.1", "value": f"staff-{id_}"}, {"system": "urn:wardflow:badge", "value": "7"},
    ]  # fmt: skip
    name = [{"family": "Personal", "given": ["Data"]}]
    return {"resourceType": "Practitioner", "id": id_, "active": True, "identifier": identifiers, "name": name, **more}


def role(id_: str, of: str, **more: Any) -> Resource:
    code = [{"coding": [{"system": "http://snomed.info/sct", "code": "224535009", "display": "Registered nurse"}]}]
    hours = {"availableStartTime": "07:00:00", "availableEndTime": "15:00:00"}
    return {
        "resourceType": "PractitionerRole", "id": id_, "practitioner": {"reference": f"Practitioner/{of}"}, "code": code,
        "organization": {"reference": "Organization/icu"}, "period": {"start": "2026-01-01", "end": "2026-06-30"},
        "availableTime": [{"daysOfWeek": ["mon", "tue"], **hours}, {"daysOfWeek": ["sat"], "allDay": True}], **more,
    }  # fmt: skip


def schedule(id_: str, actor: str, **more: Any) -> Resource:
    horizon = {"start": "2026-03-01", "end": "2026-03-31"}
    return {"resourceType": "Schedule", "id": id_, "actor": [{"reference": actor}], "planningHorizon": horizon, **more}


def slot(id_: str, of: str, start: str, end: str, status: str = "free") -> Resource:
    times = {"start": f"2026-03-02T{start}:00+01:00", "end": f"2026-03-02T{end}:00+01:00"}
    return {"resourceType": "Slot", "id": id_, "schedule": {"reference": f"Schedule/{of}"}, "status": status, **times}


ICU = {"resourceType": "Organization", "id": "icu", "name": "Intensive care"}
WARD = bundle(
    practitioner("ann"), role("r1", "ann"), ICU, schedule("s", "PractitionerRole/r1"),
    slot("1", "s", "07:00", "09:00", "busy"), slot("2", "s", "09:00", "12:00"),
    slot("3", "s", "12:00", "13:00", "busy-unavailable"),
    slot("4", "s", "13:00", "15:00", "busy-tentative"), slot("5", "s", "18:00", "20:00", "entered-in-error"),
    {"resourceType": "Patient", "id": "nobody"},
)  # fmt: skip
