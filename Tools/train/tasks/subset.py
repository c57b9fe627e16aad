"""Subset sum: find which of 4 to 8 different numbers add up to a goal.

A thought takes one number, states what is still to go and the numbers that are left:
`Take 31: 68 - 31 = 37 (left 7 9 12 18 25).` The order is free. Whether a choice can still be completed is decided by
trying all subsets.
"""

import re
from functools import lru_cache
from random import Random

from .problem import Problem, answer_line, slip

NAME = "subset"
FORCED = False  # whether there is one right thought in every place
LEVELS = (1, 2, 3, 4)  # 4 or 5, 6, 7 and 8 numbers
RANGES = ((0.25, 20), (0.45, 99), (0.3, 400))  # share, largest number
FINAL = 0
STEP = re.compile(r"Take (\d{1,9}): (\d{1,9}) - (\d{1,9}) = (\d{1,9}) \(left (\d{1,9}(?: \d{1,9})*)\)", re.ASCII)


def generate(random: Random, level: int) -> Problem:
    """Random numbers and the sum of 2 to 5 of them."""
    count = random.randint(4, 5) if level == 1 else level + 4
    _, largest = random.choices(RANGES, [share for share, _ in RANGES])[0]
    numbers = sorted(random.sample(range(1, largest + 1), count))
    chosen = random.sample(numbers, random.randint(2, min(5, count - 1)))
    goal = left_to_go = sum(chosen)
    left, thoughts = list(numbers), []
    for number in chosen:
        left.remove(number)
        thoughts.append(_line(number, left_to_go, left_to_go - number, left))
        left_to_go -= number
    answer, listed = " ".join(map(str, sorted(chosen))), " ".join(map(str, numbers))
    return Problem(
        NAME,
        level,
        f"Which of {listed} add up to {goal}?",
        (*thoughts, answer_line(answer)),
        answer,
        f"{goal} of {listed}",
        {"target": goal, "numbers": numbers},
    )


def _line(number: int, before: int, after: int, left: list[int]) -> str:
    return f"Take {number}: {before} - {number} = {after} (left {' '.join(map(str, left))})"


@lru_cache(maxsize=1 << 20)
def completable(left: tuple[int, ...], goal: int) -> bool:
    """Whether some of the numbers add up to the goal."""
    if goal <= 0 or not left:
        return goal == 0
    return completable(left[1:], goal - left[0]) or completable(left[1:], goal)


def check(problem: Problem, thoughts: list[str]) -> list[bool]:
    """For each thought whether the choice can still be completed after it."""
    goal, left = problem.fields["target"], tuple(problem.fields["numbers"])
    good, verdicts, chosen = True, [], []
    for thought in thoughts:
        if good:
            step = apply(left, goal, thought)
            if step is not None:
                number, left, goal = step
                chosen.append(number)
                good = completable(left, goal)
            else:
                good = goal == 0 and thought == answer_line(" ".join(map(str, sorted(chosen))))
        verdicts.append(good)
    return verdicts


def apply(left: tuple[int, ...], goal: int, thought: str) -> tuple[int, tuple[int, ...], int] | None:
    """The number taken, the numbers left and what is to go; nothing if the line is no allowed step."""
    match = STEP.fullmatch(thought)
    if match is None:
        return None
    number, before, taken, after = (int(match[index]) for index in (1, 2, 3, 4))
    stated = tuple(map(int, match[5].split()))
    rest = tuple(other for other in left if other != number)
    exact = number in left and before == goal and taken == number and after == goal - number and stated == rest
    return (number, rest, after) if exact else None


def is_answer(problem: Problem, answer: str) -> bool:
    """Whether an answer lists different numbers of the problem that add up to the goal."""
    words = answer.split()
    chosen = [int(word) for word in words if word.isdecimal() and len(word) < 10]
    distinct = len(chosen) == len(words) == len(set(chosen)) and set(chosen) <= set(problem.fields["numbers"])
    return distinct and sum(chosen) == problem.fields["target"]


def states_left(problem: Problem, thoughts: list[str]) -> list[int]:
    """How many numbers are left after each thought, by what it states; 0 where nothing is to go, and for the answer."""
    matches = [STEP.fullmatch(thought) for thought in thoughts]
    return [len(match[5].split()) if match and match[4] != "0" else 0 for match in matches]


def _state(problem: Problem, before: list[str]) -> tuple[list[int], list[int], int]:
    """The numbers taken, those left and what is to go after correct steps."""
    matches = [STEP.fullmatch(line) for line in before]
    taken = [int(match[1]) for match in matches]
    if not matches:
        return taken, list(problem.fields["numbers"]), problem.fields["target"]
    return taken, list(map(int, matches[-1][5].split())), int(matches[-1][4])


def good_step(random: Random, problem: Problem, before: list[str]) -> str:
    """A line after which the choice can still be completed."""
    taken, left, goal = _state(problem, before)
    if goal == 0:
        return answer_line(" ".join(map(str, sorted(taken))))
    for number in random.sample(left, len(left)):
        rest = [other for other in left if other != number]
        if completable(tuple(rest), goal - number):
            return _line(number, goal, goal - number, rest)
    raise ValueError(f"{goal} is no sum of {left}")


def honest(problem: Problem, before: list[str], line: str) -> str | None:
    """A line that takes the same number, calculated correctly; nothing if it cannot be taken."""
    if before and STEP.fullmatch(before[-1]) is None:
        return None  # the answer was given
    taken, left, goal = _state(problem, before)
    if goal == 0:
        return answer_line(" ".join(map(str, sorted(taken))))
    match = re.match(r"Take ([0-9]{1,9}):", line)
    number = int(match[1]) if match else 0
    if number not in left or number > goal:
        return None
    return _line(number, goal, goal - number, [other for other in left if other != number])


def vary(random: Random, problem: Problem, before: list[str]) -> str:
    """A line that a weak writer could go on with: any number that is not too large, or a step with a slip."""
    taken, left, goal = _state(problem, before)
    if goal == 0:
        place = random.randrange(len(taken))
        taken[place] = slip(random, taken[place]) if random.random() < 0.5 else random.choice([*left, taken[place] + 1])
        return answer_line(" ".join(map(str, sorted(taken))))
    number, kind = random.choice([number for number in left if number <= goal] or left), random.random()
    rest, after = [other for other in left if other != number], max(0, goal - number)
    if kind < 0.7 or not rest:
        return _line(number, goal, after, rest)
    if kind < 0.9:
        return _line(number, goal, slip(random, after), rest)
    place = random.randrange(len(rest))
    rest[place] = random.choice([number, slip(random, rest[place])])
    return _line(number, goal, after, sorted(rest))
