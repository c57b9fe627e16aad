"""What the generators and checkers promise; runs with Python alone: `python3 -m unittest discover Tools/train`."""

import itertools
import unittest
from itertools import islice
from pathlib import Path
from random import Random

import drills
import problem_sets
from tasks import TASKS, countdown, problems, subset, word
from tasks.problem import slip

ROOT = Path(__file__).parents[2]


def reaches(numbers: list[int], goal: int) -> bool:
    """The same as `countdown.reachable`, by trying everything in any order and without a cache."""
    if len(numbers) == 1:
        return numbers[0] == goal
    for x, y in itertools.permutations(range(len(numbers)), 2):
        rest = [number for place, number in enumerate(numbers) if place not in (x, y)]
        for operation in "+-*/":
            result = countdown.combine(numbers[x], operation, numbers[y])
            if result is not None and reaches([*rest, result], goal):
                return True
    return False


class GeneratorTests(unittest.TestCase):
    def test_reference_solutions_are_correct_on_every_level(self) -> None:
        for name, task in TASKS.items():
            for level in task.LEVELS:
                for problem in islice(problems(name, "train", 5, level), 100):
                    self.assertEqual(set(task.check(problem, list(problem.thoughts))), {True}, problem)
                    self.assertEqual(problem.level, level)

    def test_the_same_seed_gives_the_same_problems(self) -> None:
        for name in TASKS:
            first, again, other = (
                [problem.text for problem in islice(problems(name, "train", seed), 20)] for seed in (1, 1, 2)
            )
            self.assertEqual(first, again)
            self.assertNotEqual(first, other)

    def test_splits_share_no_problem(self) -> None:
        for name in TASKS:
            keys = {
                split: {problem.key for problem in islice(problems(name, split, 3), 400)}
                for split in ("train", "validation", "test")
            }
            for one, two in itertools.combinations(keys.values(), 2):
                self.assertFalse(one & two)

    def test_levels_are_as_long_as_they_say(self) -> None:
        for level, (least, most) in word.CALCULATIONS.items():
            for problem in islice(problems("word", "train", 7, level), 100):
                self.assertTrue(least <= len(problem.thoughts) - 1 <= most)
                self.assertTrue(
                    all(
                        int(number) <= word.LARGEST
                        for number in problem.text.replace(".", " ").split()
                        if number.isdecimal()
                    )
                )
        for level in countdown.LEVELS:
            self.assertEqual(len(next(problems("countdown", "train", 7, level)).fields["numbers"]), level + 2)

    def test_sets_in_the_repository_are_the_ones_that_are_made(self) -> None:
        for name in TASKS:
            made = problem_sets.make(name)
            self.assertEqual({problem.split for problem in made}, {"test"})
            self.assertEqual(len({problem.key for problem in made}), problem_sets.COUNT)
            stored = (ROOT / "Weights/problems" / f"{name}.jsonl").read_text()
            self.assertEqual(stored, "".join(problem_sets.line(index, problem) for index, problem in enumerate(made)))


class CheckerTests(unittest.TestCase):
    def test_reachability_agrees_with_plain_search(self) -> None:
        random = Random(1)
        for _ in range(150):
            numbers = sorted(random.randint(1, 12) for _ in range(random.randint(2, 4)))
            goal = random.randint(1, 60)
            self.assertEqual(countdown.reachable(tuple(numbers), goal), reaches(numbers, goal), (numbers, goal))

    def test_subset_sums_agree_with_plain_search(self) -> None:
        random = Random(2)
        for _ in range(300):
            numbers = sorted(random.sample(range(1, 40), random.randint(1, 7)))
            goal = random.randint(0, 90)
            plain = any(
                sum(some) == goal
                for count in range(len(numbers) + 1)
                for some in itertools.combinations(numbers, count)
            )
            self.assertEqual(subset.completable(tuple(numbers), goal), plain, (numbers, goal))

    def test_what_follows_a_bad_thought_is_bad(self) -> None:
        for name, task in TASKS.items():
            random = Random(3)
            for problem in islice(problems(name, "train", 9), 200):
                place = random.randrange(len(problem.thoughts))
                before = list(problem.thoughts[:place])
                verdicts = task.check(
                    problem, [*before, task.vary(random, problem, before), *problem.thoughts[place + 1 :]]
                )
                self.assertEqual(verdicts, sorted(verdicts, reverse=True), problem)

    def test_wrong_results_and_lists_are_found(self) -> None:
        random = Random(4)
        for name, task in TASKS.items():
            for problem in islice(problems(name, "train", 10), 200):
                place = random.randrange(len(problem.thoughts))
                words = problem.thoughts[place].split()
                numbers = [index for index, text in enumerate(words) if text.strip("().:,").isdecimal()]
                index = random.choice(numbers)
                digits = words[index].strip("().:,")
                words[index] = words[index].replace(digits, str(slip(random, int(digits))))
                thoughts = [*problem.thoughts[:place], " ".join(words)]
                self.assertFalse(task.check(problem, thoughts)[-1], (problem, thoughts[-1]))

    def test_good_steps_are_good_and_honest_lines_are_allowed(self) -> None:
        for name, task in TASKS.items():
            random = Random(5)
            for problem in islice(problems(name, "train", 11), 200):
                before: list[str] = []
                while not (before and before[-1].startswith("The answer")):
                    line = task.good_step(random, problem, before)
                    self.assertEqual(task.honest(problem, before, line) or line, line)
                    before.append(line)
                self.assertEqual(set(task.check(problem, before)), {True}, problem)

    def test_a_line_after_the_answer_is_only_wrong(self) -> None:
        for name, task in TASKS.items():
            problem = next(problems(name, "train", 13))
            thoughts = [*problem.thoughts, problem.thoughts[0]]
            self.assertEqual(task.check(problem, thoughts), [True] * len(problem.thoughts) + [False])
            self.assertIsNone(task.honest(problem, list(problem.thoughts), problem.thoughts[0]))

    def test_hostile_lines_are_only_wrong(self) -> None:
        lines = [
            "",
            "(left",
            "1 + 1 = 2 (left )",
            "9" * 400 + " + 1 = 1 (left 1)",
            "Take 1: 1 - 1 = 0 (left)",
            "The answer is .",
            "0 / 0 = 0 (left 0)",
            "١ + ١ = ٢ (left ٢)",
        ]
        for name, task in TASKS.items():
            problem = next(problems(name, "train", 12))
            for line in lines:
                self.assertEqual(task.check(problem, [line, line]), [False, False], line)
                self.assertEqual(len(task.states_left(problem, [line])), 1)


class DrillTests(unittest.TestCase):
    def test_a_line_is_good_if_and_only_if_its_result_is_right(self) -> None:
        random = Random(6)
        for _ in range(300):
            for thought, verdict, right in zip(*drills.judged_drill(random), strict=True):
                x, operation, y, result = word.CALCULATION.search(thought).groups()
                self.assertEqual(eval(f"{x} {operation} {y} == {result}"), verdict, thought)
                self.assertEqual(right is None, verdict)
                if right is not None:
                    self.assertEqual(right.split("=")[0], thought.split("=")[0])
                    x, operation, y, result = word.CALCULATION.search(right).groups()
                    self.assertTrue(eval(f"{x} {operation} {y} == {result}"), right)


if __name__ == "__main__":
    unittest.main()
