#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Analyses a zoo on Apache Spark: each partition of the work is piped through `heavytail worker`.

    heavytail zoo plan /shared/models > work.jsonl
    spark-submit spark_zoo.py work.jsonl /shared/results
    heavytail zoo merge /shared/results/part-* --db zoo.sqlite

The program and the models have to be on every machine, at the same paths. Needs PySpark and nothing else."""
import argparse
import json
import os
import sys
import time

from pyspark import StorageLevel
from pyspark.sql import SparkSession

# What any line costs beside its operations, in floating-point operations.
UNIT_COST = 1e8
# How many partitions of equal cost there would be for each core, so that the last to end is short.
PARTITIONS_PER_CORE = 4
# Of the driver's environment, what workers are given: PySpark would start them with none.
ENVIRONMENT = ["PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "HEAVYTAIL_PLUGIN_PATH"]


def partitions(lines, cores, most):
    """The lines in groups of at most `most`, none of more than a share of the cost unless it is one line; the most
    expensive first, which is the order in which Spark starts them."""
    costs = [(json.loads(line)["flops"] + UNIT_COST, line) for line in lines]
    costs.sort(key=lambda unit: -unit[0])
    share = sum(cost for cost, _ in costs) / (PARTITIONS_PER_CORE * cores)
    groups, load = [], 0
    for cost, line in costs:
        if not groups or len(groups[-1]) == most or load + cost > share:
            groups.append([])
            load = 0
        groups[-1].append(line)
        load += cost
    return groups


def rows(result):
    """The rows of one result, as JSON: one for each layer, or one that says what went wrong."""
    result = json.loads(result)
    work, model, error = result["work"] or {}, result["model"] or {}, result["error"] or {}
    place = (work.get("places") or [{}])[0]
    common = {
        "content": work.get("content"),
        "path": place.get("path"),
        "model": place.get("name"),
        "part": (work.get("part") or {}).get("number"),
        "version": result["version"],
        "error_code": error.get("code"),
        "error": error.get("message"),
    }
    for layer in model.get("layers") or [{}]:
        layer.pop("findings", None)
        yield json.dumps(common | layer)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", help="lines of `heavytail zoo plan`; - for standard input")
    parser.add_argument("output", help="a new folder that all machines can write to, or a URL that Spark can")
    parser.add_argument(
        "--format",
        choices=["jsonl", "parquet"],
        default="jsonl",
        help="jsonl: results, for `heavytail zoo merge`; parquet: a row for each layer, for queries",
    )
    parser.add_argument("--worker", default="heavytail worker", help="the command and its options (default: %(default)s)")
    parser.add_argument("--units", type=int, default=8, help="lines in a partition at most (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.units < 1:
        parser.error("--units is less than 1")

    with sys.stdin if arguments.work == "-" else open(arguments.work, encoding="utf-8") as file:
        lines = [line for line in file if line.strip()]
    if not lines:
        sys.exit("error: there is no work")

    spark = SparkSession.builder.appName("heavytail").getOrCreate()
    context = spark.sparkContext
    start = time.monotonic()
    groups = partitions(lines, context.defaultParallelism, arguments.units)
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    # A model that cannot be read is a result. A worker that ends with a failure makes its partition fail, which Spark
    # tries again; a partition's file is moved to its place when the whole partition is done, once.
    results = (
        context.parallelize(groups, len(groups))
        .flatMap(lambda group: group)
        .pipe(arguments.worker, environment, checkCode=True)
    )
    if arguments.format == "jsonl":
        results.saveAsTextFile(arguments.output)
        answered = context.textFile(arguments.output).count()
    else:
        # They are read twice: for the names and types of the columns, and for their values.
        layers = spark.read.json(results.flatMap(rows).persist(StorageLevel.DISK_ONLY))
        layers.write.parquet(arguments.output)
        answered = spark.read.parquet(arguments.output).select("content", "part").distinct().count()
    seconds = time.monotonic() - start
    print(f"{answered} of {len(lines)} lines in {len(groups)} partitions, {seconds:.1f} s", file=sys.stderr)
    spark.stop()
    sys.exit(0 if answered == len(lines) else 1)


if __name__ == "__main__":
    main()
