"""Scenarios of deploy, schedule and destroy: what is where afterwards, and what Airflow says."""

from __future__ import annotations

from tests.airflow.live.site import Site, from_ir, wait_until
from tests.airflow.live.tiny import FAR_AWAY, NEW_YEAR, quick


def test_a_deployment_is_one_file_that_airflow_reads(site: Site) -> None:
    options = (*from_ir(quick(site.folder / "project"), "still"), "--airflow", site.server.line)
    before = site.files()
    outcome = site.json("deploy", *options)
    address = str(site.dags / "still.py")
    assert outcome["files"] == [{"address": address, "change": "new"}]
    assert site.files() == {**before, address: site.files()[address]}
    wait_until(lambda: f"kairflow_dag:{outcome['dag_digest'][:16]}" in site.tags("still"))


def test_a_schedule_arrives_and_a_pause_stays(site: Site) -> None:
    project = quick(site.folder / "project", start_date=FAR_AWAY)
    options = from_ir(project, "clock")
    berlin = ("--cron-expression", NEW_YEAR, "--timezone", "Europe/Berlin")
    outcome = site.json("schedule", *options, *berlin)
    assert (outcome["schedule"], outcome["paused"]) == (NEW_YEAR, False)
    assert outcome["diagnostics"] == []
    dag = site.dag("clock")
    assert dag["is_paused"] is False
    assert site.schedule_of("clock") == NEW_YEAR
    following = "next_dagrun_run_after" if site.server.line == "3" else "next_dagrun_create_after"
    # Six o'clock in Berlin, in winter.
    assert dag[following].startswith("2100-01-01T05:00:00")
    assert site.runs("clock") == []

    # Of one that never ran, the pause would be Airflow's.
    assert site.end_of("clock", site.trigger("clock")) == "success"
    site.set_paused("clock", True)
    answer = site.kairflow("schedule", *options, *berlin)
    assert "KF736" in answer.stderr
    assert "--unpause" in answer.stderr
    assert site.dag("clock")["is_paused"] is True
    outcome = site.json("schedule", *options, *berlin, "--unpause")
    assert outcome["paused"] is False
    assert site.dag("clock")["is_paused"] is False


def test_what_is_destroyed_is_gone(site: Site) -> None:
    project = quick(site.folder / "project")
    run = site.json("run-once", *from_ir(project, "doomed"))["run"]
    assert site.end_of("doomed", run["run_id"]) == "success"
    file = site.dags / "doomed.py"

    unasked = site.kairflow("destroy", "doomed", "--record", code=2)
    assert "KF709" in unasked.stderr
    assert "--yes" in unasked.stderr
    assert file.exists()
    assert site.dag("doomed") is not None

    outcome = site.json("destroy", "doomed", "--yes")
    assert (outcome["removed"], outcome["record"]) == ([str(file)], False)
    assert not file.exists()
    # Else a server that is just reading the file stores what was deleted.
    site.wait_for_no("doomed")

    outcome = site.json("destroy", "doomed", "--record", "--yes")
    assert (outcome["removed"], outcome["record"]) == ([], True)
    assert site.dag("doomed") is None

    twice = site.kairflow("destroy", "doomed", "--record", "--yes")
    assert "there was no file of DAG 'doomed'" in twice.stderr
    assert "Airflow had no record" in twice.stderr


def test_what_kairflow_did_not_write_stays(site: Site) -> None:
    file = site.dags / "foreign.py"
    file.write_text("# a file of somebody else\n", encoding="utf-8")
    answer = site.kairflow("destroy", "foreign", "--record", "--yes", code=1)
    assert "KF708" in answer.stderr
    assert file.read_text(encoding="utf-8") == "# a file of somebody else\n"
