"""Real workers and real drivers: signals, kills, clusters and databases. Most of it is slow: `make sweeps`."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from cnnspec.pytorch.sweep import read_sweep
from tests.cli.runner import run
from tests.sweep.conftest import SWEEP

KILLS = int(os.environ.get("CNNSPEC_KILLS", "200"))
LONG = SWEEP.replace("epochs: 2", "epochs: 6").replace("batch_size: 500", "batch_size: 100")


def begin(path: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """`cnnspec sweep`, in a process group of its own."""
    command = [sys.executable, "-m", "cnnspec", "sweep", str(path), "--out", str(out), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(path: Path, out: Path, *options: str) -> str:
    """The sweep, run to its end."""
    process = begin(path, out, *options)
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said
    return said


def workers(driver: int) -> list[int]:
    """The processes that a driver has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == driver:
                found.append(int(path.parent.name))
        except (OSError, ValueError):
            continue
    return found


def figures(out: Path) -> dict[int, Any]:
    """Losses and accuracies after each epoch of each point."""
    kept = ("epoch", "train_loss", "val_loss", "val_accuracy")
    return {
        point.number: [
            [json.loads(line)[name] for name in kept] for line in (point.run / "metrics.jsonl").read_text().splitlines()
        ]
        for point in read_sweep(out).points
        if point.run
    }


def outcomes(out: Path) -> list[int]:
    """The points that the study has as complete, one entry for each time."""
    study = optuna.load_study(study_name="small", storage=f"sqlite:///{out / 'study.sqlite3'}")
    return sorted(t.user_attrs["number"] for t in study.get_trials() if t.state is TrialState.COMPLETE)


