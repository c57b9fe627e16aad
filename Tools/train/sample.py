"""Samples solutions from a checkpoint and labels every thought: what reward models are trained on.

One JSON array a line: question, thoughts, verdicts, and what should stand in place of bad thoughts where that is known.
"""

import argparse
import json
import time
from itertools import islice
from pathlib import Path

from generation import Generator, lines
from judged import Judged
from tasks import TASKS, problems

BATCH = 2048


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, required=True, help="solutions per task")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--seed", type=int, required=True)
    arguments = parser.parse_args()
    generator = Generator(arguments.model, arguments.seed)
    start = time.monotonic()
    with open(arguments.out, "w") as file:
        for name, task in TASKS.items():
            source, good, count = problems(name, "train", arguments.seed), 0, 0
            for first in range(0, arguments.count, BATCH):
                batch = list(islice(source, min(BATCH, arguments.count - first)))
                solutions = generator.solutions([problem.prompt for problem in batch], arguments.temperature)
                for problem, solution in zip(batch, solutions, strict=True):
                    judged = Judged.of(task, problem, lines(generator.text(solution)))
                    good, count = good + sum(judged.verdicts), count + len(judged.verdicts)
                    file.write(json.dumps(judged) + "\n")
                print(
                    f"{name} {first + len(batch)}: {good / max(count, 1):.1%} of the thoughts are good, "
                    f"{time.monotonic() - start:.0f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
