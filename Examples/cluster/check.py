#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether a cluster finds what one machine finds: a generated zoo through Spark with two executors, one of which is killed,
through Slurm with a worker that is killed, and through GNU parallel; each time all rows are those of `heavytail zoo add`.

What is not installed is skipped and named. Spark: PySpark in the Python that runs this, and Java (Debian's
default-jre-headless). Slurm: slurmctld, slurmd and munged (slurm-wlm, munge), which are started here for the time of the check.
GNU parallel: parallel."""
import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "Benchmarks"))
from zoo import check, make_zoo, rows, run  # noqa: E402

# Operations above which a model is divided, so that some are.
SPLIT = "5M"
# How long anything may take to begin or to end.
PATIENCE = 600


def wait(what, condition):
    """What `condition` gives, as soon as that is something."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > end:
            sys.exit(f"error: waited {PATIENCE} s for {what}")
        time.sleep(0.02)
    return found


# What this program started and has to end.
started = []


def start(arguments, environment, log):
    with open(log, "w") as file:
        started.append(subprocess.Popen(arguments, env=environment, stdout=file, stderr=file))
    return started[-1]


def end_all():
    for process in reversed(started):
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)


def status(process):
    """State and parent of a process."""
    state, parent = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[:2]
    return state, int(parent)


