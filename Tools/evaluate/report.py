"""Tables and pictures of experiments."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

import cost_model

if TYPE_CHECKING:
    from reproduce import Experiment

TITLES = {
    "table": "Policies",
    "serial": "Beside baselines that write one text after the other",
    "ablation": "Ablation",
    "theta": "Weight of the past in the threshold (θ)",
    "drafts": "The draft model",
}
HEAD = (
    *("experiment", "family", "task", "policy", "problems", "correct", "95 % interval", "difference to plain"),
    *("ms, mean", "median", "95th", "times as fast as plain", "target rows", "draft rows", "reward rows"),
    *("levels without correction", "thoughts accepted", "tokens accepted", "KV MB"),
)


def write(experiments: list[Experiment], folder: Path) -> None:
    """Writes `report.md` and its pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = ["# What the policies do, measured\n"]
    for part, title in TITLES.items():
        own = [experiment for experiment in experiments if experiment.part == part]
        if not own:
            continue
        text += [f"## {title}\n", table(own)]
        if part == "table":
            text += [pooled(own), *pictures(own, folder), model([entry for entry in own if entry.name == "beam"], folder)]
    (folder / "report.md").write_text("\n".join(text))


def table(experiments: list[Experiment]) -> str:
    """A row for each policy of each experiment; counts are means per problem."""
    lines = [HEAD, ("---",) * len(HEAD)]
    for experiment in experiments:
        plain = next((found for found in experiment.found if found["policy"] == "plain"), None)
        for found in experiment.found:
            lines.append((experiment.name, experiment.family, experiment.task, *columns(found, plain)))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def columns(found: dict, plain: dict | None) -> tuple[str, ...]:
    """One policy's figures."""
    counters, count, comparison = found["counters"], found["problems"], found["comparison"]
    difference = f"{100 * comparison['low']:.1f} to {100 * comparison['high']:.1f}" if comparison else "–"
    milliseconds = [1000 * found[name] for name in ("secondsMean", "secondsMedian", "seconds95")]
    return (
        *(found["policy"], str(count), f"{100 * found['correct'] / count:.1f} %"),
        *(f"{100 * found['accuracyLow']:.1f} to {100 * found['accuracyHigh']:.1f}", difference),
        *(f"{value:.1f}" for value in milliseconds),
        f"{plain['secondsMean'] / found['secondsMean']:.2f}" if plain else "–",
        *(f"{counters[name] / count:.0f}" for name in ("targetRows", "draftRows", "rewardRows")),
        *(share(counters["levelsWithoutCorrection"], counters["levels"]),),
        *(share(counters["thoughtsAccepted"], counters["thoughtsDrafted"]),),
        *(share(counters["tokensAccepted"], counters["tokensDrafted"]), f"{counters['kvBytesPeak'] / 1e6:.1f}"),
    )


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def pooled(experiments: list[Experiment]) -> str:
    """Over all families and tasks: the paired difference of each policy to plain, and how much faster it is."""
    differences, seconds = defaultdict(lambda: defaultdict(list)), defaultdict(lambda: [0.0, 0.0])
    for experiment in experiments:
        plain = next(found for found in experiment.found if found["policy"] == "plain")
        for found in experiment.found:
            key = (experiment.name, found["policy"])
            seconds[key][0] += plain["secondsMean"] * plain["problems"]
            seconds[key][1] += found["secondsMean"] * found["problems"]
            for own, other in zip(found["answers"], plain["answers"], strict=True):
                problem = (experiment.family, experiment.task, own["id"])
                differences[key][problem].append(own["correct"] - other["correct"])
    lines = ["| strategy | policy | problems | difference to plain, points | 95 % interval | times as fast |\n"]
    lines.append("|---|---|---|---|---|---|\n")
    for (strategy, policy), problems in differences.items():
        values = [sum(seeds) / len(seeds) for seeds in problems.values()]
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)
        half = 1.959964 * (variance / len(values)) ** 0.5
        before, after = seconds[strategy, policy]
        interval = f"{100 * (mean - half):.2f} to {100 * (mean + half):.2f}"
        lines.append(
            f"| {strategy} | {policy} | {len(values)} | {100 * mean:.2f} | {interval} | {before / after:.2f} |\n"
        )
    return "All families and tasks together:\n\n" + "".join(lines)


