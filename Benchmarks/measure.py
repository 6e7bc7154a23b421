#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures whole processes: wall time and peak memory (resident, mapped files included), medians of several runs.

    measure.py HEAVYTAIL [--peer PYTHON] [--pairs N] [--threads N] [--models NAME…]

First commands of our own on the sample models and on models larger than memory, then analyses side by side with
WeightWatcher, which PYTHON has installed (pip install weightwatcher threadpoolctl). Both take turns within each
pair of runs, see the same environment and use the same number of threads; WeightWatcher runs at its defaults, so
it fits fewer laws than we do. The raw numbers go to Benchmarks/results as JSON."""

import argparse
import csv
import datetime
import io
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PLACE = ROOT / ".build" / "bench"
SAMPLES = ROOT / "SampleModels"


def busy():
    """Seconds that all cores together have worked, or that their host has taken from them."""
    user, nice, system, _, _, interrupts, soft, stolen = map(int, open("/proc/stat").readline().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def measured(command, threads=None):
    """Runs a command to its end: its output, wall seconds, peak MiB, and how many cores others kept busy meanwhile."""
    environment = dict(os.environ)
    if threads:
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        environment |= dict.fromkeys(names, str(threads))
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start, before = time.perf_counter(), busy()
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        others = (busy() - before - usage.ru_utime - usage.ru_stime) / seconds
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            message = errors.read().decode(errors="replace")[-1000:]
            sys.exit(f"error: exit status {process.returncode} of {' '.join(map(str, command))}\n{message}")
        return output.read().decode(), seconds, usage.ru_maxrss / 1024, max(0, others)


def text(command):
    """What a command prints, or nothing where it cannot be run."""
    try:
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


class Runs:
    """The runs of one command."""

    def __init__(self, command, threads=None):
        self.command, self.threads, self.output = command, threads, ""
        self.seconds, self.mebibytes, self.others = [], [], []

    def run(self):
        self.output, seconds, mebibytes, others = measured(self.command, self.threads)
        self.seconds.append(seconds)
        self.mebibytes.append(mebibytes)
        self.others.append(others)

    @property
    def time(self):
        return statistics.median(self.seconds)

    @property
    def memory(self):
        return statistics.median(self.mebibytes)

    @property
    def raw(self):
        return {"seconds": self.seconds, "peak_mib": self.mebibytes, "other_cores": self.others}


def ratio(numerators, denominators):
    """The median of the ratios within each pair."""
    return statistics.median(a / b for a, b in zip(numerators, denominators))


def machine():
    models = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return {"processor": models[0] if models else platform.processor(), "cores": os.cpu_count(),
            "system": platform.platform(), "load": os.getloadavg()[0],
            "environment": {k: v for k, v in os.environ.items() if k.startswith(("OPENBLAS_", "OMP_", "MKL_"))}}


def measure_commands(tool, runs):
    """Start-up, headers and the sample models: ours alone."""
    holes = PLACE / "holes"
    if not holes.exists():
        subprocess.run([sys.executable, HERE / "make_large_models.py", holes], check=True)
    rows = [("start-up (--version)", ["--version"])]
    for suffix in ("safetensors", "pt", "h5", "onnx", "npz"):
        name = f"LeNet5/lenet5.{suffix}"
        rows += [(f"{command} {name}", [command, SAMPLES / name]) for command in ("inspect", "analyze")]
    rows += [(f"analyze {name}", ["analyze", SAMPLES / name]) for name in ("LeNet5Large", "MLP3")]
    rows += [(f"inspect {name}", ["inspect", holes / name])
             for name in ("inline-1gib.onnx", "external-2gib.onnx", "sharded-20gib")]
    print(f"{'command':<40} {'median ms':>10} {'peak MiB':>10}")
    results = {}
    for label, arguments in rows:
        measured([tool, *arguments])
        all_runs = Runs([tool, *arguments])
        for _ in range(runs):
            all_runs.run()
        print(f"{label:<40} {all_runs.time * 1000:>10.1f} {all_runs.memory:>10.1f}", flush=True)
        results[label] = all_runs.raw
    return results


def copy_trained_model():
    """A sample model under the names that the peer looks for."""
    folder = PLACE / "LeNet5Large"
    folder.mkdir(exist_ok=True)
    shutil.copy(SAMPLES / "LeNet5Large" / "lenet5-large.safetensors", folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "lenet5"}))


def analysed(table):
    """How many rows of our CSV are results."""
    return sum(row["status"] == "ok" for row in csv.DictReader(io.StringIO(table)))


COLUMNS = ("model", "peer/ours", "memory", "1/2 threads", "ours s", "double s", "1 thread s", "peer s",
           "ours MiB", "peer MiB", "layers", "peer's", "others")


def show(cells):
    print(f"{cells[0]:<12}" + "".join(f" {cell:>{len(name) + 1}}" for cell, name in zip(cells[1:], COLUMNS[1:])),
          flush=True)


def compare(tool, peer, name, folder, pairs, threads):
    """One model, ours and the peer's in turn, every other pair in the opposite order."""
    analyze = [tool, "analyze", "--format", "csv", folder, "--threads"]
    runs = {"auto": Runs([*analyze, threads], threads),
            "double": Runs([*analyze, threads, "--precision", "double"], threads),
            "one thread": Runs([*analyze, 1], 1)}
    if peer:
        runs["peer"] = Runs([peer, HERE / "peer.py", folder], threads)
    for index in range(pairs):
        for variant in list(runs.values())[::-1 if index % 2 else 1]:
            variant.run()
    ours, other = runs["auto"], runs.get("peer")
    result = {"layers": analysed(ours.output), "runs": {key: value.raw for key, value in runs.items()}}
    if other:
        result["peer"] = json.loads(other.output.splitlines()[-1])
    show([name,
          f"{ratio(other.seconds, ours.seconds):.1f}×" if other else "-",
          f"{ratio(other.mebibytes, ours.mebibytes):.1f}×" if other else "-",
          f"{ratio(runs['one thread'].seconds, ours.seconds):.2f}×",
          *(f"{runs[key].time:.2f}" if key in runs else "-" for key in ("auto", "double", "one thread", "peer")),
          f"{ours.memory:.0f}", f"{other.memory:.0f}" if other else "-",
          result["layers"], result["peer"]["analysed"] if other else "-",
          f"{max(max(variant.others) for variant in runs.values()):.2f}"])
    return result


