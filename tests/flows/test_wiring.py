"""Signatures are the schema: every kind of problem is found, all at once, and what is built is what was checked."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Interval

from components.contracts import Detector, InputError, Sampler, Step, Zone
from components.datasets.prepare import Picture
from components.datasets.splits import ByTime as Splits
from components.preprocessing.resize import Resize
from components.samplers.fixed_rate import FixedRate
from flows._origins import Origins
from flows._wiring import Call, ConfigError, build, check, make, plan, target

SAMPLER = "    needs = 'times'\n    def keep(self, moment: object) -> bool: ...\n"  # what makes a class one
RATE = {"_target_": "components.samplers.fixed_rate.FixedRate", "fps": 5}
RESIZE = {"_target_": "components.preprocessing.resize.Resize", "width": 640}
ZONE = {"name": "Bay", "kind": "room", "polygon": [[0, 0], [1, 0], [1, 1]]}


def problems(function, unused=None, **given) -> list[str]:
    """Every problem in feeding `given` to `function`, without the count."""
    try:
        check([Call(function, given)], Origins("ingest", ()), unused=unused)
    except ConfigError as error:
        first, *rest = str(error).splitlines()
        assert first == ("1 problem in the config:" if len(rest) == 1 else f"{len(rest)} problems in the config:")
        return [line.strip() for line in rest]
    return []


def only(function, **given) -> str:
    (problem,) = problems(function, **given)
    return problem


def sampled(sampling: Sampler) -> None: ...


def stepped(preprocessing: tuple[Step, ...]) -> None: ...


def detected(detector: Detector) -> None: ...


class TestUnknownKeys:
    def test_are_named_with_the_nearest_that_exists(self):
        assert only(sampled, sampling={**RATE, "fsp": 3}) == "sampling.fsp: FixedRate has no such argument; did you mean 'fps'?"

    def test_far_from_everything_list_what_is_taken(self):
        assert only(sampled, sampling={**RATE, "zzz": 3}).endswith("no such argument; it takes exact, fps")

    def test_of_a_component_that_takes_nothing(self):
        every = {"_target_": "components.samplers.every.Every", "fps": 3}
        assert only(sampled, sampling=every) == "sampling.fps: Every has no such argument"

    def test_in_a_record_are_found_although_pydantic_would_not_mind(self):
        def write(picture: Picture) -> None: ...

        assert only(write, picture={"format": "png", "qualty": 3}) == (
            "picture.qualty: Picture has no such argument; did you mean 'quality'?"
        )

    def test_in_a_list_of_records(self):
        def floor(zones: tuple[Zone, ...]) -> None: ...

        assert only(floor, zones=[ZONE, {**ZONE, "colour": "red"}]).startswith("zones[1].colour: Zone has no such argument")

    def test_at_the_root_are_found_although_hydra_accepts_plus(self):
        with pytest.raises(
            ConfigError, match=r"command line, \+segment_second=3: segment_second: .* did you mean 'segment_seconds'"
        ):
            plan("ingest", ["+segment_second=3"], _calls("ingest"))

    @pytest.mark.parametrize("word", ["+source=1", "+site=x", "+zones=[]", "+progress=1", "+cameras=1"])
    def test_at_the_root_are_found_although_an_argument_inside_has_that_name(self, word):
        with pytest.raises(ConfigError, match="no part of this flow takes it"):
            plan("ingest", [word], _calls("ingest"))

    def test_in_the_fleet(self):
        with pytest.raises(ConfigError, match=r"fleet\.zonse: Fleet has no such argument; did you mean 'zones'"):
            plan("ingest", ["+fleet.zonse=[]"], _calls("ingest"))


class TestWrongValues:
    def test_a_type(self):
        assert only(sampled, sampling={**RATE, "fps": "five"}) == (
            "sampling.fps: input should be a valid number, unable to parse string as a number, got 'five'"
        )

    @pytest.mark.parametrize("hint", [int, float, int | None, Annotated[int, Ge(1)], Annotated[float, Interval(gt=0)] | None])
    def test_true_is_not_a_number(self, hint):
        def count(many) -> None: ...

        count.__annotations__["many"] = hint
        assert only(count, many=True) == "many: a number is expected, got True"

    def test_true_is_what_it_is_where_it_is_expected(self):
        def switch(on: bool, either: bool | int) -> None: ...

        assert problems(switch, on=True, either=False) == []

    def test_a_choice(self):
        def run(kind: Literal["threads", "processes"]) -> None: ...

        assert only(run, kind="thread") == "kind: input should be 'threads' or 'processes', got 'thread'"

    @pytest.mark.parametrize("workers", [0, -3])
    def test_a_bound(self, workers):
        def run(workers: Annotated[int, Ge(1)] | None = None) -> None: ...

        assert only(run, workers=workers).startswith("workers: input should be greater than or equal to 1")

    def test_a_rule_of_the_record_itself(self):
        def cut(splits: Splits) -> None: ...

        found = only(cut, splits={"train": 0.5, "val": 0.1, "test": 0.1})
        assert found.startswith("splits: value error, splits are 0.5, 0.1 and 0.1; expected shares that add up to 1")

    def test_deep_inside_a_record_say_where(self):
        def floor(zones: tuple[Zone, ...]) -> None: ...

        bad = {**ZONE, "polygon": [[0, 0], [1, "x"], [1, 1]]}
        assert only(floor, zones=[ZONE, bad]).startswith("zones[1].polygon.1.1: input should be a valid number")

    def test_a_long_value_is_cut_short(self):
        assert len(only(sampled, sampling={**RATE, "fps": "x" * 500})) < 200

    def test_the_text_of_a_number_is_one_because_the_environment_gives_only_text(self):
        assert problems(sampled, sampling={**RATE, "fps": "5"}) == []

    def test_a_value_that_is_still_missing_is_for_the_composer(self):
        assert problems(sampled, sampling={**RATE, "fps": "???"}) == []


class TestMissing:
    def test_an_argument_of_a_component(self):
        assert only(sampled, sampling={"_target_": RATE["_target_"]}) == "sampling: FixedRate needs 'fps', and nothing gives it"

    def test_a_field_of_a_record(self):
        def floor(zones: tuple[Zone, ...]) -> None: ...

        assert only(floor, zones=[{"name": "a", "polygon": []}]) == "zones[0]: Zone needs 'kind', and nothing gives it"

    def test_an_argument_of_the_flow(self):
        def _options(seed: int) -> None: ...

        assert only(_options) == "seed: this flow needs 'seed', and nothing gives it"

    def test_but_not_what_code_supplies(self):
        check([Call(sampled, {}, supplied=frozenset({"sampling"}))], Origins("ingest", ()))

    def test_what_an_override_took_away(self):
        with pytest.raises(ConfigError, match="runner: this flow needs 'runner'"):
            plan("ingest", ["~runner"], _calls("ingest"))
        with pytest.raises(ConfigError, match="ingest needs 'fleet', and nothing gives it"):
            plan("ingest", ["~fleet"], _calls("ingest"))


class TestWrongKind:
    def test_a_component_of_another_room(self):
        assert only(detected, detector=RATE) == "detector: FixedRate is not a Detector; it lacks detect()"

    def test_in_a_list(self):
        assert only(stepped, preprocessing=[RESIZE, RATE]) == "preprocessing[1]: FixedRate is not a Step; it lacks __call__()"

    def test_in_a_mapping(self):
        def many(samplers: dict[str, Sampler]) -> None: ...

        assert only(many, samplers={"a": RATE, "b": RESIZE}) == "samplers.b: Resize is not a Sampler; it lacks keep(), needs()"

    def test_one_where_a_list_is_expected(self):
        assert only(stepped, preprocessing=RESIZE) == "preprocessing: Resize is not a tuple[Step, ...]"

    @pytest.mark.parametrize("value", [[RATE], {"a": RATE}, "fixed", 5, None, {}])
    def test_anything_else_where_one_is_expected(self, value):
        assert only(sampled, sampling=value).startswith("sampling: a Sampler is expected, that is a mapping with _target_; got ")

    @pytest.mark.parametrize("value", [5, "resize", {"width": 640}])
    def test_anything_else_in_a_list(self, value):
        assert only(stepped, preprocessing=[RESIZE, value]).startswith("preprocessing[1]: a Step is expected")

    def test_one_where_a_plain_value_is_expected(self):
        assert only(sampled, sampling={**RATE, "fps": RESIZE}) == "sampling.fps: Resize is not a float"

    def test_an_optional_one(self):
        def maybe(detector: Detector | None) -> None: ...

        assert problems(maybe, detector=None) == []
        assert only(maybe, detector=RATE).startswith("detector: FixedRate is not a Detector")
        assert only(maybe, detector="hog").startswith("detector: a Detector is expected")

    def test_a_concrete_class(self):
        def exact(resize: Resize, other: Resize | FixedRate) -> None: ...

        assert problems(exact, resize=RESIZE, other=RATE) == []
        every = {"_target_": "components.samplers.every.Every"}
        assert problems(exact, resize=RATE, other=every) == [
            "resize: FixedRate is not a Resize",
            "other: Every is not Resize or FixedRate",
        ]


class TestTargets:
    @pytest.mark.parametrize("name", ["os.system", "builtins.eval", "flows._run.start", "component.x.Y", "", "components", "x"])
    def test_outside_the_rooms_are_not_trusted(self, name):
        with pytest.raises(ConfigError, match=r"is not a component; it must start with one of components\., plugins"):
            target(name)

    @pytest.mark.parametrize(
        "name",
        [
            "components.storage.storage.os.system",
            "components.storage.storage.Path",
            "components.storage.storage.InputError",
            "components.storage.storage.uuid",
            "components.storage.layout.raw",
            "components.contracts.Detector",
            "components.contracts.Progress",
            "components.contracts.__class__",
            "components.datasets.prepare.Resize",
            "components..contracts.Camera",
            "components.",
        ],
    )
    def test_aliases_strangers_and_functions_are_not_components(self, name):
        with pytest.raises(ConfigError):
            target(name)

    def test_through_a_module_that_imported_the_right_class_are_refused_too(self):
        with pytest.raises(ConfigError, match="is not a component class that is defined there"):
            target("components.sources.recorded.Storage")

    def test_a_class_that_does_not_exist_names_the_nearest(self):
        assert only(sampled, sampling={"_target_": "components.samplers.fixed_rate.FixdRate"}) == (
            "sampling._target_: module 'components.samplers.fixed_rate' has no 'FixdRate'; did you mean 'FixedRate'?"
        )

    def test_a_module_that_does_not_exist(self):
        assert "cannot import 'components.samplers.fixd.X': No module named" in only(
            sampled, sampling={"_target_": "components.samplers.fixd.X"}
        )

    @pytest.mark.parametrize("value", [5, None, ["components.samplers.every.Every"], {"a": 1}])
    def test_that_are_no_names(self, value):
        assert "is not a component" in only(sampled, sampling={"_target_": value})

    def test_of_an_installed_plugin(self, install):
        install("strange_room", {"samplers": "class Never:\n" + SAMPLER.replace("...", "return False")})
        assert problems(sampled, sampling={"_target_": "strange_room.samplers.Never"}) == []
        assert make({"_target_": "strange_room.samplers.Never"}).keep(5) is False

    def test_of_a_plugin_that_fails_to_import_do_not_hide_the_other_problems(self, install):
        install("broken_room", {"bad": "raise RuntimeError('no licence')\n"})

        def both(sampling: Sampler, seed: int) -> None: ...

        found = problems(both, sampling={"_target_": "broken_room.bad.X"}, seed="x")
        assert found[0] == "sampling._target_: cannot import 'broken_room.bad.X': RuntimeError: no licence"
        assert found[1].startswith("seed: ")

    def test_with_open_arguments_cannot_be_checked_and_say_so(self, install):
        source = "class Open:\n    def __init__(self, **rest: int) -> None: ...\n" + SAMPLER
        install("open_room", {"samplers": source})
        assert "takes **rest: int" in only(sampled, sampling={"_target_": "open_room.samplers.Open"})

    def test_with_hints_that_name_nothing_cannot_be_checked_and_say_so(self, install):
        source = "class Odd:\n    def __init__(self, a: 'Nothing') -> None: ...\n" + SAMPLER
        install("odd_room", {"samplers": source})
        assert "name 'Nothing' is not defined" in only(sampled, sampling={"_target_": "odd_room.samplers.Odd", "a": 3})


class TestAllAtOnce:
    def test_every_problem_of_every_call_in_one_message(self):
        words = [
            "+typo=1",
            "segment_seconds=ten",
            "+fleet.every_camera.secnds=4",
            "fleet.cameras.bay_a.hfov=wide",
            "runner.workers=0",
            "+storage.bucket=x",
        ]
        with pytest.raises(ConfigError) as caught:
            plan("ingest", words, _calls("ingest"))
        text = str(caught.value)
        assert text.startswith("6 problems in the config:")
        for word in ("typo", "segment_seconds", "secnds", "hfov", "workers", "bucket"):
            assert sum(f"{word}" in line.split(": ", 1)[1] for line in text.splitlines()[1:]) >= 1

    def test_what_a_whole_fleet_inherits_is_one_problem(self):
        with pytest.raises(ConfigError) as caught:
            plan("ingest", ["fleet.every_camera.width=wide"], _calls("ingest"))
        assert str(caught.value).splitlines()[1:] == [
            "  command line, fleet.every_camera.width=wide: fleet.every_camera.width: "
            "input should be a valid integer, unable to parse string as an integer, got 'wide'"
        ]

    def test_nothing_is_built_while_checking(self, install):
        source = "class Loud:\n    def __init__(self) -> None:\n        raise SystemExit('built')\n" + SAMPLER
        install("loud_room", {"samplers": source})
        assert problems(sampled, sampling={"_target_": "loud_room.samplers.Loud"}) == []

    def test_a_right_config_is_silent(self):
        assert plan("ingest", [], _calls("ingest"))["segment_seconds"] == 10


class TestBuilding:
    def test_a_component_with_its_values(self):
        assert make(RESIZE, Step) == Resize(width=640)

    def test_a_list_becomes_a_tuple_of_live_steps(self):
        assert build(stepped, {"preprocessing": [RESIZE, {**RESIZE, "width": 3}], "other": 1}) == {
            "preprocessing": (Resize(width=640), Resize(width=3))
        }

    def test_an_empty_list_too(self):
        assert build(stepped, {"preprocessing": []}) == {"preprocessing": ()}

    def test_a_mapping_of_components(self):
        def many(steps: dict[str, Step]) -> None: ...

        assert build(many, {"steps": {"a": RESIZE}}) == {"steps": {"a": Resize(width=640)}}

    def test_containers_in_containers(self):
        def chains(chains: dict[str, tuple[Step, ...]]) -> None: ...

        assert problems(chains, chains={"day": [RESIZE], "night": []}) == []
        assert build(chains, {"chains": {"day": [RESIZE], "night": []}}) == {"chains": {"day": (Resize(width=640),), "night": ()}}
        assert only(chains, chains={"day": [RATE]}).startswith("chains.day[0]: FixedRate is not a Step")

    def test_plain_data_becomes_records(self):
        def floor(zones: tuple[Zone, ...], picture: Picture, maybe: Zone | None = None) -> None: ...

        built = build(floor, {"zones": [ZONE], "picture": {"format": "png"}, "maybe": None})
        assert built == {
            "zones": (Zone("Bay", "room", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))),),
            "picture": Picture("png", 95),
            "maybe": None,
        }
        assert isinstance(built["zones"][0].polygon[0], tuple)

    def test_a_record_that_holds_a_component(self, install):
        source = (
            "from dataclasses import dataclass\nfrom components.contracts import Sampler\n"
            "@dataclass(frozen=True)\nclass Plan:\n    sampling: Sampler\n    name: str = 'x'\n"
        )
        install("plan_room", {"plan": source})
        plan_class = target("plan_room.plan.Plan")

        def run(plan) -> None: ...

        run.__annotations__["plan"] = plan_class
        assert problems(run, plan={"sampling": RATE}) == []
        assert only(run, plan={"sampling": RESIZE}).startswith("plan.sampling: Resize is not a Sampler")
        assert isinstance(build(run, {"plan": {"sampling": RATE}})["plan"].sampling, FixedRate)

    def test_values_are_converted_as_they_were_checked(self):
        def run(folder: Path, size: tuple[int, int], rate: float, names: Sequence[str]) -> None: ...

        given = {"folder": "/tmp/x", "size": [3, 4], "rate": "2.5", "names": ["a"]}
        assert problems(run, **given) == []
        assert build(run, given) == {"folder": Path("/tmp/x"), "size": (3, 4), "rate": 2.5, "names": ["a"]}

    def test_plain_data_on_its_way_to_somewhere_else_is_left_alone(self):
        def carry(spec: dict[str, Any]) -> None: ...

        spec = {"ward": {"_target_": "os.system"}, "steps": [RATE]}
        assert problems(carry, spec=spec) == []
        assert build(carry, {"spec": spec}) == {"spec": spec}

    def test_refuses_a_stranger_also_without_a_check(self):
        with pytest.raises(ConfigError):
            make({"_target_": "os.system", "command": "true"})
        with pytest.raises(ConfigError):
            make([RESIZE, {"_target_": "components.storage.storage.os.system"}])

    def test_what_a_component_refuses_is_its_own_sentence(self):
        with pytest.raises(InputError, match="fps is -1"):
            make({**RATE, "fps": -1})


def _calls(name):
    return importlib.import_module(f"flows.{name}").calls
