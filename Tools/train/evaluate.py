"""Measures a family with `transformers`, without the Swift package: `evaluate.py Weights/qwen`.

Greedy accuracy of target and draft, best of N, beam search and the paper's policy, and what the reward model is worth,
all on the test sets, by task and level. Writes `evaluation.json` into the family's folder, which the model cards quote;
parts that are not measured again are kept.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import problem_sets
from families import FAMILIES
from generation import Generator, lines
from metrics import auc, reliability
from search import RewardModel, Searcher, Totals, answer
from tasks import TASKS, Problem


class Evaluation:
    """A family under test. Each part fills one entry of the report."""

    def __init__(self, folder: Path, sets: Path, searched: int) -> None:
        self.folder, self.searched = folder, searched
        self.sets = {task: problem_sets.read(sets / f"{task}.jsonl") for task in TASKS}
        self.target, self.draft = Generator(folder / "target"), Generator(folder / "draft")
        self.path = folder / "evaluation.json"
        self.temperature = json.loads((folder / "bundle.json").read_text())["sampling"]["temperature"]
        self.report = json.loads(self.path.read_text()) if self.path.exists() else {}
        self._reward: RewardModel | None = None

    @property
    def reward(self) -> RewardModel:
        if self._reward is None:
            self._reward = RewardModel(self.folder / "reward", FAMILIES[self.folder.name])
        return self._reward

    def run(self, parts: Sequence[str]) -> None:
        for part in parts:
            start = time.monotonic()
            self.target.random.manual_seed(1)
            self.draft.random.manual_seed(2)
            self.report[part] = getattr(self, part)()
            self.path.write_text(json.dumps(self.report, indent=1) + "\n")
            print(f"{part}: {json.dumps(self.report[part])}\n  {time.monotonic() - start:.0f} s", flush=True)

    # MARK: The parts

    def greedy(self) -> dict:
        """Accuracy without sampling, on all problems."""
        return {
            role: self._by_task(
                lambda problems, model=model: [
                    model.text(solution) for solution in model.solutions([problem.prompt for problem in problems], 0)
                ]
            )
            for role, model in (("target", self.target), ("draft", self.draft))
        }

    def best_of_n(self) -> dict:
        """The one of 12 sampled solutions whose last thought the reward model likes best: as many as 6 x 2 beams."""

        def solve(problems: Sequence[Problem]) -> list[str]:
            prompts = [problem.prompt for problem in problems for _ in range(12)]
            texts = [self.target.text(solution) for solution in self.target.solutions(prompts, self.temperature)]
            last = [scores[-1] if scores else 0.0 for scores in self._scores(prompts, texts)]
            return [texts[max(range(first, first + 12), key=last.__getitem__)] for first in range(0, len(texts), 12)]

        return self._by_task(solve, self.searched)

    def beam(self) -> dict:
        """Beam search, width 6 and 2 beams, by the target alone."""
        return self._search(Searcher(self.target, self.reward, temperature=self.temperature))

    def paper(self) -> dict:
        """SpecSearch: the draft writes, thoughts below the threshold are rejected, the target fills up."""
        return self._search(Searcher(self.target, self.reward, self.draft, temperature=self.temperature))

    def draft_beam(self) -> dict:
        """Beam search by the draft alone: what would be lost without the target."""
        return self._search(Searcher(self.draft, self.reward, temperature=self.temperature))

    def judgement(self) -> dict:
        """The reward model on solutions that both models sampled at temperature 1, on states that are not final."""
        result: dict = {}
        for task, module in TASKS.items():
            states: dict[str, list[State]] = {}
            for role, model in (("target", self.target), ("draft", self.draft)):
                prompts = [problem.prompt for problem in self.sets[task]]
                texts = [model.text(solution) for solution in model.solutions(prompts, 1.0)]
                rows = zip(self.sets[task], map(lines, texts), self._scores(prompts, texts), strict=True)
                states[role] = [
                    state
                    for problem, thoughts, scores in rows
                    for state in State.of(module, problem, thoughts, scores)
                    if state.left > module.FINAL
                ]
            result[task] = judged(states["target"], states["draft"])
        return result

    # MARK: What they share

    def _scores(self, prompts: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        """The reward model's scores of all thoughts of solutions."""
        solutions = [[f"{line}\n" for line in lines(text)] for text in texts]
        return self.reward.scores([self.reward.encode(*pair) for pair in zip(prompts, solutions, strict=True)])

    def _search(self, searcher: Searcher) -> dict:
        result = {}
        for task in self.sets:
            searcher.totals = Totals()
            result |= self._by_task(lambda part: [trail.text for trail in searcher.run(part)], self.searched, [task])
            totals = searcher.totals
            result[task]["levels searched"] = totals.levels
            if searcher.draft is not None:
                result[task] |= {
                    "drafted": totals.drafted,
                    "accepted": share(totals.accepted, totals.drafted),
                    "levels without correction": share(totals.uncorrected, totals.levels),
                }
        return result

    def _by_task(
        self, solve: Callable[[Sequence[Problem]], list[str]], limit: int | None = None, tasks: Sequence[str] = ()
    ) -> dict:
        """Accuracy in per cent by task: in all and by level."""
        result = {}
        for task in tasks or self.sets:
            problems = self.sets[task][:limit]
            solved = [is_solved(problem, text) for problem, text in zip(problems, solve(problems), strict=True)]
            levels = {
                level: [ok for ok, problem in zip(solved, problems, strict=True) if problem.level == level]
                for level in TASKS[task].LEVELS
            }
            result[task] = {
                "all": percent(solved),
                "levels": {str(level): percent(own) for level, own in levels.items()},
                "problems": len(problems),
            }
        return result


