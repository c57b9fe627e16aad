"""Samples solutions from a checkpoint and labels every thought: what reward models are trained on.

Some are whole solutions, others single thoughts behind a correct beginning: what a search has to choose from. One JSON
array a line: question, thoughts, verdicts, and what should stand in place of bad thoughts where that is known.
"""

import argparse
import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

from generation import Generator, lines
from judged import Judged
from tasks import TASKS, problems

BATCH = 2048
COPIES = 4  # thoughts behind each beginning; equal ones count once


def solutions(generator: Generator, name: str, seed: int, temperature: float) -> Iterator[Judged]:
    """Whole solutions, without end."""
    source = problems(name, "train", seed)
    while True:
        batch = list(islice(source, BATCH))
        written = generator.solutions([problem.prompt for problem in batch], temperature)
        for problem, solution in zip(batch, written, strict=True):
            yield Judged.of(TASKS[name], problem, lines(generator.text(solution)))


def continuations(generator: Generator, name: str, seed: int, temperature: float) -> Iterator[Judged]:
    """Correct beginnings and one thought behind them, without end."""
    source, random = problems(name, "train", seed), Random(f"{name} {seed}")
    while True:
        batch = [(problem, random.randrange(len(problem.thoughts))) for problem in islice(source, BATCH)]
        prefixes = [
            generator.encode(problem.prompt + "".join(f"{thought}\n" for thought in problem.thoughts[:known]))
            for problem, known in batch
        ]
        written = generator.thoughts(prefixes, COPIES, temperature)
        for (problem, known), thoughts in zip(batch, written, strict=True):
            for thought in sorted({generator.text(thought).rstrip("\n") for thought in thoughts}):
                yield Judged.of(TASKS[name], problem, [*problem.thoughts[:known], thought])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--solutions", type=int, required=True, help="per task")
    parser.add_argument("--continuations", type=int, required=True, help="per task")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--seed", type=int, required=True)
    arguments = parser.parse_args()
    generator, start = Generator(arguments.model, arguments.seed), time.monotonic()
    with open(arguments.out, "w") as file:
        for name in TASKS:
            for sample, count in (
                (solutions, arguments.solutions),
                (continuations, arguments.continuations),
            ):
                rows = islice(sample(generator, name, arguments.seed, arguments.temperature), count)
                good = thoughts = 0
                for written, row in enumerate(rows, 1):
                    file.write(json.dumps(row) + "\n")
                    good, thoughts = good + sum(row.verdicts), thoughts + len(row.verdicts)
                    if written % BATCH == 0 or written == count:
                        print(
                            f"{name}: {written} {sample.__name__}, {good / max(1, thoughts):.1%} of the thoughts are "
                            f"good, {time.monotonic() - start:.0f} s",
                            flush=True,
                        )


if __name__ == "__main__":
    main()
