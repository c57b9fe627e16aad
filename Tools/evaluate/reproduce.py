"""Runs SpecSearch's experiments (Wang et al., ICML 2025) on the bundled families and writes a report.

Each experiment is one `specsearch evaluate`: policies solve every problem in turns, and what is kept of it is read again
when the report is written.
"""

import argparse
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import report

FAMILIES = ("qwen", "llama")
TASKS = ("word", "countdown", "subset")
TOGETHER = ("plain", "lossless", "paper")
# How selective is meant to be used: it learns from question to question how thoughts score.
SELECTIVE = ("--drafts", "6", "--epsilon", "0.5", "--remember")
# Serial baselines take as long as everything else together, so they see fewer problems.
SERIAL_SHARE = 10
ABLATION = {
    "paper": (),
    "likelihood scoring": ("--scoring", "likelihood"),
    "fixed threshold": ("--threshold", "fixed", "--threshold-level", "0.85"),
    "random rejection": ("--threshold", "random", "--threshold-level", "0.5"),
    "fixed share of the target": ("--threshold", "share", "--threshold-level", "0.5"),
    "mean-matched threshold": ("--threshold", "mean"),
}
THETAS = (0.8, 0.85, 0.9, 0.95)


@dataclass
class Experiment:
    """One run of `specsearch evaluate`."""

    part: str
    name: str
    family: str
    task: str
    policies: tuple[str, ...]
    options: tuple[str, ...] = ()
    share: int = 1
    found: list[dict] = field(default_factory=list)

    @property
    def file(self) -> str:
        return f"{self.part}-{self.name}-{self.family}-{self.task}".replace(" ", "-") + ".jsonl"


def experiments(parts: list[str]) -> Iterator[Experiment]:
    """All experiments of these parts."""
    for family in FAMILIES:
        for task in TASKS:
            if "table" in parts:
                yield Experiment("table", "beam", family, task, (*TOGETHER, "selective"), SELECTIVE)
                yield Experiment("table", "mcts", family, task, TOGETHER, ("--strategy", "mcts"))
            if "serial" in parts:
                policies = ("plain", "lossless", "selective", "serial-plain", "serial-lossless")
                yield Experiment("serial", "beam", family, task, policies, SELECTIVE, SERIAL_SHARE)
            if "ablation" in parts:
                for name, options in ABLATION.items():
                    yield Experiment("ablation", name, family, task, ("plain", "paper"), options, SERIAL_SHARE)
            if "theta" in parts:
                for theta in THETAS:
                    options = ("--theta", str(theta))
                    yield Experiment("theta", str(theta), family, task, ("plain", "paper"), options, SERIAL_SHARE)
            if "drafts" in parts:
                for draft in ("draft", "target"):
                    options = (*SELECTIVE, "--draft", f"Weights/{family}/{draft}")
                    policies = ("plain", "paper", "selective")
                    yield Experiment("drafts", draft, family, task, policies, options, SERIAL_SHARE)


def run(experiment: Experiment, options: argparse.Namespace) -> None:
    """Solves what is not solved yet."""
    results = options.work / "results"
    results.mkdir(parents=True, exist_ok=True)
    limit, file = max(10, options.limit // experiment.share), results / experiment.file
    if "--remember" in experiment.options and file.exists():
        # What was remembered is not kept, so that a part of the results is of no use.
        expected = limit * options.seeds * len(experiment.policies)
        if len(file.read_text().splitlines()) < 1 + expected:
            file.unlink()
    command = [
        *(options.program, "evaluate", f"Weights/problems/{experiment.task}.jsonl", "--json"),
        *("--bundle", f"Weights/{experiment.family}", "--policies", ",".join(experiment.policies)),
        *("--limit", str(limit), "--seeds", str(options.seeds), "--results", str(file), *experiment.options),
    ]
    print(" ".join(str(word) for word in command[1:]), flush=True)
    output = subprocess.run(command, cwd=options.root, check=True, stdout=subprocess.PIPE).stdout
    experiment.found = json.loads(output)


def main() -> None:
    parts = ("table", "serial", "ablation", "theta", "drafts")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="where the report goes")
    parser.add_argument("--limit", type=int, default=1000, help="problems of each task")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    options = parser.parse_args()
    done = list(experiments(options.only))
    for experiment in done:
        run(experiment, options)
    out = options.out or options.work / "report"
    report.write(done, out)
    print(f"The report is {out / 'report.md'}.")


if __name__ == "__main__":
    main()
