#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures whole processes: wall time and peak memory (resident, mapped files included), medians of several runs.

    measure.py HEAVYTAIL [--kernels KERNELS] [--peer PYTHON] [--pairs N] [--threads N] [--models NAME…]

First what a program that has nothing to compute takes: its start, and the indexes of all sample models and of models
larger than memory. Then analyses side by side with WeightWatcher, which PYTHON has installed (pip install
weightwatcher threadpoolctl). Both take turns within each pair of runs, see the same environment and use the same number
of threads; WeightWatcher runs at its defaults, so it fits fewer laws than we do. Then export beside cp. At last where
the time of our analyses went, stage by stage, what of it the flop model explains, and how much memory they took beside
what was to be expected. Ratios come first. The raw numbers go to Benchmarks/results as JSON."""

import argparse
import csv
import datetime
import io
import json
import os
import pathlib
import platform
import re
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
    """Runs a command to its end: its output, wall seconds, peak MiB, how many cores others kept busy meanwhile, and
    what it says on standard error."""
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
        messages = errors.read().decode(errors="replace")
        if process.returncode != 0:
            sys.exit(f"error: exit status {process.returncode} of {' '.join(map(str, command))}\n{messages[-1000:]}")
        return output.read().decode(), seconds, usage.ru_maxrss / 1024, max(0, others), messages


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
        self.output, seconds, mebibytes, others, _ = measured(self.command, self.threads)
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


def timed(tool, arguments, runs):
    """Runs of a command, after one that only fills the caches."""
    measured([tool, *arguments])
    result = Runs([tool, *arguments])
    for _ in range(runs):
        result.run()
    return result


def large_models():
    """Models larger than memory, which take no room on the disk."""
    holes = PLACE / "holes"
    if not holes.exists():
        subprocess.run([sys.executable, HERE / "make_large_models.py", holes], check=True)
    return [holes / name for name in ("inline-1gib.onnx", "external-2gib.onnx", "sharded-20gib")]


def size(path):
    """Bytes of a model: of the file and what lies beside it under its name, or of the folder."""
    files = path.rglob("*") if path.is_dir() else path.parent.glob(path.name + "*")
    return sum(file.stat().st_size for file in files if file.is_file())


def measure_indexes(tool, runs):
    """Start-up, and `inspect` of every sample model and of models larger than memory: ours alone."""
    manifest = json.loads((SAMPLES / "manifest.json").read_text())
    formats = {}
    for file in manifest["files"]:
        if "expect" not in file:
            formats.setdefault(file["format"], []).append(SAMPLES / file["path"])
    start = timed(tool, ["--version"], 4 * runs)
    print(f"{'inspect':<28} {'/ start-up':>10} {'median ms':>10} {'peak MiB':>9}  slowest")
    print(f"{'(start-up: --version)':<28} {'1.0×':>10} {start.time * 1000:>10.1f} {start.memory:>9.1f}", flush=True)
    results = {"--version": start.raw}

    def row(label, paths):
        all_runs = {path: timed(tool, ["inspect", "--quiet", path], runs) for path in paths}
        slowest = max(paths, key=lambda path: all_runs[path].time)
        time = statistics.median(one.time for one in all_runs.values())
        print(f"{label:<28} {time / start.time:>9.1f}× {time * 1000:>10.1f}"
              f" {max(one.memory for one in all_runs.values()):>9.1f}"
              f"  {all_runs[slowest].time * 1000:.1f} ms {slowest.name}", flush=True)
        names = {path: str(path.relative_to(ROOT)) for path in paths}
        results.update({names[path]: one.raw | {"bytes": size(path)} for path, one in all_runs.items()})

    for name, paths in sorted(formats.items()):
        row(f"{len(paths)} samples, {name}", paths)
    for path in large_models():
        row(f"{path.name}, {size(path) / 2**30:.0f} GiB", [path])
    return results


def measure_samples(tool, runs):
    """Analyses of the trained sample models: ours alone."""
    print(f"{'analyze':<28} {'median ms':>10} {'peak MiB':>9}")
    results = {}
    for name in ("LeNet5/lenet5.safetensors", "LeNet5/lenet5.h5", "LeNet5Large", "MLP3"):
        runs_of_it = timed(tool, ["analyze", SAMPLES / name], runs)
        print(f"{name:<28} {runs_of_it.time * 1000:>10.1f} {runs_of_it.memory:>9.1f}", flush=True)
        results[name] = runs_of_it.raw
    return results


def copy_trained_model():
    """A sample model under the names that the peer looks for."""
    folder = PLACE / "LeNet5Large"
    folder.mkdir(exist_ok=True)
    shutil.copy(SAMPLES / "LeNet5Large" / "lenet5-large.safetensors", folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "lenet5"}))


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
    largest = max(8 * (count * n * m + m * m) for count, n, m, _ in rows(ours.output))
    result = {"layers": len(rows(ours.output)), "runs": {key: value.raw for key, value in runs.items()},
              "expected_mib": 1.3 * largest / 2**20 + 60}
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


def measure_export(tool, folder, pairs):
    """Export of a model beside a copy of its files, as it is and with the data on the disk as ours are."""
    exported, copied = PLACE / "exported", PLACE / "copied"
    # Both leave the old one until the new one is there: memory that has just been freed is quicker to write to.
    copy = 'cp -r -L "$0" "$1.new" && rm -rf "$1" && mv "$1.new" "$1"'
    runs = {"ours": Runs([tool, "export", "--quiet", "--force", "--output", exported, folder]),
            "cp": Runs(["sh", "-c", copy, folder, copied]),
            "cp, sync": Runs(["sh", "-c", copy + ' && sync "$1"/*', folder, copied])}
    for index in range(pairs):
        for variant in list(runs.values())[::-1 if index % 2 else 1]:
            variant.run()
    ours = runs["ours"]
    print(f"{'export, beside cp':<18} {'cp/ours':>8} {'synced/ours':>12} {'ours s':>8} {'cp s':>8} {'synced s':>9}"
          f" {'ours MiB/s':>11} {'peak MiB':>9}")
    print(f"{folder.name:<18} {ratio(runs['cp'].seconds, ours.seconds):>7.2f}×"
          f" {ratio(runs['cp, sync'].seconds, ours.seconds):>11.2f}× {ours.time:>8.2f} {runs['cp'].time:>8.2f}"
          f" {runs['cp, sync'].time:>9.2f} {size(folder) / 2**20 / ours.time:>11.0f} {ours.memory:>9.0f}", flush=True)
    shutil.rmtree(exported)
    shutil.rmtree(copied)
    return {key: value.raw for key, value in runs.items()}


def stages(timings):
    """Seconds by stage, as `--timings` prints them; `wall` is the whole."""
    words = (line.split() for line in timings[timings.index("timings in seconds"):].splitlines()[1:])
    return {row[0]: float(row[1]) for row in words}


def rows(table):
    """The spectra of our CSV as (matrices, N, M, arithmetic)."""
    return [(int(row["slices"]), int(row["N"]), int(row["M"]), row["arithmetic"])
            for row in csv.DictReader(io.StringIO(table)) if row["status"] == "ok"]


def peaks(kernels):
    """Operations per second of a large matrix product on one thread, by arithmetic."""
    lines = (text([kernels, 1, 256]) or "").splitlines()
    found = [re.fullmatch(r"(double|single) .* ([0-9.]+) GF .*", line) for line in lines]
    return {match[1]: float(match[2]) * 1e9 for match in found if match}


def measure_stages(tool, folders, peak):
    """Where one thread's time goes, and what of it the operations of the decomposition explain."""
    names = ("start", "open", "decode", "gram", "eigenvalues", "fits", "report")
    print("one thread, --timings: shares of the wall time; model: (NM² + 4/3·M³)/peak of a matrix product, of the time of"
          " Gram matrices\nand eigenvalues")
    print(f"{'model':<12} {'model/actual':>12}" + "".join(f" {name:>11}" for name in names) + f" {'wall s':>8}"
          f" {'model s':>8}")
    results = {}
    for name, folder in folders.items():
        command = [tool, "analyze", "--format", "csv", "--timings", "--threads", "1", folder]
        table, _, _, others, errors = measured(command, 1)
        seconds = stages(errors)
        model = sum(count * (n * m * m + 4 / 3 * m**3) / peak[arithmetic]
                    for count, n, m, arithmetic in rows(table)) if peak else None
        actual = seconds["gram"] + seconds["eigenvalues"]
        print(f"{name:<12} " + (f"{model / actual:>12.2f}" if model else f"{'-':>12}")
              + "".join(f" {100 * seconds[stage] / seconds['wall']:>10.0f}%" for stage in names)
              + f" {seconds['wall']:>8.2f}" + (f" {model:>8.2f}" if model else f" {'-':>8}"), flush=True)
        results[name] = {"seconds": seconds, "model_seconds": model, "other_cores": others}
    return results


