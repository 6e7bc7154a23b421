# SPDX-License-Identifier: Apache-2.0
"""Analyses a folder of safetensors with WeightWatcher at its defaults, the least that it does.

The last line is JSON: the rows, those that succeeded, versions and BLAS kernels. Without a folder: only these."""

import importlib.metadata
import json
import sys

import threadpoolctl
import weightwatcher

report = {}
if len(sys.argv) > 1:
    details = weightwatcher.WeightWatcher(model=sys.argv[1]).analyze()
    report = {"rows": len(details), "analysed": int((details["status"] == "success").sum())}
packages = ("weightwatcher", "numpy", "scipy", "torch")
report["versions"] = {name: importlib.metadata.version(name) for name in packages}
report["kernels"] = sorted({f"{library['internal_api']} {library['version']} {library['architecture']}"
                            for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"})
print(json.dumps(report))
