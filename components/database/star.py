"""The star schema that Tableau, Power BI and plain SQL read: one view per dimension and per fact, described column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "whole", "number", "flag", "moment", "local", "date"]
HOUR = "3600000000000"  # ns
LOW = 0.5  # confidence below which a name is doubtful
GAP = 5  # seconds without being seen, after which nobody knows the way that somebody took
WHOLE_MINUTE = 55  # seconds of a minute that have to be watched


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a view: `sql` gives ns since 1970 where the kind is a time; in braces, what databases spell differently."""

    name: str
    kind: Kind
    sql: str
    about: str


@dataclass(frozen=True, slots=True)
class View:
    """One table of the star."""

    name: str
    about: str
    columns: tuple[Column, ...]
    source: str  # what follows FROM
    time: str = ""  # the column (ns) by which facts are cut into days; empty: a dimension


def _time(name: str, column: str, about: str) -> tuple[Column, ...]:
    return (
        Column(f"{name}_utc", "moment", column, f"{about}, UTC"),
        Column(f"{name}_local", "local", column, f"{about}, by the clocks of the site"),
    )


def _hour_of(table: str, site: str, column: str) -> str:
    """Joins the hour of a time, for what the site's clocks showed."""
    start = f"{table}.{column} / {HOUR} * {HOUR}"
    return f"LEFT JOIN spans h ON h.site = {site} AND h.kind = 'hour' AND h.start = {start}"


