"""A schedule against a real Prefect server and worker: registered once, run, retried, failed over, and removed when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.contracts import InputError
from flows import _deployments
from flows.schedule import plan, schedule
from tests.flows.server import running, served, wait_until

SMALL = (
    "'fleet.every_camera.seconds=1','fleet.every_camera.width=320','fleet.every_camera.height=180','only=[bay_a]','runner=local'"
)
RECORD = f"{{flow:ingest,overrides:[{SMALL}]"
BAD = "{flow:ingest,overrides:['fleet=video','fleet.cameras.cam1.uri=/nowhere.mp4'],retries:1,retry_minutes:0.02,on_failure:%s}"


def words(**deployments):
    """A schedule of these deployments and no others, in a work pool of its own."""
    inside = ",".join(f"{name}:{text}" for name, text in deployments.items())
    return ["schedule.name=test", "schedule.pool=test", "~schedule.deployments", f"+schedule.deployments={{{inside}}}"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The environment in which there is a server with a worker."""
    folder = tmp_path_factory.mktemp("server")
    with served(folder) as env, pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        schedule([*words(now=RECORD + ",interval_minutes:0.3}", never="{flow:clocks}")])
        with running(["worker", "start", "--pool", "test"], env, folder / "worker.log"):
            yield env


@pytest.fixture
def client(server, monkeypatch):
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    with _deployments.server() as found:
        yield found


def runs_of(client, name):
    """Every run of a deployment that has begun: how it was made, its states, and itself."""
    deployment = client.read_deployment_by_name(name)
    runs = [run for run in client.read_flow_runs(limit=100) if run.deployment_id == deployment.id and run.run_count]
    return [
        (run.created_by.type if run.created_by else "", [state.name for state in client.read_flow_run_states(run.id)], run)
        for run in runs
    ]


def done(client, name):
    return [found for found in runs_of(client, name) if found[1][-1] in ("Completed", "Failed", "Crashed")]


class TestWithoutServer:
    def test_says_what_is_not_set_and_how_to_start_one(self):
        with pytest.raises(InputError, match="PREFECT_API_URL is not set; start one with `prefect server start`"):
            schedule(words())

    def test_says_where_none_answers(self, monkeypatch):
        monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
        with pytest.raises(InputError, match=r"no Prefect server answers at PREFECT_API_URL=http://127.0.0.1:9/api \(.*refused"):
            schedule(words())

    @pytest.mark.parametrize(
        ("one", "problem"),
        [
            ("{flow:nosuch}", "schedule.deployments.a.flow: 'nosuch' cannot be scheduled; expected one of audit, calibrate,"),
            ("{flow:dashboard}", "'dashboard' cannot be scheduled"),
            ("{flow:track,overrides:['detektor=hog']}", "schedule.deployments.a.overrides: "),
            ("{flow:track,overrides:['detector=hogg']}", "detector=hogg: there is no such option; did you mean 'hog'?"),
            ("{flow:track,overrides:['sampling.fps=x']}", "schedule.deployments.a.overrides: 1 problem in the config"),
            ("{flow:ingest,cron:'61 * * * *'}", "cron='61 * * * *' is none; expected minute hour day month weekday"),
            ("{flow:ingest,cron:'0 2 * * *',timezone:Mars/Base}", "timezone='Mars/Base' is none"),
            ("{flow:ingest,cron:'0 2 * * *',interval_minutes:5}", "both cron and interval_minutes are given"),
            ("{flow:ingest,interval_minutes:0}", "schedule.deployments.a.interval_minutes"),
            ("{flow:ingest,retires:2}", "did you mean 'retries'?"),
            (
                "{flow:ingest,on_failure:[{do:run,target:b}]}",
                "a: on_failure runs 'b', which is none of its deployments; expected one of a",
            ),
            ("{flow:ingest,on_failure:[{do:pause,target:a}]}", "target='a' is not needed"),
            ("{flow:ingest,on_failure:[{do:notify,target:slack}]}", "target='slack' is no block"),
        ],
    )
    def test_a_mistake_is_found_before_anything_is_registered(self, one, problem):
        with pytest.raises(InputError) as refused:
            plan(words(a=one))
        assert problem in str(refused.value)

    def test_a_password_in_the_words_goes_nowhere(self):
        with pytest.raises(InputError, match="password"):
            plan(words(a="{flow:track,overrides:['fleet=stream','fleet.cameras.cam1.url=rtsp://me:secret@cam/1']}"))


