#!/bin/sh
# site.sh FOLDER: the documentation of all public modules as one static site, from modules that have been built.
# What docc warns of, such as a symbol that it cannot resolve, is an error; parameters are documented where their names
# do not say enough.
set -eu
site=$1
modules="ModelReading ModelReaders ExternalReader ReaderConformance HDF5 SafetensorsFormat DumpFormat LayerDump
  MatrixSlicing LinearAlgebra SpectralCore Analysis Reporting
  SafetensorsReader PyTorchReader KerasReader ONNXReader GGUFReader NumPyReader LayerDumpReader"
binaries=$(dirname "$(readlink -f "$(command -v swiftc)")")
built=$(swift build --show-bin-path)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

includes=
for folder in Sources/C*/; do includes="$includes -I $folder"; done
for map in "$built"/*.build/module.modulemap; do includes="$includes -Xcc -fmodule-map-file=$map"; done
target=$(swiftc -print-target-info | sed -n 's/^ *"triple": "\(.*\)",$/\1/p' | head -n 1)

archives=
for module in $modules; do
  mkdir "$work/$module"
  # shellcheck disable=SC2086 # several arguments each
  "$binaries/swift-symbolgraph-extract" -module-name "$module" -target "$target" -I "$built/Modules" $includes \
    -minimum-access-level public -emit-extension-block-symbols -skip-synthesized-members -output-dir "$work/$module"
  catalog=$(find Sources Plugins -type d -name "$module.docc")
  # shellcheck disable=SC2086
  "$binaries/docc" convert $catalog --additional-symbol-graph-dir "$work/$module" --ide-console-output \
    --fallback-display-name "$module" --fallback-bundle-identifier "heavytail.$module" \
    --output-path "$work/$module.doccarchive" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  grep -E '(warning|error): ' "$work/log" | grep -v 'is missing documentation' >>"$work/warnings" || true
  archives="$archives $work/$module.doccarchive"
done
if [ -s "$work/warnings" ]; then
  cat "$work/warnings" >&2
  exit 1
fi
rm -rf "$site"
mkdir -p "$(dirname "$site")"
# shellcheck disable=SC2086
"$binaries/docc" merge $archives --synthesized-landing-page-name HeavyTail --output-path "$site"
