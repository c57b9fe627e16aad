"""Beam search over thoughts, and the rule of SpecSearch (Wang et al., ICML 2025), in Python over `transformers`.

A second implementation of what the Swift package does, without its cache: every level reads its whole prefixes again.
Many problems go through each level together.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, Qwen3Config, Qwen3Model

from families import Family
from generation import Generator
from tasks import Problem

ANSWER = re.compile(r"The answer is (.+?)\.")
TOKENS = 65_536  # in one pass of the reward model


class RewardModel:
    """A reward model of either form, run by `transformers`."""

    def __init__(self, folder: Path, family: Family) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.step = self.tokenizer.token_to_id(family.step)
        configuration = json.loads((folder / "config.json").read_text())
        if configuration["architectures"] == ["Qwen3ForProcessRewardModel"]:
            self._load_step_classes(folder)
        else:
            self.trunk = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
            pair = [self.tokenizer.token_to_id("-"), self.tokenizer.token_to_id("+")]
            self.head = lambda hidden: F.linear(hidden, self.trunk.lm_head.weight[pair])

    def _load_step_classes(self, folder: Path) -> None:
        weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
        trunk = Qwen3Model(Qwen3Config.from_pretrained(folder)).eval()
        trunk.load_state_dict({name.removeprefix("model."): tensor for name, tensor in weights.items() if name.startswith("model.")})
        self.trunk = trunk
        self.head = lambda hidden: F.linear(
            F.relu(F.linear(hidden, weights["score.0.weight"], weights["score.0.bias"])),
            weights["score.2.weight"], weights["score.2.bias"])

    def encode(self, prompt: str, thoughts: Sequence[str]) -> list[int]:
        """The prompt's tokens, then each thought's and the step token."""
        ids = list(self.tokenizer.encode(prompt).ids)
        for thought in thoughts:
            ids += [*self.tokenizer.encode(thought, add_special_tokens=False).ids, self.step]
        return ids

    @torch.no_grad()
    def scores(self, rows: Sequence[list[int]]) -> list[list[float]]:
        """The probability of "good" at each step token of each row."""
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        results: list[list[float]] = [[] for _ in rows]
        first = 0
        while first < len(order):
            count = max(1, TOKENS // max(1, len(rows[order[first]])) // 2)
            part = order[first : first + count]
            length = max(len(rows[index]) for index in part)
            tokens = torch.tensor([rows[index] + [0] * (length - len(rows[index])) for index in part])
            body = getattr(self.trunk, "model", self.trunk)
            good = self.head(body(tokens, use_cache=False).last_hidden_state).softmax(-1)[..., 1]
            for place, index in enumerate(part):
                results[index] = [good[place, position].item() for position, token in enumerate(rows[index]) if token == self.step]
            first += count
        return results


@dataclass
class Trail:
    """Thoughts so far, each with its newline, their tokens, and the score of the last."""

    thoughts: tuple[str, ...] = ()
    tokens: tuple[int, ...] = ()
    score: float = 1.0
    ended: bool = False

    @property
    def text(self) -> str:
        return "".join(self.thoughts)

    @property
    def answer(self) -> str | None:
        match = ANSWER.search(self.text)
        return match and match[1]


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
        return max(self.finished or self.live, key=lambda path: path.score, default=None)


@dataclass
class Totals:
    drafted: int = 0
    accepted: int = 0
    levels: int = 0
    uncorrected: int = 0


class Searcher:
    """Runs searches with N thoughts for each of b beams; with a draft model by the paper's rule."""

    def __init__(
        self, target: Generator, reward: RewardModel, draft: Generator | None = None, width: int = 6, beams: int = 2,
        depth: int = 16, theta: float = 0.9, temperature: float = 0.8,
    ) -> None:
        self.target, self.reward, self.draft = target, reward, draft
        self.width, self.beams, self.depth, self.theta, self.temperature = width, beams, depth, theta, temperature
        self.totals = Totals()

    def run(self, problems: Sequence[Problem]) -> list[Trail]:
        """The best path of each problem."""
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
        """Lets a model write so many thoughts after each live path, and scores the new ones."""
        jobs = [(search, parent, count) for search, row in zip(active, counts, strict=True)
                for parent, count in zip(search.live, row, strict=True) if count]
        fresh: list[tuple[Search, Trail]] = []
        for count in sorted({count for _, _, count in jobs}):
            part = [(search, parent) for search, parent, wanted in jobs if wanted == count]
            prefixes = [search.prompt + list(parent.tokens) for search, parent in part]
            for (search, parent), thoughts in zip(part, writer.thoughts(prefixes, count, self.temperature), strict=True):
                known = {path.thoughts for path in search.candidates}
                for tokens in thoughts:
                    text = writer.text(tokens)
                    path = Trail((*parent.thoughts, text), (*parent.tokens, *tokens), ended=tokens[-1] == writer.end)
                    if not text.strip() or path.thoughts in known:
                        continue
                    known.add(path.thoughts)
                    search.candidates.append(path)
                    if path.thoughts in search.rejected:
                        path.score = search.rejected[path.thoughts]
                    else:
                        fresh.append((search, path))
        rows = [self.reward.encode(search.problem.prompt, path.thoughts) for search, path in fresh]
        for (_, path), scores in zip(fresh, self.reward.scores(rows), strict=True):
            path.score = scores[-1]

    def _accept(self, search: Search) -> None:
        """Keeps the drafts that reach the threshold, at most N for each parent."""
        kept: list[Trail] = []
        self.totals.drafted += len(search.candidates)
        for place, parent in enumerate(search.live):
            own = [path for path in search.candidates if path.thoughts[:-1] == parent.thoughts]
            good = sorted((path for path in own if path.score >= search.threshold), key=lambda path: -path.score)[: self.width]
            search.missing[place] = self.width - len(good)
            kept += good
        self.totals.accepted += len(kept)
        search.rejected = {path.thoughts: path.score for path in search.candidates if path not in kept}
        search.candidates = kept

    def _select(self, search: Search) -> None:
        best = max((path.score for path in search.candidates), default=0.0)
        search.threshold = self.theta * best if search.threshold is None else self.theta * search.threshold + (1 - self.theta) * best
        chosen = sorted(search.candidates, key=lambda path: -path.score)[: self.beams - len(search.finished)]
        search.finished += [path for path in chosen if path.ended or path.answer is not None]
        search.live = [path for path in chosen if not (path.ended or path.answer is not None)]
        if len(search.finished) == self.beams:
            search.live = []
