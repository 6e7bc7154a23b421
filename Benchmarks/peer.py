"""Analyses a folder of safetensors with WeightWatcher, as its users would."""

import sys

import weightwatcher

watcher = weightwatcher.WeightWatcher(model=sys.argv[1])
print(watcher.analyze(mp_fit=True))
