"""The tasks that the bundled models are trained on.

Each is a module with NAME, LEVELS, `generate` for problems, `check` for the verdicts on a solution's thoughts,
`states_left` for how far from the end each thought is (not above FINAL: a final state), and `good_step`, `vary` and
`honest` for thoughts to train judges on.
"""

from collections.abc import Iterator
from random import Random

from . import countdown, subset, word
from .problem import Problem, answer_line

TASKS = {task.NAME: task for task in (word, countdown, subset)}
LEVEL_SHARES = (4, 3, 2, 2)
__all__ = ["TASKS", "Problem", "answer_line", "problems"]


def problems(task: str, split: str, seed: int, level: int | None = None) -> Iterator[Problem]:
    """Endless problems of one split; of random levels, easy ones more often, unless one is given."""
    module, random = TASKS[task], Random(f"{task} {split} {seed}")
    while True:
        problem = module.generate(random, level or random.choices(module.LEVELS, LEVEL_SHARES)[0])
        if problem.split == split:
            yield problem
