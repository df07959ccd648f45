"""A fleet is what its cameras share and what each says of itself."""

from __future__ import annotations

import pytest

from components.contracts import InputError, Person, Position, Zone
from components.database.database import Database
from components.zones.lines import Lines
from flows import _fleet, _launch, _site, _wiring, ingest, roster, track
from flows._origins import Origins

SECOND = 1_000_000_000

BASE = {"_target_": "components.sources.video.Video", "fps": 5, "extra": {"a": 1, "b": {"c": 2}}}


def fleet(every_camera=None, **cameras):
    return {"site": "here", "zones": [], "staff": [], "every_camera": every_camera or {}, "cameras": cameras}


def test_a_camera_is_its_own_values_on_top_of_what_all_have_and_its_id():
    specs = _fleet.cameras(fleet(BASE, cam1={"fps": 7, "uri": "x"}, cam2={}))
    assert specs == {"cam1": {**BASE, "fps": 7, "uri": "x", "camera": "cam1"}, "cam2": {**BASE, "camera": "cam2"}}


def test_values_are_merged_key_by_key():
    (spec,) = _fleet.cameras(fleet(BASE, cam1={"extra": {"b": {"d": 3}}})).values()
    assert spec["extra"] == {"a": 1, "b": {"c": 2, "d": 3}}


def test_what_all_have_is_not_changed_by_one():
    config = fleet(BASE, cam1={"extra": {"b": {"d": 3}}}, cam2={})
    assert _fleet.cameras(config)["cam2"]["extra"] == {"a": 1, "b": {"c": 2}}
    assert config["every_camera"] == BASE


def test_a_component_of_another_class_replaces_what_it_would_inherit():
    base = {"lens": {"_target_": "components.a.Wide", "width": 3}}
    config = fleet(base, same={"lens": {"width": 4}}, other={"lens": {"_target_": "components.a.Tele", "zoom": 2}})
    specs = _fleet.cameras(config)
    assert specs["same"]["lens"] == {"_target_": "components.a.Wide", "width": 4}
    assert specs["other"]["lens"] == {"_target_": "components.a.Tele", "zoom": 2}


def test_another_source_for_one_camera():
    specs = _fleet.cameras(fleet({"_target_": "components.a.A"}, cam1={"_target_": "components.b.B", "uri": "x"}))
    assert specs["cam1"] == {"_target_": "components.b.B", "uri": "x", "camera": "cam1"}


def test_null_switches_a_camera_off():
    assert list(_fleet.cameras(fleet(BASE, cam1=None, cam2={}))) == ["cam2"]


@pytest.mark.parametrize("cameras", [{}, {"cam1": None}])
def test_a_fleet_without_cameras_says_how_to_add_one(cameras):
    with pytest.raises(InputError, match=r"fleet\.cameras is empty; expected at least one camera, such as fleet\.cameras\.cam1"):
        _fleet.cameras(fleet(BASE, **cameras))


@pytest.mark.parametrize("key", ["cameras", "every_camera"])
@pytest.mark.parametrize("value", [5, "x", None, ["cam1"]])
def test_a_fleet_of_another_shape_is_a_sentence(key, value):
    with pytest.raises(InputError, match=rf"fleet\.{key} is .*; expected keys with values"):
        _fleet.cameras({**fleet(BASE, cam1={}), key: value})


def test_a_camera_of_another_shape_is_a_sentence():
    with pytest.raises(InputError, match=r"fleet\.cameras\.cam1 is 'film\.mp4'; expected keys with values"):
        _fleet.cameras(fleet(BASE, cam1="film.mp4"))


@pytest.mark.parametrize("id_", ["a.b", "a/b", "../x", "", "a b", "-a", "_a", "ä", "x" * 65, "a=b"])
def test_an_id_that_cannot_stand_in_a_path_or_a_samples_name(id_):
    with pytest.raises(InputError, match="not a camera's id"):
        _fleet.cameras(fleet(BASE, **{id_: {}}))


@pytest.mark.parametrize(("id_", "kind"), [(101, "int"), (True, "bool")])
def test_an_id_that_yaml_does_not_read_as_text_asks_for_quotes(id_, kind):
    with pytest.raises(InputError, match=f"fleet.cameras.{id_}: .* YAML reads this as {kind}; put quotes around it"):
        _fleet.cameras({**fleet(BASE), "cameras": {id_: {}, "a": {}}})


