"""What `transformers` computes for the bundled families, on their own kind of text.

For each model a golden like those of the tiny models, and for each family `FAMILY-solutions.jsonl`: a line for each of
500 test problems with the greedy solutions of target and draft as token ids, the smallest lead of any of their tokens,
and the draft's sampled solution with the reward model's score of every thought.
"""

import reference  # First: it pins torch's instruction sets.

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer

sys.path.insert(0, str(reference.ROOT / "Tools/train"))
import problem_sets
from generation import Generator, lines
from tasks import TASKS, Problem

FAMILIES = ("qwen", "llama")
COUNT = 501  # problems, as many of each task
SOLUTIONS = (
    ("Q: Reach 24 from 4 6 7 8.\n", "6 * 4 = 24 (left 7 8 24)\n", "8 - 7 = 1 (left 1 24)\n", "24 * 1 = 24 (left 24)\n"),
    ("Q: Which of 7 9 12 18 25 31 add up to 68?\n", "Take 31: 68 - 31 = 37 (left 7 9 12 18 25)\n",
     "Take 25: 37 - 25 = 12 (left 7 9 12 18)\n"),
    ("Q: Nora has 58 cookies. Nora buys 8 bags with 21 cookies each. How many cookies does Nora have now?\n",
     "The bags hold 8 * 21 = 168 cookies.\n", "Nora now has 58 + 168 = 226 cookies.\n"),
    ("Q: Nora has 58 cookies. Nora buys 8 bags with 21 cookies each. How many cookies does Nora have now?\n",
     "The bags hold 8 * 21 = 168 cookies.\n", "Nora now has 58 + 168 = 236 cookies.\n"),
)  # the last one adds up wrongly


def bundle(family: str) -> dict:
    return json.loads((reference.WEIGHTS / family / "bundle.json").read_text())


def tokenizer(family: str) -> Tokenizer:
    return Tokenizer.from_file(str(reference.WEIGHTS / family / "target" / "tokenizer.json"))


def problems() -> list[Problem]:
    """The first test problems of every task, in turn."""
    sets = [problem_sets.read(reference.WEIGHTS / "problems" / f"{task}.jsonl") for task in TASKS]
    return [problem for turn in zip(*sets, strict=True) for problem in turn][:COUNT]


def prompts(family: str) -> list[list[int]]:
    """Token ids of a question of each task, and of one with its solution."""
    known = tokenizer(family)
    texts = [*(question for question, *_ in SOLUTIONS[:3]), "".join(SOLUTIONS[0])]
    return [known.encode(text).ids for text in texts]


class Judge:
    """The reward model of a family: logits of (bad, good) for every token."""

    def __init__(self, family: str) -> None:
        self.model, self.tokenizer = reference.load(reference.WEIGHTS / family / "reward"), tokenizer(family)
        words = bundle(family)
        self.step = self.tokenizer.token_to_id(words["stepToken"])
        pair = [words.get("badToken"), words.get("goodToken")]
        self.columns = [self.tokenizer.token_to_id(token) for token in pair] if all(pair) else [0, 1]

    def encode(self, prompt: str, thoughts: list[str]) -> list[int]:
        encoded = [self.tokenizer.encode(thought, add_special_tokens=False).ids + [self.step] for thought in thoughts]
        return sum(encoded, self.tokenizer.encode(prompt).ids)

    def prompts(self) -> list[list[int]]:
        """Token ids of the solutions, with step tokens."""
        return [self.encode(question, thoughts) for question, *thoughts in SOLUTIONS]

    def logits(self, tokens: list[int]) -> torch.Tensor:
        return self.model.logits(tokens)[:, self.columns]

    def probabilities(self, tokens: list[int]) -> torch.Tensor:
        """The probability of "good" at every token."""
        return self.logits(tokens).softmax(-1)[:, 1]

    def scores(self, prompt: str, thoughts: list[str]) -> list[float]:
        tokens = self.encode(prompt, thoughts)
        good = self.probabilities(tokens)
        return [good[place].item() for place, token in enumerate(tokens) if token == self.step]


def greedy(folder: Path) -> list[tuple[list[int], float]]:
    """The greedy solution of every problem, and the smallest lead of its tokens, looked at again in one pass."""
    generator, model = Generator(folder), reference.load(folder)
    written = generator.solutions([problem.prompt for problem in problems()], temperature=0)
    results = []
    for problem, tokens in zip(problems(), written, strict=True):
        prompt = generator.encode(problem.prompt)
        best = model.logits(prompt + tokens)[len(prompt) - 1 : -1].topk(2)
        leads = (best.values[:, 0] - best.values[:, 1]).tolist()
        for token, again, lead in zip(tokens, best.indices[:, 0].tolist(), leads, strict=True):
            if token != again and lead > 1e-3:
                raise SystemExit(f"{folder}: two ways of computing do not agree on {problem.key}")
        results.append((tokens, min(leads)))
    return results


def solutions(family: str) -> str:
    """The lines of `FAMILY-solutions.jsonl`."""
    folder, judge = reference.WEIGHTS / family, Judge(family)
    target, draft = greedy(folder / "target"), greedy(folder / "draft")
    writer = Generator(folder / "draft", seed=1)
    sampled = writer.solutions([problem.prompt for problem in problems()], temperature=1)
    rows = []
    for index, problem in enumerate(problems()):
        thoughts = [f"{line}\n" for line in lines(writer.text(sampled[index]))]
        rows.append({
            "id": problem.key, "question": problem.question, "target": target[index][0], "targetLead": target[index][1],
            "draft": draft[index][0], "draftLead": draft[index][1], "thoughts": thoughts,
            "scores": judge.scores(problem.prompt, thoughts)})
    print(f"{family:18} smallest greedy leads {min(lead for _, lead in target):.1e} and "
          f"{min(lead for _, lead in draft):.1e}", flush=True)
    return "".join(json.dumps(row) + "\n" for row in rows)
