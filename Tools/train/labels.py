"""What a reward model learns within a thought, token by token. Plain lists: tokens are numbers here, and no library is
needed."""

from typing import NamedTuple

IGNORED = -100


class Labels(NamedTuple):
    """One label for each token of a thought, `IGNORED` where there is nothing to learn."""

    following: list[int]  # the token itself, for the place before it
    verdicts: list[int]  # 1: the thought is good so far, 0: it can no longer become good
    expected: list[int]  # what should stand here


def of_thought(thought: list[int], right: list[int] | None, good: bool, equals: int, forced: bool) -> Labels:
    """The labels of a thought of which it may be known what should stand in its place; a good one is right itself.

    `equals` is the equals sign; what comes before it is a choice unless the thought is `forced`. What should stand
    somewhere is told up to the first token that is wrong.
    """
    known = thought if good else right
    expected = fitting(thought, known or [], 0 if forced else result(thought, equals))
    return Labels(thought if good else expected, fading(thought, known, equals), expected)


def of_drill(thought: list[int], right: list[int] | None, good: bool, equals: int) -> Labels:
    """The labels of a line that is judged by itself: only what follows the equals sign is learned from."""
    labels, start = of_thought(thought, right, good, equals, forced=False), result(thought, equals)
    return Labels(labels.expected, [IGNORED] * start + labels.verdicts[start:], labels.expected)


def fading(thought: list[int], known: list[int] | None, equals: int) -> list[int]:
    """Verdicts within a thought: good while it is as it should be. If that is not known, it is bad from the start,
    like a choice that leads nowhere, and is so once the operation is known."""
    if known is None:
        start = thought.index(equals) if equals in thought else len(thought)
        return [IGNORED] * start + [0] * (len(thought) - start)
    same = common(thought, known)
    return [1] * same + [0] * (len(thought) - same)


def fitting(thought: list[int], known: list[int], start: int) -> list[int]:
    """The right tokens from a place on, up to the first one that the thought lacks."""
    tokens = known[start : common(thought, known) + 1][: len(thought) - start]
    return [IGNORED] * start + tokens + [IGNORED] * (len(thought) - start - len(tokens))


def result(thought: list[int], equals: int) -> int:
    """The place behind the equals sign; the beginning if there is none."""
    return thought.index(equals) + 1 if equals in thought else 0


def common(a: list[int], b: list[int]) -> int:
    """How many tokens two texts begin with in common."""
    return next((place for place, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
