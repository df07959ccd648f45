"""Initial."""

import sqlalchemy as sa
from alembic import op

from components.database.columns import content, words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignments",
        sa.Column("person", words(100), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("role", words(100), nullable=False),
        sa.Column("department", words(100), nullable=False),
        sa.Column("shift", words(255), nullable=False),
        sa.Column("badge", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_assignments_validity")),
        sa.PrimaryKeyConstraint("person", "valid_from", name=op.f("pk_assignments")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index("ix_assignments_valid", ["valid_from", "valid_until"], unique=False)

    op.create_table(
        "camera_clocks",
        sa.Column("camera", words(100), nullable=False),
        sa.Column("way", words(100), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("state", words(100), nullable=False),
        sa.Column("says", words(1024), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("drift", sa.Double(), nullable=True),
        sa.Column("uncertainty", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.Column("measured", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("camera", "way", name=op.f("pk_camera_clocks")),
    )
    op.create_table(
        "camera_health",
        sa.Column("camera", words(100), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("state", words(100), nullable=False),
        sa.Column("message", words(2048), nullable=False),
        sa.Column("last_frame", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("fps", sa.Double(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("reported", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("camera", name=op.f("pk_camera_health")),
    )
    op.create_table(
        "camera_proposals",
        sa.Column("camera", words(100), nullable=False),
        sa.Column("version", words(100), nullable=False),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.Column("in_place", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column("pixels", sa.Double(), nullable=False),
        sa.Column("metres", sa.Double(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("homography", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", words(100), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", words(255), nullable=False),
        sa.PrimaryKeyConstraint("camera", "version", "moved", name=op.f("pk_camera_proposals")),
    )
    op.create_table(
        "cameras",
        sa.Column("id", words(100), nullable=False),
        sa.Column("version", words(100), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("site", words(100), nullable=False),
        sa.Column("location", words(255), nullable=False),
        sa.Column("homography", sa.JSON(), nullable=False),
        sa.Column("calibration", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_cameras_validity")),
        sa.PrimaryKeyConstraint("id", "version", "valid_from", name=op.f("pk_cameras")),
    )
    with op.batch_alter_table("cameras", schema=None) as batch_op:
        batch_op.create_index("ix_cameras_site_valid", ["site", "valid_from"], unique=False)

    op.create_table(
        "charges",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", words(100), nullable=False),
        sa.Column("model", words(100), nullable=False),
        sa.Column("alias", words(100), nullable=False),
        sa.Column("version", words(100), nullable=False),
        sa.Column("before", words(100), nullable=False),
        sa.Column("cameras", sa.JSON(), nullable=False),
        sa.Column("who", words(100), nullable=False),
        sa.Column("why", words(2048), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous", words(100), nullable=False),
        sa.Column("digest", words(100), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_charges")),
    )
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.create_index("ix_charges_model", ["model", "alias", "number"], unique=False)

    op.create_table(
        "crossings",
        sa.Column("site", words(100), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("line", words(100), nullable=False),
        sa.Column("identity", words(100), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("direction", words(100), nullable=False),
        sa.Column("person", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.PrimaryKeyConstraint("site", "time", "line", "identity", "run", name=op.f("pk_crossings")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("crossings", schema=None) as batch_op:
        batch_op.create_index("ix_crossings_site_line", ["site", "line", "time", "direction"], unique=False)

    op.create_table(
        "datasets",
        sa.Column("digest", words(100), nullable=False),
        sa.Column("path", words(1024), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("chain_digest", words(100), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=True),
        sa.Column("deleted_by", words(100), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_datasets")),
    )
    op.create_table(
        "deletions",
        sa.Column("sweep", words(100), nullable=False),
        sa.Column("place", words(100), nullable=False),
        sa.Column("path", words(1024), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", words(100), nullable=False),
        sa.Column("rule", words(100), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("sweep", "place", name=op.f("pk_deletions")),
    )
    op.create_table(
        "departments",
        sa.Column("id", words(100), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("name", words(255), nullable=False),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_departments_validity")),
        sa.PrimaryKeyConstraint("id", "valid_from", name=op.f("pk_departments")),
    )
    op.create_table(
        "flow_days",
        sa.Column("site", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("from_zone", words(100), nullable=False),
        sa.Column("to_zone", words(100), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("site", "role", "day", "from_zone", "to_zone", name=op.f("pk_flow_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gaps",
        sa.Column("camera", words(100), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("reason", words(1024), nullable=False),
        sa.PrimaryKeyConstraint("camera", "start", name=op.f("pk_gaps")),
    )
    op.create_table(
        "heat",
        sa.Column("site", words(100), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("cell", sa.Double(), nullable=False),
        sa.Column("column", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("columns", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("seconds", content(), nullable=False),
        sa.PrimaryKeyConstraint("site", "hour", "role", "run", name=op.f("pk_heat")),
    )
    op.create_table(
        "heat_days",
        sa.Column("site", words(100), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("cell", sa.Double(), nullable=False),
        sa.Column("column", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("columns", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("seconds", content(), nullable=False),
        sa.PrimaryKeyConstraint("site", "day", "role", name=op.f("pk_heat_days")),
    )
    op.create_table(
        "label_sets",
        sa.Column("digest", words(100), nullable=False),
        sa.Column("name", words(100), nullable=False),
        sa.Column("state", words(100), nullable=False),
        sa.Column("owner", words(255), nullable=False),
        sa.Column("how", words(1024), nullable=False),
        sa.Column("parent", words(100), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("boxes", sa.BigInteger(), nullable=False),
        sa.Column("views", sa.JSON(), nullable=False),
        sa.Column("path", words(1024), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_label_sets")),
    )
    with op.batch_alter_table("label_sets", schema=None) as batch_op:
        batch_op.create_index("ix_label_sets_name", ["name", "created"], unique=False)

    op.create_table(
        "latest_sightings",
        sa.Column("camera", words(100), nullable=False),
        sa.Column("track", sa.BigInteger(), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("person", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("uncertainty", sa.Double(), nullable=False),
        sa.Column("zone", words(100), nullable=False),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("reason", words(1024), nullable=False),
        sa.Column("feature", content(), nullable=False),
        sa.PrimaryKeyConstraint("camera", "track", name=op.f("pk_latest_sightings")),
    )
    with op.batch_alter_table("latest_sightings", schema=None) as batch_op:
        batch_op.create_index("ix_latest_sightings_run_time", ["run", "time"], unique=False)

    op.create_table(
        "locks",
        sa.Column("name", words(100), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_locks")),
    )
    op.create_table(
        "occupancy",
        sa.Column("site", words(100), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("zone", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("person_seconds", sa.Double(), nullable=False),
        sa.Column("unnamed_seconds", sa.Double(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("zone_most", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "minute", "zone", "role", name=op.f("pk_occupancy")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "own_clocks",
        sa.Column("machine", words(100), nullable=False),
        sa.Column("process", sa.BigInteger(), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("state", words(100), nullable=False),
        sa.Column("says", words(1024), nullable=False),
        sa.Column("synchronised", sa.Boolean(), nullable=True),
        sa.Column("most", sa.BigInteger(), nullable=True),
        sa.Column("behind", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("stepped", sa.BigInteger(), nullable=False),
        sa.Column("measured", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("machine", "process", name=op.f("pk_own_clocks")),
    )
    op.create_table(
        "positions",
        sa.Column("run", words(100), nullable=False),
        sa.Column("identity", words(100), nullable=False),
        sa.Column("site", words(100), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("person", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("uncertainty", sa.Double(), nullable=False),
        sa.Column("zone", words(100), nullable=False),
        sa.Column("cameras", sa.JSON(), nullable=False),
        sa.Column("reason", words(1024), nullable=False),
        sa.PrimaryKeyConstraint("run", "identity", name=op.f("pk_positions")),
    )
    with op.batch_alter_table("positions", schema=None) as batch_op:
        batch_op.create_index("ix_positions_run_time", ["run", "time"], unique=False)

    op.create_table(
        "presences",
        sa.Column("site", words(100), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("identity", words(100), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.Column("zone", words(100), nullable=False),
        sa.Column("person", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("department", words(100), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("expected", words(100), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("site", "entered", "identity", "run", name=op.f("pk_presences")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("presences", schema=None) as batch_op:
        batch_op.create_index("ix_presences_person_entered", ["person", "entered", "site"], unique=False)
        batch_op.create_index("ix_presences_site_left", ["site", "left", "entered"], unique=False)

    op.create_table(
        "retention_events",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", words(100), nullable=False),
        sa.Column("sweep", words(100), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("path", words(1024), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", words(100), nullable=False),
        sa.Column("rule", words(100), nullable=False),
        sa.Column("who", words(255), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous", words(100), nullable=False),
        sa.Column("digest", words(100), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_retention_events")),
    )
    with op.batch_alter_table("retention_events", schema=None) as batch_op:
        batch_op.create_index("ix_retention_events_kind", ["kind", "number"], unique=False)
        batch_op.create_index("ix_retention_events_sweep", ["sweep", "number"], unique=False)

    op.create_table(
        "retention_sweeps",
        sa.Column("id", words(100), nullable=False),
        sa.Column("kind", words(100), nullable=False),
        sa.Column("status", words(100), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=True),
        sa.Column("task", sa.JSON(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("problem", words(2048), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_sweeps")),
    )
    with op.batch_alter_table("retention_sweeps", schema=None) as batch_op:
        batch_op.create_index("ix_retention_sweeps_kind_started", ["kind", "started"], unique=False)

    op.create_table(
        "roles",
        sa.Column("id", words(100), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("name", words(255), nullable=False),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_roles_validity")),
        sa.PrimaryKeyConstraint("id", "valid_from", name=op.f("pk_roles")),
    )
    op.create_table(
        "runs",
        sa.Column("id", words(100), nullable=False),
        sa.Column("flow", words(100), nullable=False),
        sa.Column("status", words(100), nullable=False),
        sa.Column("overrides", sa.JSON(), nullable=False),
        sa.Column("config_digest", words(100), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=True),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("alive", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index("ix_runs_flow_started", ["flow", "started"], unique=False)

    op.create_table(
        "segments",
        sa.Column("camera", words(100), nullable=False),
        sa.Column("sha256", words(100), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("camera_version", words(100), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("codec", words(255), nullable=False),
        sa.Column("path", words(1024), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=True),
        sa.Column("monotonic", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.BigInteger(), nullable=True),
        sa.Column("media", sa.BigInteger(), nullable=True),
        sa.Column("clock_correction", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=True),
        sa.Column("deleted_by", words(100), nullable=False),
        sa.PrimaryKeyConstraint("camera", "sha256", "start", name=op.f("pk_segments")),
    )
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.create_index("ix_segments_camera_start", ["camera", "start"], unique=False)

    op.create_table(
        "shifts",
        sa.Column("person", words(100), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("finish", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("finish > start", name=op.f("ck_shifts_order")),
        sa.PrimaryKeyConstraint("person", "start", name=op.f("pk_shifts")),
    )
    with op.batch_alter_table("shifts", schema=None) as batch_op:
        batch_op.create_index("ix_shifts_start", ["start", "person"], unique=False)

    op.create_table(
        "spans",
        sa.Column("site", words(100), nullable=False),
        sa.Column("kind", words(100), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("summed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("site", "kind", "start", name=op.f("pk_spans")),
    )
    op.create_table(
        "spools",
        sa.Column("place", words(100), nullable=False),
        sa.Column("machine", words(255), nullable=False),
        sa.Column("folder", words(1024), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("problem", words(2048), nullable=False),
        sa.Column("measured", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_spools")),
    )
    op.create_table(
        "staff",
        sa.Column("id", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("department", words(100), nullable=False),
        sa.Column("shift", words(255), nullable=False),
        sa.Column("badge", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
    )
    op.create_table(
        "steps",
        sa.Column("key", words(100), nullable=False),
        sa.Column("flow", words(100), nullable=False),
        sa.Column("name", words(255), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_steps")),
    )
    op.create_table(
        "transitions",
        sa.Column("site", words(100), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("identity", words(100), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.Column("from_zone", words(100), nullable=False),
        sa.Column("to_zone", words(100), nullable=False),
        sa.Column("person", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("site", "entered", "identity", "run", name=op.f("pk_transitions")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "viewings",
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("session", words(100), nullable=False),
        sa.Column("camera", words(100), nullable=False),
        sa.Column("moment", sa.BigInteger(), nullable=False),
        sa.Column("address", words(255), nullable=False),
        sa.PrimaryKeyConstraint("at", "session", "camera", name=op.f("pk_viewings")),
    )
    op.create_table(
        "watched",
        sa.Column("site", words(100), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("run", words(100), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "minute", name=op.f("pk_watched")),
    )
    op.create_table(
        "zone_days",
        sa.Column("site", words(100), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("zone", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("person_seconds", sa.Double(), nullable=False),
        sa.Column("unnamed_seconds", sa.Double(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("exits", sa.BigInteger(), nullable=False),
        sa.Column("dwell_seconds", sa.Double(), nullable=False),
        sa.Column("dwell_most", sa.Double(), nullable=False),
        sa.Column("dwell", content(), nullable=False),
        sa.PrimaryKeyConstraint("site", "start", "zone", "role", name=op.f("pk_zone_days")),
    )
    with op.batch_alter_table("zone_days", schema=None) as batch_op:
        batch_op.create_index("ix_zone_days_site_zone", ["site", "zone", "role", "start"], unique=False)

    op.create_table(
        "zone_hours",
        sa.Column("site", words(100), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("zone", words(100), nullable=False),
        sa.Column("role", words(100), nullable=False),
        sa.Column("person_seconds", sa.Double(), nullable=False),
        sa.Column("unnamed_seconds", sa.Double(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("exits", sa.BigInteger(), nullable=False),
        sa.Column("dwell_seconds", sa.Double(), nullable=False),
        sa.Column("dwell_most", sa.Double(), nullable=False),
        sa.Column("dwell", content(), nullable=False),
        sa.PrimaryKeyConstraint("site", "start", "zone", "role", name=op.f("pk_zone_hours")),
    )
    with op.batch_alter_table("zone_hours", schema=None) as batch_op:
        batch_op.create_index("ix_zone_hours_site_zone", ["site", "zone", "role", "start"], unique=False)

    op.create_table(
        "zones",
        sa.Column("site", words(100), nullable=False),
        sa.Column("name", words(100), nullable=False),
        sa.Column("kind", words(100), nullable=False),
        sa.Column("polygon", sa.JSON(), nullable=False),
        sa.Column("departments", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("site", "name", name=op.f("pk_zones")),
    )


def downgrade() -> None:
    op.drop_table("zones")
    with op.batch_alter_table("zone_hours", schema=None) as batch_op:
        batch_op.drop_index("ix_zone_hours_site_zone")

    op.drop_table("zone_hours")
    with op.batch_alter_table("zone_days", schema=None) as batch_op:
        batch_op.drop_index("ix_zone_days_site_zone")

    op.drop_table("zone_days")
    op.drop_table("watched")
    op.drop_table("viewings")
    op.drop_table("transitions")
    op.drop_table("steps")
    op.drop_table("staff")
    op.drop_table("spools")
    op.drop_table("spans")
    with op.batch_alter_table("shifts", schema=None) as batch_op:
        batch_op.drop_index("ix_shifts_start")

    op.drop_table("shifts")
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.drop_index("ix_segments_camera_start")

    op.drop_table("segments")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index("ix_runs_flow_started")

    op.drop_table("runs")
    op.drop_table("roles")
    with op.batch_alter_table("retention_sweeps", schema=None) as batch_op:
        batch_op.drop_index("ix_retention_sweeps_kind_started")

    op.drop_table("retention_sweeps")
    with op.batch_alter_table("retention_events", schema=None) as batch_op:
        batch_op.drop_index("ix_retention_events_sweep")
        batch_op.drop_index("ix_retention_events_kind")

    op.drop_table("retention_events")
    with op.batch_alter_table("presences", schema=None) as batch_op:
        batch_op.drop_index("ix_presences_site_left")
        batch_op.drop_index("ix_presences_person_entered")

    op.drop_table("presences")
    with op.batch_alter_table("positions", schema=None) as batch_op:
        batch_op.drop_index("ix_positions_run_time")

    op.drop_table("positions")
    op.drop_table("own_clocks")
    op.drop_table("occupancy")
    op.drop_table("locks")
    with op.batch_alter_table("latest_sightings", schema=None) as batch_op:
        batch_op.drop_index("ix_latest_sightings_run_time")

    op.drop_table("latest_sightings")
    with op.batch_alter_table("label_sets", schema=None) as batch_op:
        batch_op.drop_index("ix_label_sets_name")

    op.drop_table("label_sets")
    op.drop_table("heat_days")
    op.drop_table("heat")
    op.drop_table("gaps")
    op.drop_table("flow_days")
    op.drop_table("departments")
    op.drop_table("deletions")
    op.drop_table("datasets")
    with op.batch_alter_table("crossings", schema=None) as batch_op:
        batch_op.drop_index("ix_crossings_site_line")

    op.drop_table("crossings")
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.drop_index("ix_charges_model")

    op.drop_table("charges")
    with op.batch_alter_table("cameras", schema=None) as batch_op:
        batch_op.drop_index("ix_cameras_site_valid")

    op.drop_table("cameras")
    op.drop_table("camera_proposals")
    op.drop_table("camera_health")
    op.drop_table("camera_clocks")
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.drop_index("ix_assignments_valid")

    op.drop_table("assignments")