def processes():
    """Parent and arguments of each process, by its number."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            found[int(entry.name)] = status(entry.name)[1], arguments
    return found


def ancestors(process, known):
    found = []
    while process in known:
        process = known[process][0]
        found.append(process)
    return [process for process in found if process in known]


def is_executor(arguments):
    return any("CoarseGrainedExecutorBackend" in argument for argument in arguments)


def is_worker(arguments):
    return arguments[1:2] == ["worker"] and "--no-isolate" not in arguments


def stop_one(candidates):
    """One of the processes that is now stopped, and so in mid-work for as long as that is wanted."""
    for process in candidates:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGSTOP)
            if wait("a process to stop", lambda: status(process)[0].strip("RSD")) == "T":
                return process
    return None


class Zoo:
    """A generated zoo, what one machine finds in it, and the work that others are given."""

    def __init__(self, program, folder, models, broken):
        self.program, self.folder, self.models, self.broken = program, folder, models, broken
        make_zoo(program, folder / "zoo", models, broken)
        seconds = self.add()
        self.expected = rows(folder / "local.sqlite")
        self.work = folder / "work.jsonl"
        with open(self.work, "w") as file:
            # Some of the models are divided.
            subprocess.run([program, "zoo", "plan", folder / "zoo", "--split", SPLIT, "--quiet"], stdout=file, check=True)
        done, failed = len(self.expected["results"]), len(self.expected["errors"])
        check((done, failed) == (models, broken), f"one machine: {done} models in {seconds:.1f} s, {failed} cannot be read")

    def add(self, *options):
        """Seconds for a database of its own."""
        for path in self.folder.glob("local.sqlite*"):
            path.unlink()
        start = time.monotonic()
        run([self.program, "zoo", "add", self.folder / "zoo", "--quiet", "--db", self.folder / "local.sqlite", *options])
        return time.monotonic() - start

    def compare(self, text, results):
        """Whether the results, merged twice and backwards, make the rows of one machine."""
        database = self.folder / "merged.sqlite"
        results = sorted(results)
        done = run([self.program, "zoo", "merge", *results, *reversed(results), "--db", database])
        found = rows(database)
        isSame = done.returncode == 0 and found == self.expected
        check(isSame, f"{text}: the same {sum(map(len, found.values()))} rows{done.stderr[:500]}")
        for path in self.folder.glob("merged.sqlite*"):
            path.unlink()


class Spark:
    """Two executors on this machine, each a process with one core."""

    def __init__(self, zoo):
        self.zoo = zoo
        package = pathlib.Path(importlib.util.find_spec("pyspark").origin).parent
        python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
        self.environment = os.environ | python | {"SPARK_HOME": str(package), "SPARK_LOCAL_IP": "127.0.0.1"}
        self.submit = package / "bin" / "spark-submit"
        self.settings = {
            "spark.ui.enabled": "false",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.compress": "false",
            "spark.eventLog.rolling.enabled": "false",
        }

    def start(self, name, *options):
        """The process, its output and its event log's folder."""
        output, events = self.zoo.folder / name, self.zoo.folder / f"{name}-events"
        events.mkdir()
        settings = self.settings | {"spark.eventLog.dir": events.as_uri()}
        arguments = [self.submit, "--master", "local-cluster[2,1,1024]"]
        for key, value in settings.items():
            arguments += ["--conf", f"{key}={value}"]
        arguments += [HERE / "spark_zoo.py", self.zoo.work, output, "--worker", f"{self.zoo.program} worker", *options]
        return start(arguments, self.environment, self.zoo.folder / f"{name}.log"), output, events

    def end(self, process, name):
        """What the script says at its end."""
        status = process.wait(PATIENCE)
        lines = (self.zoo.folder / f"{name}.log").read_text().splitlines()
        said = [line for line in lines if " lines in " in line]
        if status != 0 or not said:
            print("\n".join(lines[-40:]))
            sys.exit(f"error: spark-submit ended with {status}")
        return said[-1]

    def logged(self, events):
        return [json.loads(line) for path in events.glob("*") for line in path.read_text().splitlines()]

    def check_kills(self):
        process, output, events = self.start("spark", "--units", "4")

        def stopped_worker(after):
            """A worker and its executor, once so many partitions are done."""
            if process.poll() is not None:
                sys.exit("error: Spark ended before anything could be killed")
            if len(list(output.glob("_temporary/0/task_*"))) < after:
                return None
            known = processes()
            executors = {}
            for worker in [number for number, (_, arguments) in known.items() if is_worker(arguments)]:
                executor = next(filter(lambda number: is_executor(known[number][1]), ancestors(worker, known)), None)
                if executor and process.pid in ancestors(executor, known):
                    executors[worker] = executor
            worker = stop_one(executors)
            return worker and (worker, executors[worker])

        worker, executor = wait("a worker", lambda: stopped_worker(3))
        os.kill(executor, signal.SIGKILL)
        # It finds out by itself that nobody listens any more.
        os.kill(worker, signal.SIGCONT)
        worker, _ = wait("another worker", lambda: stopped_worker(6))
        os.kill(worker, signal.SIGKILL)
        said = self.end(process, "spark")

        kinds = [event["Event"] for event in self.logged(events)]
        executors, lost = kinds.count("SparkListenerExecutorAdded"), kinds.count("SparkListenerExecutorRemoved")
        reasons = [event["Task End Reason"]["Reason"] for event in self.logged(events) if "Task End Reason" in event]
        failed = len(reasons) - reasons.count("Success")
        check(lost >= 1 and failed >= 2, f"Spark: {said}; {lost} of {executors} executors lost, {failed} tasks failed")
        self.zoo.compare("Spark, an executor and a worker killed", output.glob("part-*"))

    def check_parquet(self):
        process, output, _ = self.start("spark-parquet", "--format", "parquet")
        said = self.end(process, "spark-parquet")
        columns = ["layer_id", "name", "N", "M", "alpha", "D", "num_spikes", "phase", "log_alpha_norm", "warning"]
        with self.session() as spark:
            frame = spark.read.parquet(str(output))
            found = {tuple(row) for row in frame.where("error is null").select("content", *columns).collect()}
            failed = frame.where("error is not null").count()
        with sqlite3.connect(self.zoo.folder / "local.sqlite") as database:
            query = f"SELECT content, {', '.join(columns)} FROM layers JOIN results ON results.id = result_id"
            expected = set(database.execute(query))
        isSame = found == expected and failed == self.zoo.broken
        check(isSame, f"Spark, Parquet: {said}; the same {len(found)} layers, and {failed} errors")

    @contextlib.contextmanager
    def session(self):
        """Spark in this process, which writes what it has to say to a file."""
        from pyspark.sql import SparkSession

        os.environ.update(self.environment)
        errors = os.dup(2)
        with open(self.zoo.folder / "session.log", "w") as log:
            os.dup2(log.fileno(), 2)
        try:
            spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
            yield spark
            spark.stop()
        finally:
            os.dup2(errors, 2)
            os.close(errors)

    def measure(self, pairs):
        """One machine and Spark in turn, each with two cores."""
        if not pairs:
            return
        whole, inside = [], []
        for index in range(pairs):
            local = self.zoo.add("--jobs", "2")
            start = time.monotonic()
            process, output, events = self.start(f"spark-{index}")
            self.end(process, f"spark-{index}")
            seconds = time.monotonic() - start
            tasks = [event["Task Info"] for event in self.logged(events) if event["Event"] == "SparkListenerTaskEnd"]
            job = max(task["Finish Time"] for task in tasks) - min(task["Launch Time"] for task in tasks)
            job /= 1000
            whole.append(local / seconds)
            inside.append(local / job)
            print(f"      zoo add {local:.1f} s, Spark {seconds:.1f} s, from its first task to its last {job:.1f} s", flush=True)
            shutil.rmtree(output)
        print(f"      throughput of Spark: {statistics.median(inside):.2f} of one machine with as many cores,", end=" ")
        print(f"{statistics.median(whole):.2f} with the start of its processes")


