#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether a zoo holds what it promises: 400 models in mixed formats, 20 of them broken, analysed in one go, in a run that is
killed again and again, and by workers; then 100,000 models with synthetic results.

Needs nothing but Python's standard library."""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "SampleModels"

# Samples of which a byte among the values can be changed: no checksum covers them.
PATCHED = [
    "LeNet5/lenet5-legacy.pth",
    "LeNet5/lenet5.h5",
    "LeNet5/lenet5.onnx",
    "LeNet5/lenet5.safetensors",
    "GGUF/version-2.gguf",
    "Training/mlp3/mlp3-epoch-10.safetensors",
]
BROKEN = ["LeNet5/lenet5.pt", "LeNet5/lenet5.npz", "LeNet5/lenet5.h5", "LeNet5/lenet5.onnx"]
ENSEMBLES = [
    ["gaussian"],
    ["spiked"],
    ["student-t"],
    ["power-law-covariance", "--alpha", "3"],
    ["lomax"],
    ["low-rank"],
]


def run(arguments, **options):
    return subprocess.run(arguments, check=False, capture_output=True, text=True, **options)


def make_zoo(program, folder, models, broken):
    """`models` of which `broken` cannot be read, each of its own content."""
    folder.mkdir()
    for index in range(models - broken):
        kind = index % 4
        if kind == 0:
            ensemble = ENSEMBLES[index // 4 % len(ENSEMBLES)]
            size = ["--rows", str(64 + index % 7 * 32), "--columns", str(48 + index % 5 * 24)]
            path = folder / f"{ensemble[0]}{index}.safetensors"
            run([program, "synth", *ensemble, *size, "--seed", str(index), "-o", path])
            if index % 8 == 0:
                # As a folder that is one model, in either layout.
                layout = "npy" if index % 16 == 0 else "safetensors"
                run([program, "export", path, "--layout", layout, "-o", folder / f"dump{index}"])
                path.unlink()
        else:
            sample = SAMPLES / PATCHED[index % len(PATCHED)]
            data = bytearray(sample.read_bytes())
            # One value in the middle, of the first bytes that are no zeros: its last bits.
            place = len(data) // 2 // 4 * 4
            data[place : place + 2] = index.to_bytes(2, "little")
            below = folder / f"family{index % 9}"
            below.mkdir(exist_ok=True)
            (below / f"{sample.stem}-{index}{sample.suffix}").write_bytes(data)
    for index in range(broken):
        sample = SAMPLES / BROKEN[index % len(BROKEN)]
        data = sample.read_bytes()
        (folder / f"broken{index}{sample.suffix}").write_bytes(data[: len(data) * (index + 1) // (broken + 2)])


def rows(path):
    """All rows in an order of their own, without the numbers that the database gives to them."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        result = "SELECT r.content || settings || version"
        joined = "JOIN results r ON r.id = t.result_id JOIN runs ON runs.id = r.run_id"
        queries = {
            "models": "SELECT * FROM models ORDER BY path",
            "files": "SELECT m.path, f.* FROM files f JOIN models m ON m.id = model_id ORDER BY m.path, f.position",
            "results": f"{result}, r.* FROM results r JOIN runs ON runs.id = run_id ORDER BY 1",
            "errors": f"{result}, t.* FROM errors t {joined} ORDER BY 1",
        }
        for table in ["layers", "findings", "diagnostics"]:
            queries[table] = f"{result}, t.* FROM {table} t {joined} ORDER BY 1, position"
        found = {}
        for table, query in queries.items():
            cursor = database.execute(query)
            kept = [
                index
                for index, column in enumerate(cursor.description)
                if column[0] not in ("id", "model_id", "run_id", "result_id")
            ]
            found[table] = [tuple(row[index] for index in kept) for row in cursor]
        return found


def count(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        return dict(database.execute("SELECT status, COUNT(*) FROM results GROUP BY status"))


def check(condition, text):
    print(("ok    " if condition else "WRONG ") + text, flush=True)
    if not condition:
        check.failed = True


check.failed = False


def same(found, expected, text):
    different = [table for table in expected if found[table] != expected[table]]
    check(not different, f"{text}: " + (f"other rows in {', '.join(different)}" if different else "the same rows"))


def progress(database):
    """How many models are done, also of a database that is only being made."""
    try:
        return sum(count(database).values()) if database.exists() else 0
    except sqlite3.OperationalError:
        return 0


def soak(program, folder, models, broken, kills, seed):
    zoo = folder / "zoo"
    make_zoo(program, zoo, models, broken)
    add = [program, "zoo", "add", zoo, "--quiet", "--db"]

    whole = folder / "whole.sqlite"
    start = time.monotonic()
    run([*add, whole])
    first = time.monotonic() - start
    statuses = count(whole)
    accounted = sum(statuses.values())
    check(accounted == models and statuses.get("failed") == broken, f"{accounted} models in {first:.1f} s: {statuses}")
    start = time.monotonic()
    run([*add, whole])
    again = time.monotonic() - start
    check(again < 2, f"again: {again:.2f} s")
    expected = rows(whole)
    page = folder / "zoo.html"
    seconds, memory, status = timed([program, "zoo", "report", "-o", page, "--db", whole])
    size = page.stat().st_size / 2**20 if status == 0 else 0
    check(status == 0 and size < 5 and seconds < 2, f"as a page: {size:.2f} MiB in {seconds:.2f} s, {memory:.0f} MiB of memory")

    killed = folder / "killed.sqlite"
    random.seed(seed)
    done = []
    # Some while the files are looked at, the others in mid-work: when so many models are done.
    early = kills // 4
    targets = [0] * early + sorted(random.randrange(1, models) for _ in range(kills - early))
    for target in targets:
        process = subprocess.Popen([*add, killed], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and progress(killed) < target:
            time.sleep(0.002)
        time.sleep(random.uniform(0, first / 5 if target == 0 else 0.02))
        process.send_signal(signal.SIGKILL)
        process.wait()
        done.append(progress(killed))
    run([*add, killed])
    same(rows(killed), expected, f"killed {kills} times, with {done} models done")

    work, results, merged = folder / "work.jsonl", folder / "results.jsonl", folder / "merged.sqlite"
    start = time.monotonic()
    with open(work, "w") as file:
        subprocess.run([program, "zoo", "plan", zoo, "--quiet"], stdout=file, check=True)
    with open(work) as source, open(results, "w") as target:
        subprocess.run([program, "worker", "--jobs", str(os.cpu_count())], stdin=source, stdout=target, check=True)
    run([program, "zoo", "merge", results, "--db", merged])
    elsewhere = time.monotonic() - start
    same(rows(merged), expected, f"by workers, in {elsewhere:.1f} s")
    tables = ", ".join(f"{len(found)} {table}" for table, found in expected.items())
    print(f"      {tables}")


def timed(arguments, output=subprocess.DEVNULL):
    start = time.monotonic()
    process = subprocess.Popen(arguments, stdout=output, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    return time.monotonic() - start, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def synthetic(program, folder, models):
    """As many models, each a file of its own, with results that nobody computed."""
    zoo = folder / "many"
    zoo.mkdir()
    header = b'{"fc.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}'
    header = len(header).to_bytes(8, "little") + header
    for index in range(models):
        if index % 1000 == 0:
            (below := zoo / f"part{index // 1000}").mkdir()
        (below / f"net{index}.safetensors").write_bytes(header + index.to_bytes(16, "little"))

    work, results, database = folder / "many.jsonl", folder / "many-results.jsonl", folder / "many.sqlite"
    with open(work, "w") as file:
        seconds, memory, _ = timed([program, "zoo", "plan", zoo, "--quiet"], file)
    check(memory < 300, f"{models} models planned, each file read: {seconds:.1f} s, {memory:.0f} MiB")

    version = run([program, "--version"]).stdout.strip()
    random.seed(1)
    with open(work) as source, open(results, "w") as target:
        for line in source:
            alpha = random.uniform(2, 7)
            layer = {"layer_id": 0, "name": "fc", "alpha": alpha, "N": 2, "M": 2, "status": "ok", "findings": []}
            summary = {"parameters": 4, "analyzed": 1, "failed": 0, "mean_alpha": alpha, "mean_alpha_weighted": alpha}
            model = {"format": "safetensors", "summary": summary, "findings": [], "layers": [layer], "diagnostics": []}
            result = {"schema": "heavytail.result/1", "version": version, "work": json.loads(line), "model": model, "error": None}
            target.write(json.dumps(result) + "\n")
    seconds, memory, _ = timed([program, "zoo", "merge", results, "--quiet", "--db", database])
    check(memory < 300, f"merged: {seconds:.1f} s, {memory:.0f} MiB")
    for name, arguments, limit in [
        ("planned again, nothing read", ["plan", zoo, "--quiet"], 5),
        ("added again", ["add", zoo, "--quiet"], None),
        ("listed", ["list"], 5),
        ("ranked", ["rank", "--by", "alpha"], 0.2),
        ("ranked, all", ["rank", "--by", "alpha", "--limit", "0", "--format", "csv"], None),
        ("ranked by a column of the layers", ["rank", "--by", "alpha_low"], None),
    ]:
        seconds, memory, status = timed([program, "zoo", *arguments, "--db", database])
        isWithin = status == 0 and memory < 300 and (limit is None or seconds < limit)
        check(isWithin, f"{name}: {seconds:.2f} s, {memory:.0f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--models", type=int, default=400)
    parser.add_argument("--broken", type=int, default=20)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--synthetic", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="heavytail-zoo-"))
    try:
        if arguments.models:
            soak(arguments.program, folder, arguments.models, arguments.broken, arguments.kills, arguments.seed)
        if arguments.synthetic:
            synthetic(arguments.program, folder, arguments.synthetic)
    finally:
        shutil.rmtree(folder)
    sys.exit(1 if check.failed else 0)


if __name__ == "__main__":
    main()