def main():
    parser = argparse.ArgumentParser(description="Measures HeavyTail, and WeightWatcher beside it.")
    parser.add_argument("tool", type=pathlib.Path)
    parser.add_argument("--peer", default="python3", help="a Python with weightwatcher")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each side of a comparison")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", nargs="*", help="compare only these, and leave out the commands")
    options = parser.parse_args()
    tool = options.tool.resolve()
    PLACE.mkdir(parents=True, exist_ok=True)

    results = {"date": datetime.datetime.now().isoformat(timespec="seconds"), "machine": machine(),
               "commit": text(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"]),
               "version": text([tool, "--version"]), "system": text([tool, "formats", "--system"]),
               "pairs": options.pairs, "threads": options.threads}
    for key, value in results["machine"].items():
        print(f"{key}: {value}")
    print(f"ours: {results['version']}\n{results['system']}")

    peer = options.peer
    information = text([peer, HERE / "peer.py"])
    if information:
        results["peer"] = json.loads(information.splitlines()[-1])
        print(f"peer: {results['peer']['versions']}\nkernels: {'; '.join(results['peer']['kernels'])}\n")
    else:
        peer = None
        print(f"peer: {options.peer} has no WeightWatcher, so there is no comparison"
              " (pip install weightwatcher threadpoolctl)\n")

    if options.models is None:
        results["commands"] = measure_commands(tool, 2 * options.pairs)
        print()

    if text([options.peer, HERE / "make_random_models.py", PLACE]) is None:
        print(f"{options.peer} has no numpy: random models are not made")
    copy_trained_model()
    folders = {path.parent.name: path.parent for path in sorted(PLACE.glob("*/model.safetensors"))}
    print(f"{options.pairs} pairs of runs, {options.threads} threads, medians; the ratios are taken within each pair;"
          " others: how many cores\nwere busy with something else, at worst")
    show(COLUMNS)
    results["models"] = {name: compare(tool, peer, name, folder, options.pairs, options.threads)
                         for name, folder in folders.items() if not options.models or name in options.models}

    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    path = folder / f"{results['date'].replace(':', '')}.json"
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False))
    print(f"\nraw numbers: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