class Slurm:
    """Slurm on one node: its daemons, for the time of the check, with folders and ports of their own."""

    def __init__(self, zoo):
        self.zoo = zoo
        self.folder = zoo.folder / "slurm"
        self.folder.mkdir()
        self.environment = os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf"), "HEAVYTAIL": str(zoo.program)}

    def start(self):
        user = subprocess.check_output(["id", "-un"], text=True).strip()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            ports = one.getsockname()[1], other.getsockname()[1]
        host = socket.gethostname().split(".")[0]
        (self.folder / "state").mkdir()
        (self.folder / "spool").mkdir()
        (self.folder / "slurm.conf").write_text(
            f"""ClusterName=check
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={self.folder}/munge.socket
CredType=cred/munge
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd.pid
SlurmctldLogFile={self.folder}/slurmctld.log
SlurmdLogFile={self.folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
        )
        for arguments in [
            ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.folder}/munge.socket"]
            + [f"--{name}-file={self.folder}/munge.{name}" for name in ["pid", "log", "seed"]],
            ["slurmctld", "-D", "-i"],
            ["slurmd", "-D", "-N", host],
        ]:
            start(arguments, self.environment, self.folder / f"{arguments[0]}.out")
            time.sleep(1)
        wait("Slurm's node", lambda: "idle" in self.run("sinfo", "--noheader", "--format=%T"))

    def run(self, *arguments):
        done = subprocess.run(arguments, env=self.environment, capture_output=True, text=True, cwd=self.folder)
        return done.stdout.strip()

    def submit(self, parts):
        # What memory a node has is nowhere said here.
        options = ["--parsable", f"--array=0-{parts - 1}", "--mem=0", "--output=%A-%a.out"]
        return self.run("sbatch", *options, HERE / "slurm_zoo.sbatch", "work", "results")

    def wait_for(self, job):
        wait("the tasks", lambda: not self.run("squeue", "--noheader", f"--jobs={job}"))

    def is_at_work(self, process):
        with contextlib.suppress(OSError):
            return pathlib.Path(f"/proc/{process}/cwd").resolve() == self.folder

    def finished(self):
        """The parts that have a result, and which file that is."""
        return {path.name: path.stat().st_ino for path in self.folder.glob("results/[0-9]*")}

    def check(self, parts=12):
        (self.folder / "work").mkdir()
        run(["split", "-n", f"r/{parts}", "-d", "-a", "4", self.zoo.work, f"{self.folder}/work/"])
        job = self.submit(parts)

        def stopped_worker():
            known = processes()
            workers = [number for number, (_, arguments) in known.items() if is_worker(arguments)]
            return self.finished() and stop_one(filter(self.is_at_work, workers))

        os.kill(wait("a worker", stopped_worker), signal.SIGKILL)
        self.wait_for(job)
        first = self.finished()
        check(len(first) == parts - 1, f"Slurm: {len(first)} of {parts} parts done, one worker killed")
        self.wait_for(self.submit(parts))
        again = self.finished()
        isOnlyMissing = len(again) == parts and first.items() <= again.items()
        check(isOnlyMissing, f"Slurm: submitted again, {len(again) - len(first)} done")
        self.zoo.compare("Slurm", self.folder.glob("results/*"))


def check_parallel(zoo):
    for options in [["-N8", "--retries", "3"], ["--round-robin", "-N1"]]:
        results = zoo.folder / f"parallel{options[0]}.jsonl"
        arguments = ["parallel", "--will-cite", "--jobs", "2", "--pipe", *options, f"{zoo.program} worker"]
        with open(zoo.work) as source, open(results, "w") as target:
            subprocess.run(arguments, stdin=source, stdout=target, check=True)
        zoo.compare(f"GNU parallel {' '.join(options)}", [results])


def lacking(*programs):
    """Those that are not installed."""
    return [program for program in programs if not shutil.which(program)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--models", type=int, default=400)
    parser.add_argument("--broken", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=0, help="so often measure Spark beside one machine")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="heavytail-cluster-"))
    skipped = 0
    try:
        zoo = Zoo(arguments.program.resolve(), folder, arguments.models, arguments.broken)
        missing = lacking("java") + ([] if importlib.util.find_spec("pyspark") else ["pyspark"])
        if missing:
            print(f"skip  Spark: there is no {', no '.join(missing)} for {sys.executable}")
            skipped += 1
        else:
            spark = Spark(zoo)
            spark.check_kills()
            spark.check_parquet()
            spark.measure(arguments.pairs)
        if missing := lacking("munged", "slurmctld", "slurmd", "sbatch"):
            print(f"skip  Slurm: there is no {', no '.join(missing)}")
            skipped += 1
        else:
            slurm = Slurm(zoo)
            slurm.start()
            slurm.check()
        if missing := lacking("parallel"):
            print("skip  GNU parallel: there is no parallel")
            skipped += 1
        else:
            check_parallel(zoo)
    finally:
        end_all()
        shutil.rmtree(folder)
    if skipped:
        print(f"      {skipped} of 3 skipped")
    sys.exit(1 if check.failed else 0)


if __name__ == "__main__":
    main()