@pytest.mark.parametrize("id_", ["a", "cam-1", "Bay_A", "7", "x" * 64])
def test_an_id_that_can(id_):
    assert list(_fleet.cameras(fleet(BASE, **{id_: {}}))) == [id_]


def test_only_some_cameras():
    config = fleet(BASE, a={}, b={}, c={})
    assert list(_fleet.only(config, ["c", "a"])) == ["c", "a"]
    assert list(_fleet.only(config, None)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["bay_x"], "only=bay_x: there is no such camera; did you mean 'bay_a'"),
        (["zzz"], "only=zzz: there is no such camera; the fleet has bay_a, corridor"),
        ([5], "only=5: there is no such camera"),
        ("bay_a", r"only=bay_a: expected a list of cameras, such as only=\[bay_a\]"),
        (5, r"only=5: expected a list of cameras, such as only=\[5\]"),
    ],
)
def test_a_camera_that_is_not_there(wanted, message):
    with pytest.raises(InputError, match=message):
        _fleet.only(fleet(BASE, bay_a={}, corridor={}), wanted)


def test_site_zones_and_staff_as_objects():
    config = _launch.compose("ingest", [])["fleet"]
    site, zones, staff = _fleet.floor(config)
    assert site == "simulated_ward"
    assert zones[0] == Zone("Corridor", "corridor", ((0.0, 5.0), (18.0, 5.0), (18.0, 8.0), (0.0, 8.0)))
    assert staff[0] == Person("nurse_1", "nurse", "Bay A", "07:00-19:00", 1)
    assert len({person.badge for person in staff}) == len(staff) == 12


def test_lines_and_timezone_are_checked_and_old_fleets_have_none():
    def problems(**more):
        try:
            _wiring.check(list(_fleet.calls({**fleet(BASE, cam1={}), **more})), Origins("track", ()))
        except InputError as error:
            return str(error)
        return ""

    door = {"name": "Door", "start": [1.0, 2.0], "end": [1.0, 3.0]}
    assert problems() == problems(lines=[door], timezone="Europe/Amsterdam") == ""
    assert "lines[0]" in problems(lines=[{"name": "Door", "start": [1.0, 2.0]}])
    assert "timezone" in problems(timezone=1) and "did you mean" in problems(timzone="UTC")


@pytest.mark.parametrize(("name", "count"), [("simulated_ward", 2), ("two_wings", 3), ("live_ward", 2), ("stream", 0)])
def test_lines_of_the_fleet_are_those_that_are_watched(name, count):
    config = _launch.compose("track", [f"fleet={name}"], missing=True)
    lines = _wiring.make(config["crossing"])
    assert isinstance(lines, Lines) and len(config["crossing"]["lines"]) == count
    assert config["crossing"]["site"] == config["fleet"]["site"]


def test_who_comes_from_the_lobby_goes_in():
    lines = _wiring.make(_launch.compose("track", [])["crossing"])
    walk = [Position(t * SECOND, "one", "unknown", "unknown", 0.0, 19.0 - t, 6.5, 0.1, "", (), (), "") for t in range(3)]
    assert [(crossing.line, crossing.direction) for crossing in lines.see(walk)] == [("Ward entrance", "in")]


def test_the_digest_of_a_camera_is_its_values_in_any_order():
    assert _fleet.digest({"a": 1, "b": 2}) == _fleet.digest({"b": 2, "a": 1}) != _fleet.digest({"a": 1, "b": 3})


def test_a_fleet_without_staff_has_the_imported_one(runs, tmp_path):
    video = ["fleet=video", "fleet.cameras.cam1.uri=x.mp4", "detector=hog"]
    assert _fleet.imported(track.plan(video)) == [] == track.plan(video)["presence"]["roster"]
    (tmp_path / "staff.csv").write_text("id,role,department,shift,badge\nann,nurse,ICU,mon-fri 07:00-19:00,3\nbob,doctor,ICU,,\n")
    roster.roster([f"file={tmp_path}/staff.csv"])
    staff = _fleet.imported(track.plan(video))
    assert [(person["id"], person["badge"]) for person in staff] == [("ann", 3), ("bob", -2)]
    config = track.plan(video, staff)
    assert config["presence"]["roster"] == config["identity"]["roster"] == config["fleet"]["staff"] == staff
    assert _fleet.imported(track.plan(["fleet=simulated_ward", "detector=hog"])) == []  # it names its own


