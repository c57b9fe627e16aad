"""Countdown: reach a goal from 3 to 6 numbers, each used once, with + - * / and positive whole results.

A thought is one operation and the numbers that remain, sorted: `8 - 6 = 2 (left 2 4 7)`. It can be checked alone, and
whether the goal is still in reach is decided by exhaustive search.
"""

import re
from functools import lru_cache
from random import Random

from .problem import Problem, answer_line, slip

NAME = "countdown"
FORCED = False  # whether there is one right thought in every place
LEVELS = (1, 2, 3, 4)  # 3, 4, 5 and 6 numbers
LARGEST = 999  # of the goals and of the results in reference solutions
# Share, largest number, goals.
RANGES = ((0.3, 10, (1, 50)), (0.4, 25, (5, 150)), (0.3, 100, (50, LARGEST)))
FINAL = 1
STEP_BEGINS = re.compile(r"(\d{1,9}) ([-+*/]) (\d{1,9}) =", re.ASCII)
STEP = re.compile(r"(\d{1,9}) ([-+*/]) (\d{1,9}) = (\d{1,9}) \(left (\d{1,9}(?: \d{1,9})*)\)", re.ASCII)


def combine(left: int, operation: str, right: int) -> int | None:
    """The result of one operation, or nothing where it is no positive whole number."""
    if operation == "/":
        return left // right if right and left % right == 0 else None
    result = left + right if operation == "+" else left - right if operation == "-" else left * right
    return result if result > 0 else None


def generate(random: Random, level: int) -> Problem:
    """A problem whose goal is what random operations on random numbers lead to."""
    while True:
        _, largest, (low, high) = random.choices(RANGES, [share for share, _, _ in RANGES])[0]
        numbers = sorted(random.randint(1, largest) for _ in range(level + 2))
        steps = _random_steps(random, numbers)
        if steps is None or not low <= steps[1] <= high or steps[1] in numbers:
            continue
        thoughts, goal = steps
        listed = " ".join(map(str, numbers))
        return Problem(
            NAME,
            level,
            f"Reach {goal} from {listed}.",
            (*thoughts, answer_line(str(goal))),
            str(goal),
            f"{goal} from {listed}",
            {"target": goal, "numbers": numbers},
        )


def _random_steps(random: Random, numbers: list[int]) -> tuple[list[str], int] | None:
    left, thoughts = list(numbers), []
    while len(left) > 1:
        x, y = random.sample(left, 2)
        x, y = max(x, y), min(x, y)
        operation = random.choice("+-*/")
        result = combine(x, operation, y)
        if result is None or result > LARGEST or (operation in "*/" and y == 1 and random.random() < 0.8):
            return None
        left.remove(x)
        left.remove(y)
        left = sorted([*left, result])
        thoughts.append(_line(x, operation, y, result, left))
    return thoughts, left[0]


def _line(x: int, operation: str, y: int, result: int, left: list[int]) -> str:
    return f"{x} {operation} {y} = {result} (left {' '.join(map(str, left))})"


