"""Training rows for language models: one problem a row, rows of similar length together, loss on thoughts only."""

from collections.abc import Iterator
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor

import drills
from families import Family
from labels import IGNORED
from tasks import TASKS, Problem, problems

LENGTHS = (48, 64, 96, 128, 192, 256, 320, 448)
SHARES = {"word": 0.3, "countdown": 0.45, "subset": 0.25}  # of the problems; word problems are the longest
DRILLS = 64  # for each 256 problems

Row = tuple[list[int], ...]  # token ids, then labels of the same length


def encode(tokenizer: Tokenizer, family: Family, batch: list[Problem]) -> Iterator[Row]:
    """Token ids and the tokens that follow them; only those of solutions and of the text's end are labels."""
    end = tokenizer.token_to_id(family.end)
    questions = tokenizer.encode_batch([problem.prompt for problem in batch])
    solutions = tokenizer.encode_batch(
        ["".join(f"{thought}\n" for thought in problem.thoughts) for problem in batch], add_special_tokens=False
    )
    for question, solution in zip(questions, solutions, strict=True):
        written = [*solution.ids, end]
        yield question.ids + written[:-1], [IGNORED] * (len(question.ids) - 1) + written


def encode_drills(tokenizer: Tokenizer, random: Random, count: int) -> Iterator[Row]:
    """The same of drills, in which only results are labels."""
    prompt = tokenizer.encode(f"Q: {drills.PROMPT}\n").ids
    for _ in range(count):
        ids, labels = list(prompt), [IGNORED] * len(prompt)
        for text, result, rest in drills.drill(random):
            parts = text, f" {result}{rest}\n"
            known, answer = (tokenizer.encode(part, add_special_tokens=False).ids for part in parts)
            ids += known + answer
            labels += [IGNORED] * len(known) + answer
        yield ids[:-1], labels[1:]


def by_length(rows: Iterator[Row], tokens: int) -> Iterator[tuple[Tensor, ...]]:
    """Batches of about so many tokens, padded to one of a few lengths; each comes when it is full."""
    waiting: dict[int, list[Row]] = {length: [] for length in LENGTHS}
    for row in rows:
        length = next((length for length in LENGTHS if len(row[0]) <= length), None)
        if length is None:
            continue
        waiting[length].append(row)
        if len(waiting[length]) == tokens // length:
            yield padded(waiting[length], length)
            waiting[length] = []


def padded(rows: list[Row], length: int) -> tuple[Tensor, ...]:
    """Tensors of shape (rows, length): token ids filled up with 0, labels with `IGNORED`."""
    columns = enumerate(zip(*rows, strict=True))
    return tuple(
        torch.tensor([row + [IGNORED if place else 0] * (length - len(row)) for row in column])
        for place, column in columns
    )


def batches(tokenizer: Tokenizer, family: Family, split: str, seed: int, tokens: int) -> Iterator[tuple[Tensor, ...]]:
    """Endless batches of about so many tokens of all tasks and of drills."""
    random = Random(f"order {split} {seed}")
    sources = {task: problems(task, split, seed) for task in TASKS}

    def rows() -> Iterator[Row]:
        while True:
            names = random.choices(list(SHARES), list(SHARES.values()), k=256)
            yield from encode(tokenizer, family, [next(sources[name]) for name in names])
            yield from encode_drills(tokenizer, random, DRILLS)

    return by_length(rows(), tokens)
