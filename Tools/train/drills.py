"""Rows of calculations in the tasks' own words, so that arithmetic is learned apart from everything else.

A story holds few results among many words; a drill is full of them, and only they are learned from.
"""

from random import Random

from tasks import word
from tasks.problem import slip

PROMPT = "Calculate."
LINES = 7


def line(random: Random, thing: str) -> tuple[str, int, str]:
    """A line up to its equals sign, the result, and what follows that."""
    kind, operation = random.choice(("word", "countdown", "subset")), random.choice("+-*/")
    largest = 10 ** random.randint(1, 4) - 1
    x, y = random.randint(1, largest), random.randint(1, largest)
    if kind == "subset" or operation == "-":
        x, y, operation = max(x, y), min(x, y), "-"
        x += kind == "countdown" and x == y  # a result of zero is not allowed there
    elif operation == "+" and x + y > word.LARGEST:
        x = word.LARGEST - y
    elif operation in "*/":
        factor = random.randint(2, 9) if kind == "word" or random.random() < 0.5 else random.randint(2, 60)
        x = max(1, min(x, (word.LARGEST if kind == "word" else 999) // factor))
        x, y = (x * factor, factor) if operation == "/" else random.choice(((x, factor), (factor, x)))
    result = {"+": x + y, "-": x - y, "*": x * y, "/": x // y}[operation]
    start = {"word": f"{random.choice(word.NAMES)} now has {x}", "countdown": f"{x}", "subset": f"Take {y}: {x}"}[kind]
    return f"{start} {operation} {y} =", result, f" {thing}." if kind == "word" else ""


def drill(random: Random) -> list[tuple[str, int, str]]:
    """Some lines with their results."""
    thing = random.choice(word.THINGS)
    return [line(random, thing) for _ in range(LINES)]


def judged_drill(random: Random) -> tuple[list[str], list[bool], list[str | None]]:
    """Lines of which half are wrong, verdicts on each line by itself, and what should stand in place of wrong ones."""
    lines = drill(random)
    verdicts = [random.random() < 0.5 for _ in lines]
    right = [f"{start} {result}{rest}" for start, result, rest in lines]
    thoughts = [
        line if verdict else f"{start} {slip(random, result)}{rest}"
        for line, verdict, (start, result, rest) in zip(right, verdicts, lines, strict=True)
    ]
    return thoughts, verdicts, [None if verdict else line for line, verdict in zip(right, verdicts, strict=True)]
