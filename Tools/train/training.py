"""The loop that trains any of the models: rate, checkpoints, curve.

The rate rises over 50 steps, is constant, and falls linearly over the last part of the tokens. A checkpoint is written
every few minutes; a run that finds one goes on from it. So a run can be stopped at any time, and extended with a larger
`--tokens` while the rate has not begun to fall.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # waiting threads would slow everything else on the machine

import torch
from torch import Tensor, nn

from families import FAMILIES, SIZES
from optimizer import Optimizer

BATCH = 4096  # tokens
CHECKPOINT_SECONDS = 240
REPORT_STEPS = 50


def amount(text: str) -> int:
    """A count such as 250k or 100M."""
    factor = {"k": 1_000, "M": 1_000_000}.get(text[-1], 1)
    return int(float(text.rstrip("kM")) * factor)


def parser(description: str) -> argparse.ArgumentParser:
    """The arguments that all training programs share."""
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("family", choices=FAMILIES)
    result.add_argument("--tokens", type=amount, required=True, help="to train on in all, for instance 100M")
    result.add_argument("--size", choices=SIZES, default="cpu")
    result.add_argument("--tokenizer", type=Path, required=True, help="the family's tokenizer.json")
    result.add_argument("--out", type=Path, required=True, help="folder for checkpoint, curve and model")
    result.add_argument("--decay", type=float, default=0.3, help="share of the tokens over which the rate falls")
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--compile", action="store_true", help="compile the model: faster after some minutes")
    return result


class Run:
    """A model in training. The model returns its losses by name; the first one is what is minimised."""

    def __init__(self, model: nn.Module, arguments: argparse.Namespace) -> None:
        self.model, self.arguments = model.to(torch.bfloat16), arguments
        self.optimizer = Optimizer(model, matrix_rate=0.02, other_rate=2e-3)
        self.step, self.tokens, self.seconds, self.curve = 0, 0, 0.0, []
        self.checkpoint = arguments.out / "checkpoint.pt"
        arguments.out.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            self._restore()
        self.parameters = sum(parameter.numel() for parameter in model.parameters())
        print(f"{arguments.out}: {self.parameters:,} parameters, from token {self.tokens:,}", flush=True)

    def train(self, batches: Iterator[tuple[Tensor, ...]]) -> None:
        """Trains until all tokens are done."""
        torch._dynamo.config.recompile_limit = 64
        losses_of = torch.compile(self.model, dynamic=False) if self.arguments.compile else self.model
        last = saved = time.monotonic()
        sums: dict[str, float] = {}
        while self.tokens < self.arguments.tokens:
            batch = next(batches)
            losses = losses_of(*batch)
            next(iter(losses.values())).backward()
            self.optimizer.step(self._rate())
            self.step, self.tokens = self.step + 1, self.tokens + batch[0].numel()
            now = time.monotonic()
            self.seconds, last = self.seconds + now - last, now
            for name, loss in losses.items():
                sums[name] = sums.get(name, 0.0) + loss.item() / REPORT_STEPS
            if self.step % REPORT_STEPS == 0:
                self._report(sums)
                sums = {}
            if now - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = now
        self.save()

    def _rate(self) -> float:
        """The share of the full rate at this step."""
        remaining = 1 - self.tokens / self.arguments.tokens
        return min(1, (self.step + 1) / 50) * min(1, max(0.01, remaining / self.arguments.decay))

    def _report(self, means: dict[str, float]) -> None:
        self.curve.append([self.tokens, *(round(mean, 5) for mean in means.values())])
        listed = " ".join(f"{name} {mean:.4f}" for name, mean in means.items())
        print(f"step {self.step} tokens {self.tokens / 1e6:.2f}M {listed} {self.tokens / self.seconds:.0f} tokens/s", flush=True)

    def save(self) -> None:
        """Writes the checkpoint and the report of the training so far."""
        state = {"optimizer": self.optimizer.state(), "step": self.step, "tokens": self.tokens,
                 "seconds": self.seconds, "curve": self.curve}
        torch.save(state, self.checkpoint.with_suffix(".new"))
        self.checkpoint.with_suffix(".new").rename(self.checkpoint)
        arguments = self.arguments
        report = {"family": arguments.family, "size": arguments.size, "seed": arguments.seed, "parameters": self.parameters,
                  "tokens": self.tokens, "steps": self.step, "seconds": round(self.seconds), "curve": self.curve}
        (arguments.out / "training.json").write_text(json.dumps(report) + "\n")

    def _restore(self) -> None:
        state = torch.load(self.checkpoint, weights_only=True)
        self.optimizer.restore(state["optimizer"])
        self.step, self.tokens = state["step"], state["tokens"]
        self.seconds, self.curve = state["seconds"], state["curve"]