def report_memory(results):
    """Peaks of the comparisons beside what the largest layer lets expect."""
    print("memory: the largest layer in doubles and its Gram matrix, times 1.3, and 60 MiB")
    print(f"{'model':<12} {'actual/model':>12} {'actual MiB':>11} {'model MiB':>10}")
    for name, result in results.items():
        actual = statistics.median(result["runs"]["auto"]["peak_mib"])
        model = result["expected_mib"]
        print(f"{name:<12} {actual / model:>12.2f} {actual:>11.0f} {model:>10.0f}")


def main():
    parser = argparse.ArgumentParser(description="Measures HeavyTail, and WeightWatcher beside it.")
    parser.add_argument("tool", type=pathlib.Path)
    parser.add_argument("--kernels", type=pathlib.Path, help="the program that measures matrix products")
    parser.add_argument("--peer", default="python3", help="a Python with weightwatcher")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each side of a comparison")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", nargs="*", help="compare only these, and leave out the indexes")
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
        results["indexes"] = measure_indexes(tool, options.pairs)
        print()
        results["samples"] = measure_samples(tool, 2 * options.pairs)
        print()

    if text([options.peer, HERE / "make_random_models.py", PLACE]) is None:
        print(f"{options.peer} has no numpy: random models are not made")
    copy_trained_model()
    folders = {path.parent.name: path.parent for path in sorted(PLACE.glob("*/model.safetensors"))
               if not options.models or path.parent.name in options.models}
    print(f"{options.pairs} pairs of runs, {options.threads} threads, medians; the ratios are taken within each pair;"
          " others: how many cores\nwere busy with something else, at worst")
    show(COLUMNS)
    results["models"] = {name: compare(tool, peer, name, folder, options.pairs, options.threads)
                         for name, folder in folders.items()}
    print()
    if folders:
        largest = max(folders.values(), key=size)
        results["export"] = measure_export(tool, largest, options.pairs)
        print()
    results["peak"] = peaks(options.kernels) if options.kernels else {}
    results["stages"] = measure_stages(tool, folders, results["peak"])
    print()
    report_memory(results["models"])

    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    path = folder / f"{results['date'].replace(':', '')}.json"
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False))
    print(f"\nraw numbers: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
