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

from tokenizers import Tokenizer

import drills
from batches import IGNORED, SHARES, Row
from families import Family
from tasks import TASKS, Problem, problems

DRILLS = 0.15  # share of what is made


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
    rows = [Judged(*json.loads(line)) for path in paths for line in path.read_text().splitlines()]
    while True:
        random.shuffle(rows)
        yield from (row for row in rows if row.thoughts)


def made(random: Random, split: str, seed: int) -> Iterator[Judged]:
    """Correct solutions and drills that go wrong at a random place, or not at all."""
    sources = {name: problems(name, split, seed) for name in TASKS}
    while True:
        if random.random() < DRILLS:
            yield Judged(drills.PROMPT, *drills.judged_drill(random))
            continue
        name = random.choices(list(SHARES), list(SHARES.values()))[0]
        yield spoiled(random, TASKS[name], next(sources[name]))


def spoiled(random: Random, task: ModuleType, problem: Problem) -> Judged:
    """A solution that may go wrong from a random place on; it ends with the first bad thought."""
    turn, thoughts = random.randrange(len(problem.thoughts) + 1), []
    while len(thoughts) < 2 * len(problem.thoughts):
        varies = len(thoughts) >= turn and random.random() < 0.7
        thoughts.append((task.vary if varies else task.good_step)(random, problem, thoughts))
        if thoughts[-1].startswith("The answer") or varies and not task.check(problem, thoughts)[-1]:
            break
    return Judged.of(task, problem, thoughts)


def mixed(first: Iterator[Judged], second: Iterator[Judged], share: float, random: Random) -> Iterator[Judged]:
    """So large a share of the first, the rest of the second."""
    while True:
        yield next(first if random.random() < share else second)


class Reader:
    """Turns judged solutions into rows of a family: each thought is followed by the step token."""

    def __init__(self, tokenizer: Tokenizer, family: Family) -> None:
        self.tokenizer, self.step = tokenizer, tokenizer.token_to_id(family.step)
        self.equals = tokenizer.encode("1 =", add_special_tokens=False).ids[-1]

    def rows(self, source: Iterator[Judged]) -> Iterator[Row]:
        """Token ids, next tokens within good thoughts, and verdicts (1, 0); `IGNORED` elsewhere.

        The verdict that counts is the one at a step token. Tokens before it have one, too, where it is clear whether
        the thought can still become good: with a signal at the very digit that is wrong, a small model learns to judge
        in minutes, without it hardly ever.
        """
        while True:
            yield from self.read([next(source) for _ in range(256)])

    def read(self, batch: list[Judged]) -> Iterator[Row]:
        """The rows of some solutions."""
        questions = self.tokenizer.encode_batch([f"Q: {row.question}\n" for row in batch])
        texts = [f"{line}\n" for row in batch for line in (*row.thoughts, row.instead or "")]
        encoded = iter(self.tokenizer.encode_batch(texts, add_special_tokens=False))
        for row, question in zip(batch, questions, strict=True):
            ids = list(question.ids)
            thoughts, instead = [next(encoded).ids for _ in row.thoughts], next(encoded).ids
            following, judged, alive = [IGNORED] * len(ids), [IGNORED] * len(ids), True
            for thought, verdict in zip(thoughts, row.verdicts, strict=True):
                written = thought if verdict and row.question != drills.PROMPT else [IGNORED] * len(thought)
                following[-1] = written[0]
                following += [*written[1:], IGNORED, IGNORED]
                if verdict or not alive:
                    judged += [int(verdict)] * len(thought)
                else:
                    judged += self._fading(thought, instead if row.instead else None)
                judged.append(int(verdict))
                ids += [*thought, self.step]
                alive = bool(verdict)
            yield ids, following, judged

    def _fading(self, thought: list[int], instead: list[int] | None) -> list[int]:
        """Verdicts within a bad thought: good while it is as it should be; what is bad from the start, like a choice
        that leads nowhere, is so once the operation is known."""
        if instead is not None:
            pairs = enumerate(zip(thought, instead, strict=False))
            same = next((place for place, (token, right) in pairs if token != right), len(instead))
            return [1] * same + [0] * (len(thought) - same)
        known = thought.index(self.equals) if self.equals in thought else len(thought)
        return [IGNORED] * known + [0] * (len(thought) - known)