def test_dated_shifts_of_the_time_are_part_of_the_roster(runs, tmp_path):
    (tmp_path / "staff.csv").write_text("id,role,department\nann,nurse,ICU\nbob,doctor,ICU\n")
    (tmp_path / "shifts.csv").write_text("person,start,end\nann,2026-03-02T07:00,2026-03-02T15:00\n")
    for name in ("staff", "shifts"):
        roster.roster([f"file={tmp_path}/{name}.csv"])
    database, noon = Database(f"sqlite:///{runs}/wardflow.db"), 1_772_452_800 * 10**9
    presence = {"roster": [{"id": "ann", "shift": ""}, {"id": "bob", "shift": ""}]}
    seven = noon - 5 * 3600 * 10**9
    dated = _site._dated(presence, database, noon, noon + 1)
    assert dated["roster"] == [
        {"id": "ann", "shift": "", "shifts": ((seven, seven + 8 * 3600 * 10**9),)},
        {"id": "bob", "shift": ""},
    ]
    assert _site._dated(presence, database, 0, 1) is presence
    database.close()


def layered(**more):
    return {
        **fleet({"_target_": "components.a.A", "fps": 5, "size": 1}, cam1={"group": "ward", "uri": "x"}, cam2={"uri": "y"}),
        "groups": {"ward": {"fps": 10}},
        "profiles": {"night": {"every_camera": {"size": 2}, "groups": {"ward": {"fps": 2}}, "cameras": {"cam2": None}}},
        **more,
    }


def test_a_camera_has_what_its_group_has_and_the_group_is_no_value_of_the_source():
    specs = _fleet.cameras(layered())
    assert specs["cam1"] == {"_target_": "components.a.A", "fps": 10, "size": 1, "uri": "x", "camera": "cam1"}
    assert specs["cam2"]["fps"] == 5


def test_a_profile_lies_on_top_of_what_all_have_of_groups_and_of_single_cameras():
    specs = _fleet.cameras(layered(profile="night"))
    assert specs == {"cam1": {"_target_": "components.a.A", "fps": 2, "size": 2, "uri": "x", "camera": "cam1"}}


def test_what_a_camera_says_itself_is_stronger_than_its_group():
    config = layered()
    config["cameras"]["cam1"]["fps"] = 7
    assert _fleet.cameras(config)["cam1"]["fps"] == 7


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"profile": "nihgt"}, "fleet.profile is 'nihgt': there is no such profile; did you mean 'night'"),
        ({"groups": {"wards": {}}}, r"fleet.cameras.cam1.group is 'ward': there is no such group; did you mean 'wards'"),
        ({"groups": {}}, "the fleet has no groups"),
        (
            {"profile": "day", "profiles": {"day": {"cameras": {"cam9": {}}}}},
            "fleet.profiles.day.cameras.cam9: the fleet has no such",
        ),
    ],
)
def test_groups_and_profiles_that_are_not_there(more, says):
    with pytest.raises(InputError, match=says):
        _fleet.cameras(layered(**more))


LAYERED = """# A ward with a group and a night.
site: here
zones: []
staff: []
every_camera: {_target_: components.sources.stream.Stream, homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
groups:
  bays: {timeout: often}
profile: night
profiles:
  night:
    groups:
      bays: {clock_error: much}
cameras:
  cam1: {group: bays, url: "rtsp://10.0.0.1/a"}
  cam2: {group: bays, url: "rtsp://10.0.0.2/a"}
"""


def test_a_mistake_in_a_group_is_one_mistake_with_its_file_and_line(install):
    home = install("layered_room", {}, {"fleet/layered": LAYERED})
    with pytest.raises(InputError) as error:
        ingest.plan(["fleet=layered"])
    at = home / "conf" / "fleet" / "layered.yaml"
    assert f"{at}:7: fleet.groups.bays.timeout: " in str(error.value)
    assert f"{at}:12: fleet.profiles.night.groups.bays.clock_error: " in str(error.value)
    assert str(error.value).startswith("2 problems")
