"""Words become a config or one clear message; the command line ends with the right exit code."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from components.contracts import InputError
from flows import _launch
from flows._launch import compose, options

ROOT = Path(__file__).resolve().parents[2]
SMALL = [f"fleet.every_camera.{word}" for word in ("seconds=1", "width=160", "height=90")]


def refused(name, *words) -> str:
    with pytest.raises(InputError) as caught:
        compose(name, words)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestCompose:
    def test_gives_plain_data_without_a_trace_of_hydra(self):
        config = compose("ingest", ["segment_seconds=3", "only=[bay_a]"])
        assert (config["segment_seconds"], config["only"]) == (3, ["bay_a"])
        assert "hydra" not in config
        json.dumps(config)
        assert type(config["fleet"]) is dict and type(config["fleet"]["zones"]) is list

    def test_resolves_what_other_groups_say(self):
        config = compose("ingest", [])
        assert config["fleet"]["every_camera"]["ward"]["staff"] == config["fleet"]["staff"]

    def test_reads_the_place_of_runs_from_the_environment(self, monkeypatch):
        monkeypatch.setenv("RUNS", "/somewhere")
        assert compose("ingest", [])["storage"]["url"] == "/somewhere/store"

    def test_twice_gives_the_same(self):
        assert compose("prepare", ["sampling=fixed_7fps"]) == compose("prepare", ["sampling=fixed_7fps"])

    def test_leaves_nothing_behind_for_the_next(self):
        compose("ingest", ["segment_seconds=3"])
        assert compose("ingest", [])["segment_seconds"] == 10


class TestRefusals:
    def test_an_unknown_option_names_the_nearest_and_all(self):
        said = refused("ingest", "fleet=simulated_wrad")
        assert said.startswith("fleet=simulated_wrad: there is no such option; did you mean 'simulated_ward'?; fleet is one of ")
        assert {"live_ward", "simulated_ward", "stream", "video"} <= set(said.split("one of ")[1].split(", "))

    def test_an_option_like_nothing_else(self):
        text = refused("ingest", "fleet=zzz")
        assert text.startswith("fleet=zzz: there is no such option; fleet is one of live_ward, simulated_ward, ")

    @pytest.mark.parametrize(
        ("word", "nearest"),
        [
            ("segmnt_seconds=3", "segment_seconds"),
            ("fleet.every_camera.wdith=3", "fleet.every_camera.width"),
            ("storge=s3", "storage"),
            ("fleet.cameras.bay_a.hfv=3", "fleet.cameras.bay_a.hfov"),
        ],
    )
    def test_an_unknown_key_names_the_nearest(self, word, nearest):
        key = word.split("=")[0]
        text = refused("ingest", word)
        assert text.startswith(
            f"{key}: there is no such key in ingest; did you mean '{nearest}'?; `--cfg job` prints all of them"
        )
        assert f"+{key}=..." in text

    def test_missing_values_are_listed_with_the_words_that_give_them(self):
        text = refused("ingest", "fleet=video", "storage=s3")
        assert text == (
            "ingest needs a value for fleet.cameras.cam1.uri, storage.url; add fleet.cameras.cam1.uri=... storage.url=..."
        )

    def test_missing_values_pass_where_the_config_is_only_looked_at(self):
        config = _launch.compose("ingest", ["fleet=video"], missing=True)
        assert config["fleet"]["cameras"]["cam1"]["uri"] == "???"

    @pytest.mark.parametrize("word", ["foo", "=", "a=b=c", "fleet.cameras.x y=3", "fleet.staff=[{id: a"])
    def test_a_word_that_is_none(self, word):
        assert refused("ingest", word).startswith(f"{word!r} cannot be read; expected group=option or key=value")

    def test_several_values_for_one_key(self):
        assert refused("ingest", "only=bay_a,bay_b") == (
            "only=bay_a,bay_b: several values; write only=[bay_a,bay_b] for a list, or add -m to run one after the other"
        )

    @pytest.mark.parametrize("word", ["storage.cache=${nowhere}", "storage.cache=${oc.env:NOT_SET_ANYWHERE}", "only=[${x:y}]"])
    def test_an_interpolation_that_leads_nowhere(self, word):
        text = refused("ingest", word)
        assert any(part in text for part in ("nowhere", "NOT_SET_ANYWHERE", "interpolation type x"))

    @pytest.mark.parametrize("word", ["segment_seconds=nan", "segment_seconds=inf", "fleet.cameras.bay_a.position=[1,-inf,2]"])
    def test_a_number_without_end(self, word):
        assert "not a finite number" in refused("ingest", word)

    def test_a_file_that_is_not_yaml(self, install):
        home = install("torn_room", {}, {"sampling/torn": "fps: [1, 2\nother: }\n"})
        with pytest.raises(InputError, match=r"torn\.yaml:2: not valid YAML: expected") as caught:
            compose("prepare", ["sampling=torn"])
        assert str(home) in str(caught.value)

    def test_a_flow_without_a_config(self):
        with pytest.raises(InputError, match="nosuchflow"):
            compose("nosuchflow", [])


class TestOptions:
    def test_are_the_files_of_conf(self):
        found = options()
        for file in (ROOT / "conf").glob("*/*.yaml"):
            assert file.stem in found[file.parent.name]

    def test_include_those_of_plugins(self, install):
        before = options()
        install("more_room", {}, {"sampling/rare": "# Rare.\nfps: 1\n", "weather/rain": "# Rain.\na: 1\n"})
        assert options()["sampling"] == sorted([*before["sampling"], "rare"])
        assert options()["weather"] == ["rain"]

    def test_are_composed_from_plugins(self, install):
        install("more_room", {}, {"sampling/rare": "# Rare.\n_target_: more_room.x.Rare\nfps: 1\n"})
        assert compose("prepare", ["sampling=rare"])["sampling"] == {"_target_": "more_room.x.Rare", "fps": 1}

    def test_of_plugins_are_in_the_advice(self, install):
        install("more_room", {}, {"sampling/rare": "# Rare.\nfps: 1\n"})
        assert "did you mean 'rare'" in refused("prepare", "sampling=rrae")


class TestCommandLine:
    """The process itself: what it prints, how fast, and the exit code."""

    def test_help_names_groups_and_options_within_a_second_of_cpu(self, command):
        spent = []
        while len(spent) < 3 and min(spent, default=1.0) >= 1.0:  # a neighbour on the same core costs time of this one, too
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            result = command("track", "--help")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        assert result.returncode == 0, result.stderr
        assert "fleet" in result.stdout and "simulated_ward*, " in result.stdout
        assert "batch_size: 4" in result.stdout
        assert min(spent) < 1.0, spent

    def test_help_imports_nothing_heavy(self):
        heavy = ("torch", "mlflow", "prefect", "cv2", "av", "onnxruntime", "sqlalchemy", "pyarrow", "pydantic_settings")
        program = (
            "import sys, runpy\nsys.argv = ['x', '--help']\nrunpy.run_module('flows.track', run_name='__main__')\n"
            f"print(sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)"
        )
        result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        assert result.stderr.strip().endswith("[]")

    def test_a_run_that_fails_is_1_and_says_so_in_its_summary(self, command, runs, tmp_path):
        (tmp_path / "a.mp4").write_text("no film")
        film = ["fleet=video", f"fleet.cameras.cam1.uri={tmp_path / 'a.mp4'}"]
        failed = command("ingest", *film, "runner=local")
        assert failed.returncode == 1
        assert "failed cam1" in " ".join(failed.stdout.split())
        (summary,) = runs.glob("ingest/*/*/summary.json")
        assert json.loads(summary.read_text())["status"] == "failed"

    @pytest.mark.parametrize("words", [["fleet=zzz"], ["+typo=1"], ["--unknown"], ["segment_seconds=ten"]])
    def test_bad_words_are_2_and_one_message(self, command, runs, words):
        result = command("ingest", *words)
        assert result.returncode == 2
        assert "Traceback" not in result.stderr and result.stdout == ""
        assert not (runs / "store").exists()

    def test_the_config_can_be_printed_without_running_it(self, command, tmp_path):
        runs = tmp_path / "nothing"
        result = command("ingest", "--cfg", "job", "fleet=video", RUNS=str(runs))
        assert result.returncode == 0, result.stderr
        assert "uri: ???" in result.stdout
        assert not runs.exists()

    def test_a_place_for_runs_that_cannot_be_is_one_message(self, command, tmp_path):
        (tmp_path / "file").touch()
        result = command("ingest", RUNS=str(tmp_path / "file" / "runs"))
        assert result.returncode == 2
        assert result.stderr.startswith("error: cannot write ") and "Not a directory" in result.stderr
        assert "Traceback" not in result.stderr

    def test_a_sweep_in_which_one_combination_is_wrong_is_refused_before_anything_runs(self, command, runs):
        words = ["-m", *SMALL, "only=[corridor]", "runner=local", "segment_seconds=0.5,0,1"]
        result = command("ingest", *words)
        assert result.returncode == 2, result.stderr
        assert "Traceback" not in result.stderr
        assert "segment_seconds: input should be greater than 0" in result.stderr
        assert not list(runs.glob("ingest/**/summary.json")) and not list(runs.glob("store/raw/**/*.mp4"))

    def test_a_sweep_runs_every_combination(self, command, runs):
        result = command("ingest", "-m", *SMALL, "only=[corridor]", "runner=local", "segment_seconds=0.5,1")
        assert result.returncode == 0, result.stderr
        assert sorted(len(list(path.glob("**/*.mp4"))) for path in [runs / "store" / "raw"]) == [3]

    def test_from_a_folder_that_hides_our_packages_says_so(self, tmp_path):
        (tmp_path / "components").mkdir()
        (tmp_path / "components" / "__init__.py").touch()
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "flows.ingest", "--help"]
        result = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert result.returncode == 1
        assert f"'components' was imported from {tmp_path}, which hides the one in {ROOT}" in result.stderr
        safe = [sys.executable, "-P", *command[1:]]
        assert subprocess.run(safe, cwd=tmp_path, env=env, capture_output=True, check=False).returncode == 0


def test_a_word_alone_says_what_a_flow_is_to_do():
    assert _launch._spelled_out("charge", ["verify", "name=staff_role"]) == ["do=verify", "name=staff_role"]
    assert _launch._spelled_out("audit", ["verify"]) == ["verify=all"]
    assert _launch._spelled_out("audit", ["--cfg", "job", "nothing"]) == ["--cfg", "job", "nothing"]
    assert _launch._spelled_out("charge", ["--cfg", "job"]) == ["--cfg", "job"]


def test_words_of_the_documents_are_read():
    assert _launch.compose("compare", ["runs=[latest-1,latest]"])["runs"] == ["latest-1", "latest"]
    assert _launch.compose("export", ["weights=models:/staff_detector/3"])["weights"] == "models:/staff_detector/3"