def test_a_worker_runs_what_the_command_asks_for(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """Lines tell of each epoch, of the chosen and of the folder; a second start finds all done, and says so."""
    text = SWEEP.replace("[0.01, 0.001]", "[0.01]").replace("[0, 0.5]", "[0]")
    path, out = sweep_file(text), tmp_path / "out"
    done = run("sweep", str(path), "--out", str(out))
    assert done.exit_code == 0, done.stderr
    assert "0001  epoch 2  val_accuracy " in done.stdout
    assert "chosen: 0001  optimizer.Adam.lr=0.01 params.dropout=0  val_accuracy " in done.stdout
    log = (out / "points" / "0001.log").read_text()
    assert "2,736 MACs" in log
    assert "epoch 1  loss " in log
    again = run("sweep", str(path), "--out", str(out))
    assert "1 done before" in again.stdout
    assert "epoch" not in again.stdout
    assert outcomes(out) == [1]


@pytest.mark.slow
def test_a_signal_lets_all_runs_save_and_the_sweep_goes_on(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """SIGTERM ends it with 143 and no worker is left; started again it goes on, each point once."""
    path, out = sweep_file(LONG.replace("epochs: 6", "epochs: 30")), tmp_path / "out"
    process = begin(path, out, "--jobs", "2", "--set", "epochs=30")
    assert process.stdout is not None
    for line in process.stdout:
        if "epoch 2" in line:
            break
    started = workers(process.pid)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert said.endswith("interrupted; run the same command to continue\n")
    assert not any(Path(f"/proc/{worker}").exists() for worker in started)
    waiting = [p for p in read_sweep(out).points if p.status == "waiting"]
    assert waiting
    assert not [p for p in read_sweep(out).points if p.status == "running"]
    finish(path, out, "--jobs", "2", "--set", "epochs=30")
    assert outcomes(out) == [1, 2, 3, 4]
    assert {len(rows) for rows in figures(out).values()} == {30}


@pytest.mark.slow
def test_kills_lose_nothing_and_run_nothing_twice(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """Workers and drivers are killed at random moments; the figures are those of an undisturbed sweep."""
    path = sweep_file(LONG.replace("[0, 0.5]", "[0, 0.2, 0.5]"))
    finish(path, tmp_path / "whole", "--jobs", "2")
    whole = figures(tmp_path / "whole")
    seed, kills, sweeps = random.randrange(10**6), 0, 0
    print(f"seed {seed}")
    generator = random.Random(seed)
    while kills < KILLS:
        sweeps += 1
        out = tmp_path / f"killed-{sweeps}"
        for _ in range(25):
            process = begin(path, out, "--jobs", "2")
            time.sleep(generator.uniform(0.3, 9))
            victims = [process.pid] if generator.random() < 0.5 else workers(process.pid)
            for victim in generator.sample(victims, min(1, len(victims))):
                if process.poll() is None:
                    os.kill(victim, signal.SIGKILL)
                    kills += 1
            if victims == [process.pid] or generator.random() < 0.3:
                process.kill()
            process.communicate(timeout=300)
            if process.returncode == 0:
                break
        else:
            finish(path, out, "--jobs", "2")
        assert outcomes(out) == list(range(1, 7))
        assert figures(out) == whole
        assert [p.status for p in read_sweep(out).points] == ["done"] * 6
        assert len(read_sweep(out).chosen) == 1
    print(f"{kills} kills in {sweeps} sweeps")


@pytest.mark.slow
def test_a_cluster_of_two_nodes_gives_the_same_and_a_dead_node_costs_its_own_runs(
    sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """The figures are those of this machine's own workers; what ran on a killed node goes on on the other."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    path = sweep_file(LONG.replace("epochs: 6", "epochs: 25"))
    finish(path, tmp_path / "local", "--jobs", "2")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        second = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        process = begin(path, tmp_path / "ray", "--executor", "ray", "--address", cluster.address)
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if sum("epoch 3" in heard for heard in said) == 2:
                break
        cluster.remove_node(second, allow_graceful=False)
        rest, _ = process.communicate(timeout=600)
        said.append(rest)
        assert process.returncode == 0, "".join(said)
    finally:
        cluster.shutdown()
    lost = [line for line in "".join(said).splitlines() if "is gone" in line]
    assert len(lost) == 1, lost
    assert figures(tmp_path / "ray") == figures(tmp_path / "local")
    assert outcomes(tmp_path / "ray") == [1, 2, 3, 4]


BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL that was started for this test on loopback."""
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg")
    folder, port = tmp_path_factory.mktemp("postgres"), 20_000 + os.getpid() % 20_000
    as_user: list[str] = []
    if os.geteuid() == 0:  # it refuses to run as root
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        for place in (folder, *list(folder.parents)[:3]):
            place.chmod(0o755)
        subprocess.run(["chown", "postgres", str(folder)], check=True)
    data, tool = str(folder / "data"), BINARIES[-1]
    made = [*as_user, str(tool / "initdb"), "-D", data, "-U", "cnnspec", "--auth=trust"]
    subprocess.run(made, check=True, capture_output=True, cwd=folder)
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    started = [*as_user, str(tool / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(folder / "log"), "start"]
    subprocess.run(started, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield f"postgresql://cnnspec@127.0.0.1:{port}/postgres"
    finally:
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(server, signal.SIGQUIT)  # end at once


@pytest.mark.slow
def test_two_drivers_on_one_database_share_the_points(
    database: str, sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Each point is run by one of them; where one is killed, the other takes its points over."""
    path, out = (
        sweep_file(LONG.replace("[0, 0.5]", "[0, 0.1, 0.2, 0.5]").replace("epochs: 6", "epochs: 20")),
        tmp_path / "out",
    )
    options = ("--jobs", "1", "--storage", database, "--heartbeat", "1")
    finish(path, tmp_path / "local", "--jobs", "1")
    drivers = [begin(path, out, *options) for _ in range(3)]
    time.sleep(8)
    drivers[2].kill()
    said = [driver.communicate(timeout=600)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers[:2]] == [0, 0], "\n".join(said)
    done = [[line[:4] for line in text.splitlines() if line[4:].startswith("  done")] for text in said]
    assert sorted(number for numbers in done for number in numbers) == [f"{number:04}" for number in range(1, 9)]
    assert all(done[:2]), done
    assert figures(out) == figures(tmp_path / "local")
    assert len(read_sweep(out).chosen) == 1
