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

import torch

import problem_sets
from families import FAMILIES
from generation import Generator, lines
from metrics import auc, reliability
from search import ANSWER, RewardModel, Searcher
from tasks import TASKS, Problem

TEMPERATURE = 0.8


class Evaluation:
    """A family under test. Each part fills one entry of the report."""

    def __init__(self, folder: Path, sets: Path, searched: int) -> None:
        self.folder, self.searched = folder, searched
        self.sets = {task: problem_sets.read(sets / f"{task}.jsonl") for task in TASKS}
        self.target, self.draft = Generator(folder / "target", 1), Generator(folder / "draft", 2)
        self.path = folder / "evaluation.json"
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
            self.report[part] = getattr(self, part)()
            self.path.write_text(json.dumps(self.report, indent=1) + "\n")
            print(f"{part}: {json.dumps(self.report[part])}\n  {time.monotonic() - start:.0f} s", flush=True)

    # MARK: The parts

    def greedy(self) -> dict:
        """Accuracy without sampling, on all problems."""
        return {role: self._by_task(lambda problems, model=model: [
            model.text(solution) for solution in model.solutions([problem.prompt for problem in problems], 0)])
            for role, model in (("target", self.target), ("draft", self.draft))}

    def best_of_n(self) -> dict:
        """The one of 12 sampled solutions whose last thought the reward model likes best: as many as 6 x 2 beams."""
        def solve(problems: Sequence[Problem]) -> list[str]:
            prompts = [problem.prompt for problem in problems for _ in range(12)]
            texts = [self.target.text(solution) for solution in self.target.solutions(prompts, TEMPERATURE)]
            rows = [self.reward.encode(prompt, [line + "\n" for line in lines(text)]) for prompt, text in zip(prompts, texts, strict=True)]
            last = [scores[-1] if scores else 0.0 for scores in self.reward.scores(rows)]
            return [texts[max(range(first, first + 12), key=last.__getitem__)] for first in range(0, len(texts), 12)]
        return self._by_task(solve, self.searched)

    def beam(self) -> dict:
        """Beam search, width 6 and 2 beams, by the target alone."""
        return self._search(Searcher(self.target, self.reward, temperature=TEMPERATURE))

    def paper(self) -> dict:
        """SpecSearch: the draft writes, thoughts below the threshold are rejected, the target fills up."""
        return self._search(Searcher(self.target, self.reward, self.draft, temperature=TEMPERATURE))

    def draft_beam(self) -> dict:
        """Beam search by the draft alone: what would be lost without the target."""
        return self._search(Searcher(self.draft, self.reward, temperature=TEMPERATURE))

    def judgement(self) -> dict:
        """The reward model on solutions that target and draft sampled at temperature 1, on states that are not final."""
        result: dict = {}
        for task, module in TASKS.items():
            problems = self.sets[task]
            states: list[tuple[int, bool, bool, float]] = []  # how much is left, good, good before, score
            scored: dict[str, list[float]] = {}
            for role, model in (("target", self.target), ("draft", self.draft)):
                texts = [model.text(solution) for solution in model.solutions([problem.prompt for problem in problems], 1.0)]
                rows = [self.reward.encode(problem.prompt, [line + "\n" for line in lines(text)])
                        for problem, text in zip(problems, texts, strict=True)]
                own: list[float] = []
                for problem, text, scores in zip(problems, texts, self.reward.scores(rows), strict=True):
                    verdicts = module.check(problem, lines(text))
                    before = [True, *verdicts]
                    for left, good, earlier, score in zip(module.states_left(problem, lines(text)), verdicts, before, scores, strict=False):
                        states.append((left, good, earlier, score))
                        own += [score] if earlier else []
                scored[role] = own
            result[task] = self._judged(states, module.FINAL, scored)
        return result

    # MARK: What they share

    @staticmethod
    def _judged(states: list[tuple[int, bool, bool, float]], final: int, scored: dict[str, list[float]]) -> dict:
        open_states = [state for state in states if state[0] > final]
        by_depth = defaultdict(list)
        for left, good, _, score in open_states:
            by_depth[left].append((score, good))
        first = [(score, good) for _, good, earlier, score in open_states if earlier]
        pairs = [(score, good) for _, good, _, score in open_states]
        mean = sum(scored["target"]) / len(scored["target"])
        return {
            "auc": auc(pairs), "auc of first mistakes": auc(first), "states": len(pairs),
            "good": round(sum(good for _, good in pairs) / len(pairs), 3),
            "auc by left": {str(left): [auc(found), len(found)] for left, found in sorted(by_depth.items())},
            "reliability": reliability(pairs), "mean of target": round(mean, 4),
            "drafts at or above it": round(sum(score >= mean for score in scored["draft"]) / len(scored["draft"]), 3)}

    def _search(self, searcher: Searcher) -> dict:
        result = {}
        for task, problems in self.sets.items():
            searcher.totals.__init__()
            result |= self._by_task(lambda part: [trail.text for trail in searcher.run(part)], self.searched, [task])
            totals = searcher.totals
            result[task]["levels searched"] = totals.levels
            if searcher.draft is not None:
                result[task] |= {"drafted": totals.drafted, "accepted": round(totals.accepted / max(1, totals.drafted), 3),
                                 "levels without correction": round(totals.uncorrected / max(1, totals.levels), 3)}
        return result

    def _by_task(self, solve: Callable[[Sequence[Problem]], list[str]], limit: int | None = None, tasks: Sequence[str] = ()) -> dict:
        """Accuracy in per cent by task: in all and by level."""
        result = {}
        for task in tasks or self.sets:
            problems = self.sets[task][:limit]
            solved = [is_solved(problem, text) for problem, text in zip(problems, solve(problems), strict=True)]
            levels = {str(level): percent([ok for ok, problem in zip(solved, problems, strict=True) if problem.level == level])
                      for level in TASKS[task].LEVELS}
            result[task] = {"all": percent(solved), "levels": levels, "problems": len(problems)}
        return result


def percent(solved: Sequence[bool]) -> float:
    return round(100 * sum(solved) / max(1, len(solved)), 1)


def is_solved(problem: Problem, text: str) -> bool:
    """Whether the answer is right; for countdown the steps must be, too, and for a subset any that adds up counts."""
    match = ANSWER.search(text)
    if match is None:
        return False
    if problem.task == "countdown":
        return all(TASKS["countdown"].check(problem, lines(text)))
    if problem.task == "subset":
        return TASKS["subset"].is_answer(problem, match[1])
    return match[1] == problem.answer


def main() -> None:
    parts = ("greedy", "judgement", "best_of_n", "beam", "paper", "draft_beam")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with target, draft and reward")
    parser.add_argument("--problems", type=Path, default=Path("Weights/problems"))
    parser.add_argument("--searched", type=int, default=300, help="problems per task that are searched")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    Evaluation(arguments.folder, arguments.problems, arguments.searched).run(arguments.parts)


if __name__ == "__main__":
    main()
