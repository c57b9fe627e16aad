"""Training rows for language models: one problem a row, rows of similar length together, loss on thoughts only."""

from collections.abc import Iterator
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor

import drills
from families import Family
from tasks import TASKS, Problem, problems

LENGTHS = (48, 64, 96, 128, 192, 256, 320, 448)
SHARES = {"word": 0.3, "countdown": 0.45, "subset": 0.25}  # of the problems; word problems are the longest
DRILLS = 64  # for each 256 problems
IGNORED = -100


def encode(tokenizer: Tokenizer, family: Family, batch: list[Problem]) -> Iterator[tuple[list[int], list[int]]]:
    """Token ids and labels of whole problems; the question and the text's start have no label."""
    start = [tokenizer.token_to_id(family.start)] if family.start else []
    end = tokenizer.token_to_id(family.end)
    questions = tokenizer.encode_batch([problem.prompt for problem in batch], add_special_tokens=False)
    solutions = tokenizer.encode_batch(
        ["".join(thought + "\n" for thought in problem.thoughts) for problem in batch], add_special_tokens=False)
    for question, solution in zip(questions, solutions, strict=True):
        known = start + question.ids
        yield known + solution.ids + [end], [IGNORED] * len(known) + solution.ids + [end]


def encode_drills(tokenizer: Tokenizer, family: Family, random: Random, count: int) -> Iterator[tuple[list[int], list[int]]]:
    """Token ids and labels of drills; only results have labels."""
    start = [tokenizer.token_to_id(family.start)] if family.start else []
    prompt = start + tokenizer.encode(f"Q: {drills.PROMPT}\n", add_special_tokens=False).ids
    for _ in range(count):
        ids, labels = list(prompt), [IGNORED] * len(prompt)
        for text, result in drills.drill(random):
            known, answer = (tokenizer.encode(part, add_special_tokens=False).ids for part in (text, f" {result}\n"))
            ids += known + answer
            labels += [IGNORED] * len(known) + answer
        yield ids, labels


def padded(rows: list[tuple[list[int], list[int]]], length: int) -> tuple[Tensor, Tensor]:
    """Inputs and the labels of the next tokens, both of shape (rows, length)."""
    tokens = torch.tensor([ids[:-1] + [0] * (length + 1 - len(ids)) for ids, _ in rows])
    labels = torch.tensor([wanted[1:] + [IGNORED] * (length + 1 - len(wanted)) for _, wanted in rows])
    return tokens, labels


def batches(tokenizer: Tokenizer, family: Family, split: str, seed: int, tokens: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of about so many tokens; the shortest lengths and the longest ones come as they fill."""
    random = Random(f"order {split} {seed}")
    sources = {task: problems(task, split, seed) for task in TASKS}
    waiting: dict[int, list] = {length: [] for length in LENGTHS}
    while True:
        names = random.choices(list(SHARES), list(SHARES.values()), k=256)
        rows = list(encode(tokenizer, family, [next(sources[name]) for name in names]))
        for row in rows + list(encode_drills(tokenizer, family, random, DRILLS)):
            length = next((length for length in LENGTHS if len(row[0]) <= length + 1), None)
            if length is None:
                continue
            waiting[length].append(row)
            if len(waiting[length]) == tokens // length:
                yield padded(waiting[length], length)
                waiting[length] = []
