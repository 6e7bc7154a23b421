#!/usr/bin/env bash
# manual.sh PROGRAM GENERATOR FOLDER: writes a manual page for each command of PROGRAM with swift-argument-parser's generator.
#
# That drops every letter beyond ASCII, α and λ among them: they are spelled out before and written as roff does behind.
set -euo pipefail
program=$(realpath "$1")
generator=$2
folder=$3

rm -rf "$folder"
mkdir -p "$folder"
# What the generator takes for the program.
spelled=$folder/heavytail
cat > "$spelled" <<EOF
#!/usr/bin/env bash
set -o pipefail
"$program" "\$@" | perl -CI -pe 's/([^\\x00-\\x7F])/sprintf("U+%x;", ord(\$1))/ge'
EOF
chmod +x "$spelled"
# The pages of a version are the same whenever they are made.
date=$(git log -1 --format=%cs 2>/dev/null || date +%F)
"$generator" "$spelled" --multi-page --date "$date" --output-directory "$folder"
rm "$spelled"

# heavytail.zoo.add.1 is found as "man heavytail zoo add" once it is heavytail-zoo-add.1.
for page in "$folder"/*.1; do
  perl -pi -e 's/U\+([0-9a-f]+);/sprintf("\\[u%04X]", hex($1))/ge; s/(?<!^)\./-/g if /^\.(Xr|Dt) /;
    s/^$/.Pp/; s/^(?=heavytail )/.Dl /' "$page"
  name=$(basename "$page" .1)
  [ "$name" = "${name//./-}" ] || mv "$page" "$folder/${name//./-}.1"
done
