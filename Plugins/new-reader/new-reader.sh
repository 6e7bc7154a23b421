#!/bin/sh
# new-reader.sh NAME: begins a reader, for `make new-reader NAME=Foo`. CONTRIBUTING.md, "Adding a reader", goes on
# from there. The files come from the templates beside this script, with another name for Foo and foo.
set -eu
export LC_ALL=C
name=${1-}
reader=${name}Reader
format=$(printf %s "$name" | tr '[:upper:]' '[:lower:]')
templates=Plugins/new-reader
manifest=Package.swift
registry=Sources/ModelReaders/BuiltInReaders.swift
cd "$(dirname "$0")/../.."

refuse() {
  echo "error: $1" >&2
  exit 1
}

case $name in
'') refuse 'a name is needed: make new-reader NAME=Foo' ;;
*Reader) refuse "'$name' becomes ${name}Reader: leave out the last word, NAME=${name%Reader}" ;;
[!A-Z]* | *[!A-Za-z0-9]*) refuse "'$name' is not UpperCamelCase of letters and digits, as Foo is" ;;
esac
for path in "Plugins/$reader" "Tests/${reader}Tests"; do
  [ ! -e "$path" ] || refuse "$path exists"
done
! grep -qx " *\.$format," "$registry" || refuse "$registry has a reader of the format '$format'"
taken=$(grep -rlE --include='*.swift' "(struct|class|enum|protocol|actor|typealias) $reader\>" Sources Plugins || true)
[ -z "$taken" ] || refuse "$reader is the name of a type, in $taken"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# add LINE FILE START: FILE with LINE at the end of the list that START begins, on standard output.
add() {
  awk -v line="$1" -v start="$3" '
    index($0, start) { inside = 1 }
    inside && /^ *\]/ { print line; inside = 0; added = 1 }
    { print }
    END { exit !added }' "$2" || refuse "$2 has no list '$3'"
}

# import_module NAME: standard input with NAME among its imports, which are in order.
import_module() {
  awk -v name="$1" '
    !added && (/import / ? $NF > name : NR > 1) { print "import " name; added = 1 }
    { print }'
}

add "  Reader(\"$reader\", [])," "$manifest" 'let readers: [Reader] = [' >"$scratch/manifest"
add "    .$format," "$registry" 'ReaderRegistry([' >"$scratch/list"
import_module "$reader" <"$scratch/list" >"$scratch/registry"

# write TEMPLATE FILE
write() {
  mkdir -p "$(dirname "$2")"
  sed "s/Foo/$name/g; s/foo/$format/g" "$templates/$1" >"$2"
}

write Reader.swift.template "Plugins/$reader/$reader.swift"
write Page.md.template "Plugins/$reader/$reader.docc/$reader.md"
write Tests.swift.template "Tests/${reader}Tests/${reader}Tests.swift"
cat "$scratch/manifest" >"$manifest"
cat "$scratch/registry" >"$registry"

cat <<END
New:
  Plugins/$reader/$reader.swift
  Plugins/$reader/$reader.docc/$reader.md
  Tests/${reader}Tests/${reader}Tests.swift
One line more in each:
  $manifest
  $registry, and its import

It builds, reads nothing, and fails its tests. What fails says what is next:
  swift test --filter '$reader|ReaderConformance'

In this order they pass; CONTRIBUTING.md, "Adding a reader", shows it all for a small format:
  1. the page: answer the questions of $reader.md
  2. samples: a script SampleModels/Makers/make_$format.*, what it writes, and their rows in SampleModels/manifest.json
  3. probe: which first bytes are of this format
  4. open: from bytes to layers
  5. tests: what is particular to this format, in ${reader}Tests.swift
  6. README.md: a row in "What it reads"
END
