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
import labels
from batches import Row
from families import Family
from labels import IGNORED
from tasks import TASKS, Problem, problems

SHARES = {"word": 0.35, "countdown": 0.4, "subset": 0.25}  # of what is made


class Judged(NamedTuple):
    """A solution: for every thought a verdict, and what should stand in its place if it is bad and that is known.

    `forced` says that there is one right thought in every place, as in a story; otherwise what comes before the equals
    sign is a choice.
    """

    question: str
    thoughts: list[str]
    verdicts: list[bool]
    instead: list[str | None]
    forced: bool

    @classmethod
    def of(cls, task: ModuleType, problem: Problem, thoughts: list[str]) -> "Judged":
        """Judged by the task's checker."""
        verdicts = task.check(problem, thoughts)
        good = sum(verdicts)
        instead: list[str | None] = [None] * len(thoughts)
        if good < len(thoughts):  # what follows the first bad thought stays bad whatever it says
            honest = task.honest(problem, thoughts[:good], thoughts[good])
            if honest is not None and task.check(problem, [*thoughts[:good], honest])[-1]:
                instead[good] = honest
        return cls(problem.question, thoughts, verdicts, instead, task.FORCED)

    @property
    def drill(self) -> bool:
        """Whether every thought is judged by itself."""
        return self.question == drills.PROMPT

    def until(self, count: int) -> "Judged":
        """The first thoughts alone."""
        return self._replace(
            thoughts=self.thoughts[:count], verdicts=self.verdicts[:count], instead=self.instead[:count]
        )


def sampled(paths: list[Path], random: Random) -> Iterator[Judged]:
    """What the models wrote, in random order, again and again; most of it up to the first bad thought, since it is easy
    to see that what follows is no better."""
    rows = [Judged(*json.loads(line)) for path in paths for line in path.read_text().splitlines()]
    while True:
        random.shuffle(rows)
        for row in rows:
            if row.thoughts:
                yield row.until(sum(row.verdicts) + 1) if random.random() < 0.7 else row


def made(random: Random, split: str, seed: int, drill_share: float) -> Iterator[Judged]:
    """Correct solutions that go wrong at a random place, or not at all, and drills."""
    sources = {name: problems(name, split, seed) for name in TASKS}
    while True:
        if random.random() < drill_share:
            yield Judged(drills.PROMPT, *drills.judged_drill(random), forced=False)
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
        """Token ids, next tokens within good thoughts, verdicts (1, 0), and what should stand in the place of
        tokens that are no choice, up to the first wrong one; `IGNORED` elsewhere.

        The verdict that counts is the one at a step token. Tokens before it have one, too, where it is clear whether
        the thought can still become good: with a signal at the very digit that is wrong, a small model learns to judge
        in minutes, without it hardly ever.
        """
        while True:
            yield from self.read([next(source) for _ in range(256)])

    def read(self, batch: list[Judged]) -> Iterator[Row]:
        """The rows of some solutions."""
        questions = self.tokenizer.encode_batch([f"Q: {row.question}\n" for row in batch])
        texts = [f"{line or ''}\n" for row in batch for line in (*row.thoughts, *row.instead)]
        encoded = iter(self.tokenizer.encode_batch(texts, add_special_tokens=False))
        for row, question in zip(batch, questions, strict=True):
            thoughts, instead = ([next(encoded).ids for _ in row.thoughts] for _ in range(2))
            ids = list(question.ids)
            following, judged, expected = ([IGNORED] * len(ids) for _ in range(3))
            for place, (thought, good) in enumerate(zip(thoughts, row.verdicts, strict=True)):
                hopeless = place > 0 and not row.verdicts[place - 1]
                right = instead[place] if row.instead[place] else [] if hopeless else None
                if row.drill:
                    learned = labels.of_drill(thought, right, good, self.equals)
                else:
                    learned = labels.of_thought(thought, right, good, self.equals, row.forced)
                following[-1] = learned.following[0]
                following += [*learned.following[1:], IGNORED, IGNORED]
                judged += [*learned.verdicts, int(good)]
                expected += [*learned.expected, IGNORED]
                ids += [*thought, self.step]
            yield ids, following, judged, expected
