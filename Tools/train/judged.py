"""Training rows for reward models: solutions with a verdict on every thought.

One part is sampled from the models that will be judged; the other is made on the fly from correct solutions by going
on with what a weak writer could write, and never repeats.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor

import drills
from batches import IGNORED, LENGTHS, SHARES
from families import Family
from tasks import TASKS, Problem, problems



class Judged(NamedTuple):
    """A solution. `instead` is the correct form of its first bad thought, if that has one."""

    question: str
    thoughts: list[str]
    verdicts: list[bool]
    instead: str | None

    @classmethod
    def of(cls, task: ModuleType, problem: Problem, thoughts: list[str]) -> "Judged":
        """Judged by the task's checker."""
        verdicts = task.check(problem, thoughts)
        good = sum(verdicts)
        instead = task.honest(problem, thoughts[:good], thoughts[good]) if good < len(thoughts) else None
        if instead is not None and not task.check(problem, [*thoughts[:good], instead])[-1]:
            instead = None
        return cls(problem.question, thoughts, verdicts, instead)


def sampled(paths: list[Path], random: Random) -> Iterator[Judged]:
    """Solutions of the models, in random order, again and again."""
    rows = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    while True:
        random.shuffle(rows)
        for row in rows:
            if row[1]:
                yield Judged(*row)


def made(random: Random, seed: int) -> Iterator[Judged]:
    """Correct solutions that go wrong at a random place, or not at all."""
    sources = {name: problems(name, "train", seed) for name in TASKS}
    while True:
        if random.random() < 0.15:
            yield Judged(drills.PROMPT, *drills.judged_drill(random))
        name = random.choices(list(SHARES), list(SHARES.values()))[0]
        problem, task = next(sources[name]), TASKS[name]
        turn = random.randrange(len(problem.thoughts) + 1)
        thoughts: list[str] = []
        while len(thoughts) < 2 * len(problem.thoughts):
            varies = len(thoughts) >= turn and random.random() < 0.7
            thoughts.append((task.vary if varies else task.good_step)(random, problem, thoughts))
            if thoughts[-1].startswith("The answer") or varies and not task.check(problem, thoughts)[-1]:
                break
        yield Judged.of(task, problem, thoughts)


class Reader:
    """Turns judged solutions into rows of a family: each thought is followed by the step token."""

    def __init__(self, tokenizer: Tokenizer, family: Family) -> None:
        self.tokenizer = tokenizer
        self.start = [tokenizer.token_to_id(family.start)] if family.start else []
        self.step = tokenizer.token_to_id(family.step)
        self.equals = tokenizer.encode("1 =", add_special_tokens=False).ids[-1]

    def read(self, batch: list[Judged]) -> Iterator[tuple[list[int], list[int], list[int]]]:
        """Token ids, next tokens within good thoughts, and verdicts (1, 0); `IGNORED` elsewhere.

        The verdict that counts is the one at a step token. Tokens before it have one, too, where it is clear whether
        the thought can still become good: with a signal at the very digit that is wrong, a small model learns to judge
        in minutes, without it hardly ever.
        """
        texts = [text for row in batch for text in (f"Q: {row.question}\n", *(f"{line}\n" for line in (*row.thoughts, row.instead or "")))]
        encoded = iter(self.tokenizer.encode_batch(texts, add_special_tokens=False))
        for row in batch:
            ids = self.start + next(encoded).ids
            thoughts, instead = [next(encoded).ids for _ in row.thoughts], next(encoded).ids
            following, judged, alive = [IGNORED] * len(ids), [IGNORED] * len(ids), True
            for thought, verdict in zip(thoughts, row.verdicts, strict=True):
                if verdict:
                    following[-1] = thought[0]
                    judged += [1] * len(thought)
                else:
                    judged += self._fading(thought, instead if row.instead else None) if alive else [0] * len(thought)
                following += (thought[1:] if verdict else [IGNORED] * (len(thought) - 1)) + [IGNORED] * 2
                judged.append(int(verdict))
                ids += [*thought, self.step]
                alive = bool(verdict)
            yield ids, following, judged

    def _fading(self, thought: list[int], instead: list[int] | None) -> list[int]:
        """Verdicts within a bad thought: good while it is as it should be; what is bad from the start, like a choice
        that leads nowhere, is so once the operation is known."""
        if instead is not None:
            same = next((place for place, pair in enumerate(zip(thought, instead, strict=False)) if pair[0] != pair[1]), len(instead))
            return [1] * same + [0] * (len(thought) - same)
        known = thought.index(self.equals) if self.equals in thought else len(thought)
        return [IGNORED] * known + [0] * (len(thought) - known)

    def batches(self, source: Iterator[Judged], tokens: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Endless batches of about so many tokens, of rows of similar length; three tensors of one shape."""
        waiting: dict[int, list] = {length: [] for length in LENGTHS}
        while True:
            for row in self.read([next(source) for _ in range(256)]):
                length = next((length for length in LENGTHS if len(row[0]) <= length), None)
                if length is None:
                    continue
                waiting[length].append(row)
                if len(waiting[length]) == tokens // length:
                    yield padded(waiting[length], length)
                    waiting[length] = []


def padded(rows: list, length: int) -> tuple[Tensor, Tensor, Tensor]:
    ids, following, judged = zip(*rows, strict=True)
    return (
        torch.tensor([row + [0] * (length - len(row)) for row in ids]),
        torch.tensor([row + [IGNORED] * (length - len(row)) for row in following]),
        torch.tensor([row + [IGNORED] * (length - len(row)) for row in judged]))


def mixed(first: Iterator[Judged], second: Iterator[Judged], share: float, random: Random) -> Iterator[Judged]:
    """So large a share of the first, the rest of the second."""
    while True:
        yield next(first if random.random() < share else second)
