"""Fails if a public symbol of a module has no documentation, given its symbol graphs.

Members that follow from a protocol's requirements, such as the description of an error, inherit what the protocol says.
"""

import json
import sys
from pathlib import Path

INHERITED = {"==(_:_:)", "hash(into:)", "description", "init(from:)", "encode(to:)", "next()", "makeAsyncIterator()"}


def undocumented(path: Path) -> list[str]:
    """The names of a graph's symbols without documentation, with their places."""
    graph = json.loads(path.read_text())
    names = []
    for symbol in graph["symbols"]:
        if symbol.get("docComment") or "location" not in symbol:
            continue
        if symbol["names"]["title"].split(".")[-1] in INHERITED:
            continue
        place = symbol["location"]
        file = place["uri"].rsplit("/Sources/", 1)[-1]
        names.append(f"{file}:{place['position']['line'] + 1}: {'.'.join(symbol['pathComponents'])}")
    return names


def main() -> int:
    folder, modules = Path(sys.argv[1]), sys.argv[2:]
    missing = [name for module in modules for path in folder.glob(f"{module}*.json") for name in undocumented(path)]
    for name in sorted(set(missing)):
        print(f"without documentation: {name}")
    symbols = sum(len(json.loads((folder / f"{module}.symbols.json").read_text())["symbols"]) for module in modules)
    print(f"docs: {symbols} public symbols, {len(set(missing))} without documentation")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
