"""Draws the pictures of a family's card: `plots.py Weights/qwen` writes `training.png` and `calibration.png`."""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

ROLES = ("target", "draft", "reward")


def draw_training(folder: Path) -> None:
    """The losses over the tokens, one panel for each model."""
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    for panel, role in zip(panels, ROLES, strict=True):
        report = json.loads((folder / role / "training.json").read_text())
        tokens, *losses = zip(*report["curve"], strict=True)
        for name, loss in zip(report["losses"], losses, strict=True):
            panel.plot([count / 1e6 for count in tokens], loss, linewidth=1, label=name)
        panel.set(title=f"{role}: {report['parameters'] / 1e6:.2f} M parameters", xlabel="million tokens", yscale="log")
        if report["validation"]:
            panel.plot(
                [count / 1e6 for count, _ in report["validation"]],
                [loss for _, loss in report["validation"]],
                ".",
                markersize=3,
                label="loss, validation",
            )
        panel.grid(alpha=0.3)
        panel.legend()
    panels[0].set_ylabel("loss, nats")
    figure.savefig(folder / "training.png", dpi=110)


def draw_calibration(folder: Path) -> None:
    """How often thoughts of a score are good, one panel for each task."""
    judgement = json.loads((folder / "evaluation.json").read_text())["judgement"]
    figure, panels = plt.subplots(1, len(judgement), figsize=(11, 3.4), layout="constrained")
    for panel, (task, found) in zip(panels, judgement.items(), strict=True):
        scores, shares, counts = zip(*found["reliability"], strict=True)
        panel.plot((0, 1), (0, 1), color="0.7", linewidth=1)
        panel.plot(scores, shares, marker="o")
        for score, share, count in zip(scores, shares, counts, strict=True):
            panel.annotate(f"{count:,}", (score, share), textcoords="offset points", xytext=(4, -9), fontsize=6)
        panel.set(title=f"{task}: AUC {found['auc']:.3f}", xlabel="score", xlim=(0, 1), ylim=(0, 1.03))
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("share of good thoughts")
    figure.savefig(folder / "calibration.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    draw_training(folder)
    draw_calibration(folder)


if __name__ == "__main__":
    main()