def model(experiments: list[Experiment], folder: Path) -> str:
    """What the cost model says beside what was measured, and a picture of what the gain depends on."""
    lines, fitted = cost_model.check(experiments)
    cost_model.picture(experiments, fitted, folder / "cost-model.png")
    head = "### The cost model\n\nFrom the counters alone, by costs that were fitted to other problems:\n\n"
    return f"{head}{lines}\n![What the gain depends on; dots are measured](cost-model.png)\n"


def pictures(experiments: list[Experiment], folder: Path) -> list[str]:
    """Draws latency against accuracy, what becomes of drafts by depth, and where the time goes."""
    latency(experiments, folder / "latency.png")
    depths(experiments, folder / "depths.png")
    phases(experiments, folder / "phases.png")
    names = [("latency", "Accuracy over latency"), ("depths", "Drafts and β by depth"), ("phases", "Time by phase")]
    return [f"![{title}]({name}.png)\n" for name, title in names]


def latency(experiments: list[Experiment], path: Path) -> None:
    tasks = list(dict.fromkeys(experiment.task for experiment in experiments))
    figure, panels = plt.subplots(1, len(tasks), figsize=(4 * len(tasks), 3.6), layout="constrained", squeeze=False)
    markers = {"beam": "o", "mcts": "s"}
    colours = {name: f"C{index}" for index, name in enumerate(("plain", "lossless", "paper", "selective"))}
    for experiment in experiments:
        panel = panels[0][tasks.index(experiment.task)]
        for found in experiment.found:
            x, y = 1000 * found["secondsMean"], 100 * found["correct"] / found["problems"]
            panel.scatter(x, y, color=colours[found["policy"]], marker=markers[experiment.name])
            panel.annotate(f"{experiment.family} {experiment.name}", (x, y), fontsize=5, alpha=0.6)
        panel.set(title=experiment.task, xlabel="milliseconds per problem")
        panel.grid(alpha=0.3)
    panels[0][0].set_ylabel("correct, %")
    handles = [plt.Line2D([], [], color=colour, marker="o", linestyle="", label=name) for name, colour in colours.items()]
    panels[0][-1].legend(handles=handles, fontsize=7)
    figure.savefig(path, dpi=110)


def depths(experiments: list[Experiment], path: Path) -> None:
    beams = [experiment for experiment in experiments if experiment.name == "beam"]
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for experiment in beams:
        found = next(found for found in experiment.found if found["policy"] == "paper")
        levels = defaultdict(list)
        for answer in found["answers"]:
            for depth, level in enumerate(answer["levels"]):
                levels[depth + 1].append(level)
        shown = [depth for depth, own in levels.items() if sum(level[0] for level in own) >= 20]
        accepted = [sum(level[1] for level in levels[d]) / sum(level[0] for level in levels[d]) for d in shown]
        label = f"{experiment.family} {experiment.task}"
        panels[0].plot(shown, [100 * value for value in accepted], marker="o", markersize=3, label=label)
        known = {d: [level[2] for level in levels[d] if level[2] is not None] for d in shown}
        shown = [depth for depth in shown if known[depth]]
        means = [sum(known[depth]) / len(known[depth]) for depth in shown]
        panels[1].plot(shown, means, marker="o", markersize=3, label=label)
    panels[0].set(title="distinct drafts accepted, % (paper)", xlabel="depth")
    panels[1].set(title="mean threshold β", xlabel="depth")
    panels[1].legend(fontsize=6)
    figure.savefig(path, dpi=110)


def phases(experiments: list[Experiment], path: Path) -> None:
    beams = [experiment for experiment in experiments if experiment.name == "beam"]
    bars = [(experiment, found) for experiment in beams for found in experiment.found]
    names = [f"{experiment.family} {experiment.task} {found['policy']}" for experiment, found in bars]
    figure, panel = plt.subplots(figsize=(8, 0.24 * len(bars) + 1), layout="constrained")
    left = [0.0] * len(bars)
    for phase in [*bars[0][1]["phases"], "other"]:
        widths = [1000 * spent(found, phase) / found["problems"] for _, found in bars]
        panel.barh(names, widths, left=left, label=phase)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    panel.invert_yaxis()
    panel.tick_params(axis="y", labelsize=6)
    panel.set_xlabel("milliseconds per problem")
    panel.legend(fontsize=7)
    figure.savefig(path, dpi=110)


def spent(found: dict, phase: str) -> float:
    """Seconds of a phase, or those of none, over all problems."""
    if phase == "other":
        return max(0.0, found["secondsMean"] * found["problems"] - sum(found["phases"].values()))
    return found["phases"][phase]
