"""Compares `specsearch logits` with `transformers`, on random tokens and every position.

The rule: the largest difference is at most 1e-4 × max(1, standard deviation of the reference's logits), and the best
token is the same wherever the reference's two best differ by more than that.
"""

import reference  # First: it pins torch's instruction sets.

import argparse
import json
import subprocess
from pathlib import Path

import numpy
import torch

TOLERANCE = 1e-4


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Tools/parity/compare", description=__doc__)
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL", help="a Hugging Face folder")
    parser.add_argument("--length", type=int, default=40, help="number of random tokens (default: 40)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--program", type=Path, default=reference.ROOT / ".build/release/specsearch")
    return parser.parse_args()


def found_logits(program: Path, model: Path, tokens: list[int]) -> torch.Tensor:
    command = [program, "logits", "--model", model, "--tokens", ",".join(map(str, tokens)), "--all"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return torch.tensor(json.loads(output)["logits"])


def agrees(model: Path, options: argparse.Namespace) -> bool:
    vocabulary = json.loads((model / "config.json").read_text())["vocab_size"]
    tokens = numpy.random.default_rng(options.seed).integers(0, vocabulary, options.length).tolist()
    expected = reference.load(model).logits(tokens)
    found = found_logits(options.program, model, tokens)
    if found.shape != expected.shape:
        print(f"{model}: {list(found.shape)} logits, but transformers gives {list(expected.shape)}")
        return False
    deviation = expected.std().item()
    bound = TOLERANCE * max(1, deviation)
    difference = (found - expected).abs().max().item()
    best = expected.topk(2, dim=-1).values
    decided = best[:, 0] - best[:, 1] > bound
    same = bool((found.argmax(-1) == expected.argmax(-1))[decided].all())
    verdict = difference <= bound and same  # A difference that is not a number fails.
    print(f"{model}: largest difference {difference:.2e}, bound {bound:.2e} (deviation {deviation:.2f}), "
          f"best tokens {'equal' if same else 'differ'}: {'agrees' if verdict else 'DISAGREES'}")
    return verdict


options = arguments()
if not all([agrees(model, options) for model in options.models]):
    raise SystemExit(1)
