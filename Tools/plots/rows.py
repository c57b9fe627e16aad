"""Draws how long a pass takes by its rows, for this engine and llama.cpp: `rows.py FILE.json PICTURE.png`.

The file is what `Tools/bench/compare --json` wrote.
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def draw(found: dict, picture: Path) -> None:
    """One panel for each precision of the first shape; milliseconds per pass over rows."""
    shape, precisions = next(iter(found["speeds"].items()))
    figure, panels = plt.subplots(1, len(precisions), figsize=(11, 3.4), layout="constrained", sharey=True)
    for panel, (precision, speeds) in zip(panels, precisions.items(), strict=True):
        rows = sorted(int(count) for count in speeds if int(count) > 0)
        for name, key in [("this package", "own"), ("llama.cpp", "peer")]:
            times = [1000 * count / speeds[str(count)][key] for count in rows]
            panel.plot(rows, times, marker="o", markersize=3, label=name)
        panel.set(title=f"{shape}, {precision}", xlabel="rows (branches)", xscale="log", yscale="log")
        panel.set_xticks(rows, labels=[str(count) for count in rows])
        panel.minorticks_off()
        panel.grid(alpha=0.3)
        panel.legend()
    panels[0].set_ylabel("milliseconds per pass")
    ticks = [10, 20, 50, 100, 200, 500]
    panels[0].set_yticks(ticks, labels=[str(tick) for tick in ticks])
    figure.savefig(picture, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    draw(json.loads(options.figures.read_text()), options.picture)


if __name__ == "__main__":
    main()
