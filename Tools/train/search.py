"""Beam search over thoughts, and the rule of SpecSearch (Wang et al., ICML 2025), in Python over `transformers`.

A second implementation of what the Swift package does, without its cache: every level reads its whole prefixes again.
Many problems go through each level together.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, Qwen3Config, Qwen3Model

from families import PAIR, Family
from generation import Generator
from tasks import Problem

ANSWER = re.compile(r"The answer is (.+?)\.")
TOKENS = 32_768  # in one pass of the reward model


class RewardModel:
    """A reward model of either form, run by `transformers`."""

    def __init__(self, folder: Path, family: Family) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.step = self.tokenizer.token_to_id(family.step)
        if "ForProcessRewardModel" in (folder / "config.json").read_text():
            self._load_step_classes(folder)
        else:
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
            pair = model.lm_head.weight[[self.tokenizer.token_to_id(token) for token in PAIR]]
            self.trunk, self.head = model.model, lambda hidden: F.linear(hidden, pair)

    def _load_step_classes(self, folder: Path) -> None:
        weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
        prefix = "model."
        self.trunk = Qwen3Model(Qwen3Config.from_pretrained(folder)).eval()
        self.trunk.load_state_dict(
            {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
        )
        self.head = lambda hidden: F.linear(
            F.relu(F.linear(hidden, weights["score.0.weight"], weights["score.0.bias"])),
            weights["score.2.weight"],
            weights["score.2.bias"],
        )

    def encode(self, prompt: str, thoughts: Sequence[str]) -> list[int]:
        """The prompt's tokens, then each thought's and the step token."""
        ids = list(self.tokenizer.encode(prompt).ids)
        for thought in thoughts:
            ids += [*self.tokenizer.encode(thought, add_special_tokens=False).ids, self.step]
        return ids

    @torch.no_grad()
    def scores(self, rows: Sequence[list[int]]) -> list[list[float]]:
        """The probability of "good" at each step token of each row."""
        order = sorted(range(len(rows)), key=lambda index: -len(rows[index]))
        results: list[list[float]] = [[] for _ in rows]
        first = 0
        while first < len(order):
            length = max(1, len(rows[order[first]]))
            part = order[first : first + max(1, TOKENS // length)]
            tokens = torch.tensor([rows[index] + [0] * (length - len(rows[index])) for index in part])
            good = self.head(self.trunk(tokens, use_cache=False).last_hidden_state).softmax(-1)[..., 1]
            for index, probabilities in zip(part, good.tolist(), strict=True):
                pairs = zip(rows[index], probabilities, strict=False)
                results[index] = [probability for token, probability in pairs if token == self.step]
            first += len(part)
        return results


def answer(text: str) -> str | None:
    """The last answer that is marked in a text."""
    return (ANSWER.findall(text) or [None])[-1]


@dataclass
class Trail:
    """Thoughts so far, each with its newline, their tokens, and the score of the last."""

    thoughts: tuple[str, ...] = ()
    tokens: tuple[int, ...] = ()
    score: float = 1.0
    ended: bool = False

    @property
    def is_final(self) -> bool:
        return self.ended or answer(self.text) is not None

    @property
    def text(self) -> str:
        return "".join(self.thoughts)


@dataclass
class Search:
    """One problem in progress."""

    problem: Problem
    prompt: list[int]
    live: list[Trail] = field(default_factory=lambda: [Trail()])
    finished: list[Trail] = field(default_factory=list)
    threshold: float | None = None
    candidates: list[Trail] = field(default_factory=list)
    rejected: dict[tuple[str, ...], float] = field(default_factory=dict)
    missing: list[int] = field(default_factory=list)

    @property
    def best(self) -> Trail | None:
        return max(self.finished or self.live, key=lambda trail: trail.score, default=None)


@dataclass
class Totals:
    drafted: int = 0
    accepted: int = 0
    levels: int = 0
    uncorrected: int = 0


class Searcher:
    """Runs searches with N thoughts for each of b beams; with a draft model by the paper's rule."""

    def __init__(
        self,
        target: Generator,
        reward: RewardModel,
        draft: Generator | None = None,
        *,
        temperature: float,
        width: int = 6,
        beams: int = 2,
        depth: int = 16,
        theta: float = 0.9,
    ) -> None:
        self.target, self.reward, self.draft = target, reward, draft
        self.width, self.beams, self.depth, self.theta, self.temperature = width, beams, depth, theta, temperature
        self.totals = Totals()

    def run(self, problems: Sequence[Problem]) -> list[Trail]:
        """The best trail of each problem."""
        searches = [Search(problem, self.target.encode(problem.prompt)) for problem in problems]
        for depth in range(self.depth):
            active = [search for search in searches if search.live]
            if not active:
                break
            self._level(active, drafts=self.draft is not None and depth > 0)
        return [search.best or Trail() for search in searches]

    def _level(self, active: list[Search], drafts: bool) -> None:
        for search in active:
            search.candidates, search.rejected = [], {}
            search.missing = [self.width] * len(search.live)
        if drafts:
            self._write(active, self.draft, [[2 * self.width] * len(search.live) for search in active])
            for search in active:
                self._accept(search)
        self.totals.levels += len(active)
        self.totals.uncorrected += sum(not any(search.missing) for search in active)
        self._write(active, self.target, [search.missing for search in active])
        for search in active:
            self._select(search)

    def _write(self, active: list[Search], writer: Generator, counts: list[list[int]]) -> None:
        """Lets a model write so many thoughts after each live trail, and scores the new ones."""
        jobs = [
            (search, parent, count)
            for search, row in zip(active, counts, strict=True)
            for parent, count in zip(search.live, row, strict=True)
            if count
        ]
        written: dict[int, list[list[int]]] = {}
        for count in {count for _, _, count in jobs}:
            places = [place for place, job in enumerate(jobs) if job[2] == count]
            prefixes = [jobs[place][0].prompt + list(jobs[place][1].tokens) for place in places]
            written |= zip(places, writer.thoughts(prefixes, count, self.temperature), strict=True)
        fresh: list[tuple[Search, Trail]] = []
        for place, (search, parent, _) in enumerate(jobs):
            for tokens in written[place]:
                thoughts = (*parent.thoughts, writer.text(tokens))
                if not thoughts[-1].strip() or any(other.thoughts == thoughts for other in search.candidates):
                    continue
                trail = Trail(thoughts, (*parent.tokens, *tokens), ended=tokens[-1] == writer.end)
                search.candidates.append(trail)
                if thoughts in search.rejected:
                    trail.score = search.rejected[thoughts]
                else:
                    fresh.append((search, trail))
        rows = [self.reward.encode(search.problem.prompt, trail.thoughts) for search, trail in fresh]
        for (_, trail), scores in zip(fresh, self.reward.scores(rows), strict=True):
            trail.score = scores[-1]

    def _accept(self, search: Search) -> None:
        """Keeps the drafts that reach the threshold, at most N for each parent."""
        self.totals.drafted += 2 * self.width * len(search.live)
        kept: set[tuple[str, ...]] = set()
        for place, parent in enumerate(search.live):
            own = [trail for trail in search.candidates if trail.thoughts[:-1] == parent.thoughts]
            good = best_first(trail for trail in own if trail.score >= search.threshold)[: self.width]
            search.missing[place] = self.width - len(good)
            kept |= {trail.thoughts for trail in good}
        self.totals.accepted += len(kept)
        search.rejected = {trail.thoughts: trail.score for trail in search.candidates if trail.thoughts not in kept}
        search.candidates = [trail for trail in search.candidates if trail.thoughts in kept]

    def _select(self, search: Search) -> None:
        """Updates the threshold and keeps the best trails."""
        best = max((trail.score for trail in search.candidates), default=0.0)
        past = search.threshold
        search.threshold = self.theta * best if past is None else self.theta * past + (1 - self.theta) * best
        chosen = best_first(search.candidates)[: self.beams - len(search.finished)]
        search.finished += [trail for trail in chosen if trail.is_final]
        search.live = [trail for trail in chosen if not trail.is_final]
        if len(search.finished) == self.beams:
            search.live = []


def best_first(trails: Iterable[Trail]) -> list[Trail]:
    """By falling score; of equal ones the one that was written first."""
    return sorted(trails, key=lambda trail: -trail.score)
