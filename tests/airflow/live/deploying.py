"""Scenarios of deploy, schedule and destroy: what is where afterwards, and what Airflow says."""

from __future__ import annotations

from tests.airflow.live.site import Site, from_ir, ir_of, wait_until
from tests.airflow.live.tiny import FAR_AWAY, NEW_YEAR, configure, quick


def test_a_dry_run_changes_nothing_and_a_second_deployment_nothing_more(site: Site) -> None:
    project = quick(site.folder / "project")
    options = (*from_ir(project, "still"), "--airflow", site.server.line)
    before = site.files()
    dry = site.kairflow("deploy", *options, "--dry-run")
    assert '+    dag_id="still",' in dry.stdout.splitlines()
    assert "nothing was uploaded" in dry.stderr
    assert site.files() == before

    first = site.json("deploy", *options)
    address = str(site.dags / "still.py")
    assert first["files"] == [{"address": address, "change": "new"}]
    assert site.files() == {**before, address: site.files()[address]}
    inode = (site.dags / "still.py").stat().st_ino

    again = site.kairflow("deploy", *options)
    assert f"unchanged: {address}" in again.stderr
    assert (site.dags / "still.py").stat().st_ino == inode
    assert site.kairflow("deploy", *options, "--dry-run").stdout == ""

    configure(project, description="changed")
    ir_of(project)
    dry = site.kairflow("deploy", *options, "--dry-run")
    assert '+    description="changed",' in dry.stdout.splitlines()
    assert f"changed: {address}" in dry.stderr
    assert (site.dags / "still.py").stat().st_ino == inode

    wait_until(lambda: site.dag("still"))
    tags = [tag["name"] for tag in site.dag("still")["tags"]]
    assert f"kairflow_dag:{first['dag_digest'][:16]}" in tags


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

    site.set_paused("clock", True)
    answer = site.kairflow("schedule", *options, *berlin)
    assert "KF736" in answer.stderr
    assert "--unpause" in answer.stderr
    assert site.dag("clock")["is_paused"] is True
    outcome = site.json("schedule", *options, *berlin, "--unpause")
    assert outcome["paused"] is False
    assert site.dag("clock")["is_paused"] is False
    assert site.runs("clock") == []


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
    assert site.dag("doomed") is not None

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