@lru_cache(maxsize=1 << 21)
def reachable(numbers: tuple[int, ...], goal: int) -> bool:
    """Whether operations on all of the sorted numbers can lead to the goal."""
    if len(numbers) == 1:
        return numbers[0] == goal
    for high in range(len(numbers) - 1, 0, -1):
        for low in range(high):
            x, y = numbers[high], numbers[low]
            results = {x + y, x * y}
            if x > y:
                results.add(x - y)
            if x % y == 0:
                results.add(x // y)
            if len(numbers) == 2:
                if goal in results:
                    return True
                continue
            rest = numbers[:low] + numbers[low + 1 : high] + numbers[high + 1 :]
            if any(reachable(tuple(sorted((*rest, result))), goal) for result in results):
                return True
    return False


def check(problem: Problem, thoughts: list[str]) -> list[bool]:
    """For each thought whether the problem can still be solved after it."""
    goal, left = problem.fields["target"], tuple(problem.fields["numbers"])
    good, verdicts = True, []
    for thought in thoughts:
        if good:
            after = apply(left, thought)
            if after is not None:
                left = after
                good = reachable(left, goal)
            else:
                good = left == (goal,) and thought == answer_line(str(goal))
        verdicts.append(good)
    return verdicts


def apply(left: tuple[int, ...], thought: str) -> tuple[int, ...] | None:
    """The numbers after a step, or nothing if the line is no allowed step."""
    match = STEP.fullmatch(thought)
    if match is None:
        return None
    x, y, result = int(match[1]), int(match[3]), int(match[4])
    rest = list(left)
    for number in (x, y):
        if number not in rest:
            return None
        rest.remove(number)
    after = tuple(sorted([*rest, result]))
    stated = tuple(map(int, match[5].split()))
    return after if combine(x, match[2], y) == result and stated == after else None


def states_left(problem: Problem, thoughts: list[str]) -> list[int]:
    """How many numbers are left after each thought, by what the thoughts state; 0 for the answer."""
    matches = [STEP.fullmatch(thought) for thought in thoughts]
    return [len(match[5].split()) if match else 0 for match in matches]


def _left(problem: Problem, before: list[str]) -> list[int]:
    match = STEP.fullmatch(before[-1]) if before else None
    return list(map(int, match[5].split())) if match else list(problem.fields["numbers"])


def _moves(random: Random, left: list[int], largest: int = LARGEST) -> list[tuple[str, tuple[int, ...]]]:
    """All steps with results up to the largest, in random order, with the numbers after them."""
    moves = []
    for high in range(1, len(left)):
        for low in range(high):
            for operation in "+-*/":
                result = combine(left[high], operation, left[low])
                if result is not None and result <= largest:
                    rest = left[:low] + left[low + 1 : high] + left[high + 1 :]
                    after = sorted([*rest, result])
                    moves.append((_line(left[high], operation, left[low], result, after), tuple(after)))
    random.shuffle(moves)
    return moves


def good_step(random: Random, problem: Problem, before: list[str]) -> str:
    """A line that keeps the goal in reach."""
    goal, left = problem.fields["target"], _left(problem, before)
    if left == [goal]:
        return answer_line(str(goal))
    for largest in (LARGEST, LARGEST**3):  # a few problems need large results
        for line, after in _moves(random, left, largest):
            if reachable(after, goal):
                return line
    raise ValueError(f"{goal} is out of reach from {left}")


def honest(problem: Problem, before: list[str], line: str) -> str | None:
    """A line with the same operation, calculated correctly; nothing if it is not allowed."""
    match, left = STEP_BEGINS.match(line), _left(problem, before)
    if match is None or before and STEP.fullmatch(before[-1]) is None:
        return None
    x, y, rest = int(match[1]), int(match[3]), list(left)
    for number in (x, y):
        if number not in rest:
            return None
        rest.remove(number)
    result = combine(x, match[2], y)
    return result and _line(x, match[2], y, result, sorted([*rest, result]))


def vary(random: Random, problem: Problem, before: list[str]) -> str:
    """A line that a weak writer could go on with: any allowed step, or one with a slip in its result or its list."""
    goal, left = problem.fields["target"], _left(problem, before)
    if len(left) == 1:
        return answer_line(str(slip(random, goal)))
    moves, kind = _moves(random, left) or _moves(random, left, LARGEST**3), random.random()
    line = moves[0][0]
    match = STEP.fullmatch(line)
    x, operation, y, result = int(match[1]), match[2], int(match[3]), int(match[4])
    after = list(map(int, match[5].split()))
    if kind < 0.65:
        return line
    if kind < 0.9:
        wrong = goal if len(after) == 1 and random.random() < 0.7 else slip(random, result)
        after[after.index(result)] = wrong
        return _line(x, operation, y, wrong, sorted(after))
    place = random.randrange(len(after))
    after[place] = random.choice([*left, slip(random, after[place])])
    return _line(x, operation, y, result, sorted(after))
