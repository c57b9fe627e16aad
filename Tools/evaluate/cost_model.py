"""What a search should cost, from what passes cost and how many there were.

A pass with n rows takes t(n) = a + b·n; a and b of each model are fitted to the time of its passes, and so is what a step takes
besides passes: once for a family, over all tasks and policies, on every other problem. For the rest of the problems the time
of each policy follows from its counters alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from reproduce import Experiment

PHASES = ("target", "draft", "reward")


@dataclass
class Costs:
    """Seconds of a pass and of a row for each model, and of a pass of either besides."""

    passes: dict[str, float]
    rows: dict[str, float]
    besides: tuple[float, float, float]

    @classmethod
    def fit(cls, answers: Sequence[dict]) -> Costs:
        """Fits all costs to solved problems."""
        passes, rows = {}, {}
        for name in PHASES:
            table = np.array([work(answer["counters"], name) for answer in answers])
            seconds = np.array([answer["phases"][PHASES.index(name)] for answer in answers])
            passes[name], rows[name] = positive(table, seconds) if seconds.any() else (0.0, 0.0)
        rest = np.array([answer["seconds"] - sum(answer["phases"][: len(PHASES)]) for answer in answers])
        besides = positive(np.array([steps(answer["counters"]) for answer in answers]), rest)
        return cls(passes, rows, besides)

    def seconds(self, counters: dict) -> float:
        """The time that a search with these counters should take."""
        models = sum(
            count * self.passes[name] + rows * self.rows[name]
            for name in PHASES
            for count, rows in [work(counters, name)]
        )
        return models + float(np.dot(steps(counters), self.besides))

    def pass_of(self, name: str, rows: float) -> float:
        """t(n)."""
        return self.passes[name] + self.rows[name] * rows


def work(counters: dict, name: str) -> tuple[int, int]:
    """Passes and rows of a model; the reward model has one pass for each batch of thoughts, about two a level."""
    if name == "reward":
        return counters["levels"] + counters["levels"] - counters["levelsWithoutCorrection"], counters["rewardRows"]
    return counters[f"{name}Passes"], counters[f"{name}Rows"]


def steps(counters: dict) -> tuple[int, int, int]:
    """What a search does besides passes: plans them, chooses tokens of their rows, and decides about levels."""
    passes = counters["targetPasses"] + counters["draftPasses"]
    return passes, counters["targetRows"] + counters["draftRows"], counters["levels"]


def positive(table: np.ndarray, values: np.ndarray) -> tuple[float, ...]:
    """The least-squares solution without negative parts: a column that would get one is left out. Long times vary more, and
    count less for that."""
    weights = 1 / np.sqrt(values[values > 0])
    table, values = table[values > 0] * weights[:, None], values[values > 0] * weights
    columns = list(range(table.shape[1]))
    while columns:
        found = np.linalg.lstsq(table[:, columns].astype(float), values, rcond=None)[0]
        if (found >= 0).all():
            break
        columns.pop(int(found.argmin()))
    result = np.zeros(table.shape[1])
    if columns:
        result[columns] = found
    return tuple(float(value) for value in result)


def check(experiments: Sequence[Experiment]) -> tuple[str, dict[str, Costs]]:
    """A table of modelled beside measured times, on problems to which nothing was fitted."""
    lines = ["| family | task | policy | ms measured | ms by the model | off by |\n", "|---|---|---|---|---|---|\n"]
    fitted = {}
    for family in dict.fromkeys(experiment.family for experiment in experiments):
        own = [experiment for experiment in experiments if experiment.family == family]
        solved = {(experiment.task, found["policy"]): found["answers"] for experiment in own for found in experiment.found}
        costs = fitted[family] = Costs.fit([answer for answers in solved.values() for answer in answers[::2]])
        for (task, policy), answers in solved.items():
            checked = answers[1::2]
            measured = sum(answer["seconds"] for answer in checked) / len(checked)
            modelled = sum(costs.seconds(answer["counters"]) for answer in checked) / len(checked)
            off = f"{100 * (modelled / measured - 1):+.0f} %"
            lines.append(f"| {family} | {task} | {policy} | {1e3 * measured:.1f} | {1e3 * modelled:.1f} | {off} |\n")
    return "".join(lines), fitted


@dataclass
class Shape:
    """A search in the terms of the model: N, b, K, L, and the share of rows that are distinct."""

    width: float = 6
    beams: float = 2
    depth: float = 8
    tokens: float = 12
    distinct: float = 0.4
    draft_share: float | None = None

    def speedup(self, costs: Costs, share: float) -> float:
        """How many times as fast selective is as plain if a share of the levels below the first needs no correction."""
        rows = max(1.0, self.distinct * self.width * self.beams)
        besides = costs.besides[0] + costs.besides[1] * rows
        target = self.tokens * (costs.pass_of("target", rows) + besides)
        ratio = self.draft_share
        draft = costs.pass_of("draft", rows) if ratio is None else ratio * costs.pass_of("target", rows)
        drafting = self.tokens * (draft + besides)
        check = costs.pass_of("target", self.beams * self.tokens)
        judging = costs.pass_of("reward", rows * self.tokens)
        plain = self.depth * (target + judging + costs.besides[2])
        below = self.depth - 1
        skipped = below * (drafting + check + judging + costs.besides[2])
        corrected = below * (1 - share) * (target + judging)
        return plain / (target + judging + costs.besides[2] + skipped + corrected)


def picture(experiments: Sequence[Experiment], fitted: dict[str, Costs], path: Path) -> None:
    """Draws how the gain depends on acceptance, on the size of the draft model, on width and on depth, with what was
    measured."""
    costs = next(iter(fitted.values()))
    variants = {
        "size of the draft": [(f"1/{part:.0f}", Shape(draft_share=1 / part)) for part in (3, 10, 30)],
        "width": [(f"N = {width}", Shape(width=width)) for width in (2, 6, 16)],
        "depth": [(f"K = {depth}", Shape(depth=depth)) for depth in (4, 8, 16)],
    }
    shares = np.linspace(0, 1, 50)
    figure, panels = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained", sharey=True)
    for panel, (title, shapes) in zip(panels, variants.items(), strict=True):
        for name, shape in shapes:
            panel.plot(100 * shares, [shape.speedup(costs, share) for share in shares], label=name)
        for experiment in experiments:
            found = {entry["policy"]: entry for entry in experiment.found}
            if "selective" not in found or "plain" not in found:
                continue
            counters, count = found["selective"]["counters"], found["selective"]["problems"]
            below = max(1, counters["levels"] - count)
            share = 100 * counters["levelsWithoutCorrection"] / below
            gain = found["plain"]["secondsMean"] / found["selective"]["secondsMean"]
            panel.plot(share, gain, "ko" if experiment.family == "qwen" else "k^", markersize=4)
        panel.axhline(1, color="grey", linewidth=0.6)
        panel.set(title=title, xlabel="levels below the first without correction, %")
        panel.legend()
    panels[0].set_ylabel("times as fast as plain")
    figure.savefig(path, dpi=120)
    plt.close(figure)
