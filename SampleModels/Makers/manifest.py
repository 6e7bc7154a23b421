# SPDX-License-Identifier: Apache-2.0
"""manifest.json: `record` replaces the entries of one folder; run as a script, it renews every
checksum and size and checks that the manifest and the folders name the same files."""

import json

import common

PATH = common.ROOT / "manifest.json"
# Where folders stand in the manifest; others follow before the last.
ORDER = ("LeNet5", "LeNet5Large", "MLP3", "Training", "Variety", "Quantised", "GGUF")
LAST = "Bad"


def load():
    return json.loads(PATH.read_text()) if PATH.exists() else {"schema": 1, "files": []}


def store(manifest):
    def rank(entry):
        folder = entry["path"].split("/")[0]
        return folder == LAST, ORDER.index(folder) if folder in ORDER else len(ORDER)

    manifest["files"].sort(key=rank)  # stable: inside a folder the maker's order stays
    # One line for each layer keeps the file short and its differences readable.
    lines = ['{"schema": %d,' % manifest["schema"], ' "files": [']
    for number, entry in enumerate(manifest["files"]):
        fields = []
        for key, value in entry.items():
            if key in ("layers", "files", "others") and value:
                inner = ",\n".join("    " + json.dumps(item, ensure_ascii=False) for item in value)
                fields.append(f'   {json.dumps(key)}: [\n{inner}]')
            else:
                fields.append(f"   {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
        comma = "," if number + 1 < len(manifest["files"]) else ""
        lines.append("  {\n" + ",\n".join(fields) + "}" + comma)
    lines.append(" ]}")
    text = "\n".join(lines) + "\n"
    assert json.loads(text) == manifest
    PATH.write_text(text)


def record(folder, entries):
    manifest = load()
    kept = [e for e in manifest["files"] if not e["path"].startswith(folder + "/")]
    store({"schema": 1, "files": kept + entries})


def main():
    manifest = load()
    problems, listed = [], set()
    for entry in manifest["files"]:
        place = common.ROOT / entry["path"]
        if not place.exists():
            problems.append(f"listed, but missing: {entry['path']}")
            continue
        for part in entry.get("files", [entry]):
            path = place / part["path"] if "files" in entry else place
            listed.add(path)
            part["sha256"], part["byte_count"] = common.digest(path), path.stat().st_size
        if "files" in entry:
            entry["byte_count"] = sum(part["byte_count"] for part in entry["files"])
    for path in sorted(common.ROOT.glob("*/**/*")):
        if path.is_file() and path not in listed and common.MAKERS not in path.parents:
            problems.append(f"not listed: {path.relative_to(common.ROOT)}")
    store(manifest)
    total = sum(path.stat().st_size for path in common.ROOT.rglob("*") if path.is_file())
    print(f"{len(manifest['files'])} entries; SampleModels holds {total:,} bytes")
    if problems:
        raise SystemExit("\n".join(problems))


if __name__ == "__main__":
    main()