class State(NamedTuple):
    """A thought in a solution: how much is left after it, whether it and the one before are good, its score."""

    left: int
    good: bool
    was_good: bool
    score: float

    @classmethod
    def of(cls, task: ModuleType, problem: Problem, thoughts: list[str], scores: list[float]) -> list["State"]:
        verdicts = task.check(problem, thoughts)
        columns = (task.states_left(problem, thoughts), verdicts, [True, *verdicts[:-1]] if verdicts else [], scores)
        return [cls(*state) for state in zip(*columns, strict=True)]


def judged(target: list[State], draft: list[State]) -> dict:
    """What the scores of both models' thoughts are worth."""
    states, by_left = target + draft, defaultdict(list)
    for state in states:
        by_left[state.left].append(state)
    pairs = lambda some: [(state.score, state.good) for state in some]
    mean = sum(state.score for state in target if state.was_good) / max(1, sum(state.was_good for state in target))
    fresh = [state for state in draft if state.was_good]
    reached = lambda good: [state.score >= mean for state in fresh if good is None or state.good == good]
    return {
        "auc": auc(pairs(states)),
        "auc of first mistakes": auc(pairs(state for state in states if state.was_good)),
        "states": len(states),
        "good": share(sum(state.good for state in states), len(states)),
        "auc by left": {str(left): [auc(pairs(own)), len(own)] for left, own in sorted(by_left.items())},
        "reliability": reliability(pairs(states)),
        "mean of target": round(mean, 4),
        "drafts at or above it": {
            name: share(sum(reached(good)), len(reached(good)))
            for name, good in (("all", None), ("good", True), ("bad", False))
        },
    }


def share(part: int, whole: int) -> float:
    return round(part / max(1, whole), 3)


def percent(solved: Sequence[bool]) -> float:
    return round(100 * sum(solved) / max(1, len(solved)), 1)


def is_solved(problem: Problem, text: str) -> bool:
    """Whether the answer is right; for countdown the steps must be, too, and for a subset any that adds up counts."""
    found = answer(text)
    if found is None:
        return False
    if problem.task == "countdown":
        return all(TASKS["countdown"].check(problem, lines(text)))
    if problem.task == "subset":
        return TASKS["subset"].is_answer(problem, found)
    return found == problem.answer


def main() -> None:
    parts = ("greedy", "judgement", "best_of_n", "beam", "paper", "draft_beam")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with target, draft and reward")
    parser.add_argument("--problems", type=Path, default=Path("Weights/problems"))
    parser.add_argument("--searched", type=int, default=300, help="problems per task that are searched")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    arguments = parser.parse_args()
    Evaluation(arguments.folder, arguments.problems, arguments.searched).run(arguments.parts)


if __name__ == "__main__":
    main()
