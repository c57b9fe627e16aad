"""What every task has in common: a problem, its reference solution, and the split it belongs to."""

import hashlib
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True)
class Problem:
    """A question with an exact checker.

    `key` names what makes the problem what it is, without its wording: problems with equal keys are in the same split.
    Of problems that were read from a file it is the id, and `thoughts` may be the answer alone.
    `thoughts` is one correct solution, line by line without newlines; the last line states the answer.
    """

    task: str
    level: int
    question: str
    thoughts: tuple[str, ...]
    answer: str
    key: str
    fields: dict = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        return f"Q: {self.question}\n"

    @property
    def text(self) -> str:
        return self.prompt + "".join(thought + "\n" for thought in self.thoughts)

    @property
    def split(self) -> str:
        """Decided by the key's hash: 6 % test, 2 % validation, the rest for training."""
        bucket = int.from_bytes(hashlib.sha256(f"{self.task}:{self.key}".encode()).digest()[:4], "big") % 100
        return "test" if bucket < 6 else "validation" if bucket < 8 else "train"


def answer_line(answer: str) -> str:
    return f"The answer is {answer}."


def slip(random: Random, number: int) -> int:
    """A number that somebody who calculates badly could write instead: never the same, never negative."""
    digits = str(number)
    place = 10 ** random.randrange(len(digits))
    kind = random.random()
    if kind < 0.6:
        wrong = number + random.choice((-1, 1)) * place
    elif kind < 0.9:
        wrong = number + random.randint(-9, 9) * place
    else:
        wrong = int(digits[::-1]) if len(digits) > 1 else number + random.randint(1, 9)
    return wrong if wrong >= 0 and wrong != number else number + place