SITE = Column("site", "text", "f.site", "the site")
DIM_CAMERA = View(
    "dim_camera",
    "Cameras as they hang now.",
    (
        Column("camera_key", "text", "c.id", "id of the camera"),
        Column("site", "text", "c.site", "the site"),
        Column("location", "text", "c.location", "where it hangs"),
        Column("version", "text", "c.version", "digest of its registry entry: a moved camera is a new version"),
        Column("valid_from_utc", "moment", "c.valid_from", "since when, UTC"),
    ),
    "cameras c WHERE c.valid_until IS NULL",
)
DIM_ZONE = View(
    "dim_zone",
    "Zones of the floor plans, and `unknown` for places outside of them.",
    (
        Column("zone_key", "text", "z.site || '/' || z.name", "site/zone"),
        Column("site", "text", "z.site", "the site"),
        Column("zone", "text", "z.name", "name of the zone"),
        Column("kind", "text", "z.kind", "room, corridor ..."),
        Column("departments", "text", "{departments}", "whose staff is expected there, with commas between; empty: everybody's"),
    ),
    "(SELECT site, name, kind, departments FROM zones"
    " UNION ALL SELECT site, 'unknown', 'unknown', {nothing} FROM zones WHERE name <> 'unknown' GROUP BY site) z",
)
DIM_PERSON = View(
    "dim_person",
    "The roster, who was on it before, and `unknown` for people without a name.",
    (
        Column("person_key", "text", "p.id", "id on the roster"),
        Column("role", "text", "p.role", "nurse, doctor ..."),
        Column("department", "text", "p.department", "department"),
        Column("shift", "text", "p.shift", "local hours, such as 07:00-19:00"),
    ),
    "(SELECT id, role, department, shift FROM staff UNION ALL SELECT a.person, a.role, a.department, a.shift FROM assignments a"
    " WHERE NOT EXISTS (SELECT 1 FROM staff s WHERE s.id = a.person)"
    " AND a.valid_from = (SELECT max(b.valid_from) FROM assignments b WHERE b.person = a.person)"
    " UNION ALL SELECT 'unknown', 'unknown', 'unknown', 'unknown') p",
)
DIM_ROLE = View(
    "dim_role",
    "Roles on the roster, and `unknown`.",
    (Column("role_key", "text", "r.role", "the role"),),
    "(SELECT role FROM staff UNION SELECT role FROM assignments UNION SELECT 'unknown') r",
)
DIM_TIME = View(
    "dim_time",
    "Hours in which a site was watched.",
    (
        Column("time_key", "text", f"h.site || ' ' || (h.start / {HOUR})", "site and number of the hour since 1970, UTC"),
        Column("site", "text", "h.site", "the site"),
        *_time("hour_start", "h.start", "beginning of the hour"),
        Column("date_local", "date", "h.start", "day, by the clocks of the site"),
        Column("hour_local", "whole", "{hour}", "0 to 23, by the clocks of the site"),
        Column("weekday_local", "whole", "{weekday}", "1 (Monday) to 7 (Sunday), by the clocks of the site"),
        Column("utc_offset_minutes", "whole", 'h."offset" / 60', "how far the clocks of the site are ahead of UTC"),
    ),
    "spans h WHERE h.kind = 'hour'",
)
FACT_PRESENCE = View(
    "fact_presence",
    "Stays of people in zones: one row each.",
    (
        SITE,
        Column("zone_key", "text", "f.site || '/' || f.zone", "dim_zone"),
        Column("person_key", "text", "f.person", "dim_person"),
        Column("role_key", "text", "f.role", "dim_role: as seen, which may be known without the name"),
        Column("time_key", "text", f"f.site || ' ' || (f.entered / {HOUR})", "dim_time: the hour in which the stay began"),
        Column("department", "text", "f.department", "department of the person"),
        Column("identity", "text", "f.identity", "the same for the same person within a run, with or without a name"),
        Column("run", "text", "f.run", "run of `track` that found it"),
        *_time("entered", "f.entered", "first seen in the zone"),
        *_time("left", 'f."left"', "last seen in the zone"),
        Column("entered_ns", "whole", "f.entered", "the same as entered_utc in ns since 1970: quick to filter by, with site"),
        Column("seconds", "number", 'CAST(f."left" - f.entered AS double precision) / 1e9', "length of the stay"),
        Column("confidence", "number", "f.confidence", "0 to 1 that the name is right; 0 where there is none"),
        Column("expected", "text", "f.expected", "whether the roster has the person there: expected, unexpected, unknown"),
        Column("is_unknown_person", "flag", "f.person = 'unknown'", "nobody knows who it is"),
        Column("is_low_confidence", "flag", f"f.person <> 'unknown' AND f.confidence < {LOW}", f"named with less than {LOW}"),
        Column("is_open_ended", "flag", "{open}", "still there when this was written: the stay is longer than it says"),
        Column("is_gap", "flag", "w.minute IS NULL", "nobody watched the site in the minute after: the end is not sure"),
    ),
    "presences f "
    + _hour_of("f", "f.site", "entered")
    + ' LEFT JOIN watched w ON w.site = f.site AND w.minute = (f."left" / 60000000000 + 1) * 60000000000',
    time="entered_ns",
)
FACT_TRANSITION = View(
    "fact_transition",
    "Moves of people from one zone to another: one row each.",
    (
        SITE,
        Column("from_zone_key", "text", "f.site || '/' || f.from_zone", "dim_zone"),
        Column("to_zone_key", "text", "f.site || '/' || f.to_zone", "dim_zone"),
        Column("person_key", "text", "f.person", "dim_person"),
        Column("role_key", "text", "f.role", "dim_role"),
        Column("time_key", "text", f"f.site || ' ' || (f.entered / {HOUR})", "dim_time: the hour of the arrival"),
        Column("identity", "text", "f.identity", "as in fact_presence"),
        Column("run", "text", "f.run", "run of `track` that found it"),
        *_time("left", 'f."left"', "last seen in the old zone"),
        *_time("entered", "f.entered", "first seen in the new zone"),
        Column("entered_ns", "whole", "f.entered", "the same as entered_utc in ns since 1970: quick to filter by, with site"),
        Column("seconds", "number", 'CAST(f.entered - f."left" AS double precision) / 1e9', "between the zones"),
        Column("confidence", "number", "f.confidence", "0 to 1 that the name is right; 0 where there is none"),
        Column("is_unknown_person", "flag", "f.person = 'unknown'", "nobody knows who it is"),
        Column("is_low_confidence", "flag", f"f.person <> 'unknown' AND f.confidence < {LOW}", f"named with less than {LOW}"),
        Column("is_gap", "flag", f'f.entered - f."left" > {GAP}000000000', f"not seen for more than {GAP} s on the way"),
    ),
    "transitions f " + _hour_of("f", "f.site", "entered"),
    time="entered_ns",
)
FACT_CROSSING = View(
    "fact_crossing",
    "People going over lines on the floor: one row each.",
    (
        SITE,
        Column("line", "text", "f.line", "name of the line"),
        Column("direction", "text", "f.direction", "in: from the right hand of the line to its left; out: the other way"),
        Column("person_key", "text", "f.person", "dim_person"),
        Column("role_key", "text", "f.role", "dim_role: as seen, which may be known without the name"),
        Column("time_key", "text", f"f.site || ' ' || (f.time / {HOUR})", "dim_time: the hour of the crossing"),
        Column("identity", "text", "f.identity", "as in fact_presence"),
        Column("run", "text", "f.run", "run of `track` that found it"),
        *_time("crossed", "f.time", "on the line"),
        Column("crossed_ns", "whole", "f.time", "the same as crossed_utc in ns since 1970: quick to filter by, with site"),
        Column("is_unknown_person", "flag", "f.person = 'unknown'", "nobody knows who it is"),
    ),
    "crossings f " + _hour_of("f", "f.site", "time"),
    time="crossed_ns",
)
FACT_OCCUPANCY = View(
    "fact_occupancy_minute",
    "People of one role in one zone in one minute; there is no row where there was nobody.",
    (
        SITE,
        Column("zone_key", "text", "f.site || '/' || f.zone", "dim_zone"),
        Column("role_key", "text", "f.role", "dim_role"),
        Column("time_key", "text", f"f.site || ' ' || (f.minute / {HOUR})", "dim_time"),
        *_time("minute", "f.minute", "beginning of the minute"),
        Column("minute_ns", "whole", "f.minute", "the same as minute_utc in ns since 1970: quick to filter by, with site"),
        Column("person_seconds", "number", "f.person_seconds", "time spent, which may be added up over anything"),
        Column("people_mean", "number", "f.person_seconds / nullif(w.seconds, 0)", "people on average"),
        Column("people_most", "whole", "f.most", "people of the role at once"),
        Column("zone_people_most", "whole", "f.zone_most", "people of all roles at once: not to be added up over roles"),
        Column("unnamed_seconds", "number", "f.unnamed_seconds", "of person_seconds, of people without a name"),
        Column("watched_seconds", "number", "coalesce(w.seconds, 0)", "of the minute, in which somebody looked"),
        Column("is_gap", "flag", f"coalesce(w.seconds, 0) < {WHOLE_MINUTE}", f"less than {WHOLE_MINUTE} s were watched"),
        Column("is_unknown_person", "flag", "f.unnamed_seconds > 0", "nobody knows who some of the people are"),
        Column("is_uncertain_place", "flag", "f.zone = 'unknown'", "the people were in no zone of the plan"),
    ),
    "occupancy f " + _hour_of("f", "f.site", "minute") + " LEFT JOIN watched w ON w.site = f.site AND w.minute = f.minute",
    time="minute_ns",
)
FACT_HEALTH = View(
    "fact_camera_health",
    "How each camera did in the newest run that used it.",
    (
        Column("site", "text", "c.site", "the site; empty where no registry entry is valid"),
        Column("camera_key", "text", "f.camera", "dim_camera"),
        Column("time_key", "text", f"c.site || ' ' || (f.last_frame / {HOUR})", "dim_time: the hour of the last frame"),
        Column("run", "text", "f.run", "the run of `track`"),
        Column("state", "text", "f.state", "ok or failed"),
        Column("message", "text", "f.message", "why it failed"),
        *_time("last_frame", "nullif(f.last_frame, 0)", "the last frame; empty where there was none"),
        Column("last_frame_ns", "whole", "f.last_frame", "the same in ns since 1970"),
        Column("frames", "whole", "f.frames", "frames that were used"),
        Column("rejected", "whole", "f.rejected", "frames that were dark, blurred ..."),
        Column("dropped", "whole", "f.dropped", "frames that nobody had time for"),
        Column("frames_per_second", "number", "f.fps", "of fleet time"),
        Column("is_failed", "flag", "f.state = 'failed'", "the camera failed"),
        Column("is_silent", "flag", "f.frames = 0", "there was no frame that could be used"),
        Column("is_dropping", "flag", "f.dropped > 0", "the machine did not keep up"),
    ),
    "camera_health f LEFT JOIN cameras c ON c.id = f.camera AND c.valid_until IS NULL " + _hour_of("f", "c.site", "last_frame"),
    time="last_frame_ns",
)
STAR = (
    DIM_CAMERA, DIM_ZONE, DIM_PERSON, DIM_ROLE, DIM_TIME,
    FACT_PRESENCE, FACT_TRANSITION, FACT_CROSSING, FACT_OCCUPANCY, FACT_HEALTH,
)  # fmt: skip