class TestServer:
    def test_it_is_run_at_its_times_and_shows_progress_and_results(self, client, server):
        wait_until(lambda: done(client, "ingest/test-now"))
        made, states, run = done(client, "ingest/test-now")[0]
        assert made == "SCHEDULE" and states[-1] == "Completed"
        artifacts = {one.key: one for one in client.read_artifacts(limit=100) if one.flow_run_id == run.id}
        assert artifacts["record-camera-progress"].data == 100.0
        assert "| cameras | 1 |" in artifacts["ingest-summary"].data
        assert list(Path(server["RUNS"], "ingest").iterdir())

    def test_a_schedule_is_registered_once_changed_and_removed_only_when_asked(self, client, capsys):
        first = words(now=RECORD + ",interval_minutes:0.3}", never="{flow:clocks}")
        assert schedule(first).status == "unchanged"
        other = words(now=RECORD + ",cron:'0 5 * * *',concurrency:2}")
        assert schedule([*other, "do=show"]).figures["changed"] == 1
        capsys.readouterr()
        summary = schedule(other)
        assert (summary.figures["changed"], summary.figures["gone"]) == (1, 1)
        assert "do=prune removes them" in summary.note
        shown = capsys.readouterr().out
        assert "times: every 0.3 minutes -> cron 0 5 * * * UTC" in shown and "concurrency: 1 -> 2" in shown
        assert client.read_deployment_by_name("clocks/test-never")
        assert schedule([*other, "do=prune"]).status == "completed"
        assert set(_deployments.found(client, _deployments_of(other))) == {"test-now"}
        assert schedule([*other, "do=prune"]).status == "unchanged"

    def test_what_fails_is_tried_again_then_starts_what_the_schedule_says_and_is_paused(self, client):
        rules = "[{do:run,target:after},{do:pause}]"
        both = words(now=RECORD + "}", bad=BAD % rules, after=RECORD + "}")
        schedule([*both])
        assert schedule([*both]).status == "unchanged"
        client.create_flow_run_from_deployment(client.read_deployment_by_name("ingest/test-bad").id)
        wait_until(lambda: done(client, "ingest/test-bad"))
        _, states, run = done(client, "ingest/test-bad")[0]
        assert states[-1] == "Failed" and "AwaitingRetry" in states, (states, run.state.message)
        wait_until(lambda: done(client, "ingest/test-after"))
        assert done(client, "ingest/test-after")[0][0] == "AUTOMATION"
        wait_until(lambda: client.read_deployment_by_name("ingest/test-bad").paused)
        assert schedule(words(now=RECORD + "}", bad=BAD % "[]", after=RECORD + "}")).figures["rules_on_failure_touched"] == 2
        assert client.read_deployment_by_name("ingest/test-bad").paused  # what a person or a rule has paused stays so

    def test_a_form_with_another_option_is_refused_by_the_server(self, client):
        deployment = client.read_deployment_by_name("ingest/test-now")
        with pytest.raises(Exception, match="nosuch"):
            client.create_flow_run_from_deployment(deployment.id, parameters={"runner": "nosuch"})

    def test_a_notification_needs_a_block_of_the_server(self, client):
        with pytest.raises(InputError, match="slack-webhook/ward: the server has no such block"):
            schedule(words(now=BAD % "[{do:notify,target:slack-webhook/ward}]"))


def _deployments_of(overrides):
    from flows import _scheduled, _wiring

    return _wiring.make(plan(overrides)["schedule"], _scheduled.Schedule)
