"""Writes the test sets as JSON lines, and reads them back: `problem_sets.py Weights/problems`."""

import argparse
import json
from itertools import islice
from pathlib import Path

from tasks import TASKS, Problem, answer_line, problems

COUNT = 1000  # per task, a quarter for each level
CHECKERS = {"word": "exact", "countdown": "countdown", "subset": "subset"}  # as `specsearch evaluate` calls them


def make(task: str) -> list[Problem]:
    """Different test problems of all levels, in turn."""
    module, seen, levels = TASKS[task], set(), []
    for level in module.LEVELS:
        fresh = (
            problem
            for problem in problems(task, "test", 1, level)
            if not (problem.key in seen or seen.add(problem.key))
        )
        levels.append(list(islice(fresh, COUNT // len(module.LEVELS))))
    return [problem for turn in zip(*levels, strict=True) for problem in turn]


def line(index: int, problem: Problem) -> str:
    row = {
        "id": f"{problem.task}-{index:04}",
        "task": CHECKERS[problem.task],
        "level": problem.level,
        "question": problem.question,
        "answer": problem.answer,
        **problem.fields,
    }
    return json.dumps(row) + "\n"


def read(path: Path) -> list[Problem]:
    """The problems of a file; its name is the task's."""
    result = []
    for text in path.read_text().splitlines():
        row = json.loads(text)
        fields = {name: row[name] for name in ("thoughts", "numbers", "target") if name in row}
        thoughts = tuple(row.get("thoughts", [answer_line(row["answer"])]))
        result.append(Problem(path.stem, row["level"], row["question"], thoughts, row["answer"], row["id"], fields))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        (folder / f"{task}.jsonl").write_text("".join(line(index, problem) for index, problem in enumerate(make(task))))


if __name__ == "__main__":
    main()
