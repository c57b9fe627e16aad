"""The loop that trains any of the models: rate, checkpoints, curve.

The rate rises over 50 steps, is constant, and falls linearly over the last part of the tokens. A checkpoint is written
every few minutes; a run that finds one goes on from it, with data that it has not seen. So a run can be stopped at
any time, and extended with a larger `--tokens` while the rate has not begun to fall. Where it was stopped changes the
model.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # waiting threads would slow everything else on the machine

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from families import FAMILIES, SIZES
from optimizer import Optimizer

BATCH = 4096  # tokens
CHECKPOINT_SECONDS = 240
REPORT_STEPS = 50
HELD_OUT = 8  # batches

Batch = tuple[Tensor, ...]


@dataclass
class Progress:
    """How far a training is, and what it has seen: losses by tokens, in training and on held-out problems."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: list[str] = field(default_factory=list)
    curve: list[list[float]] = field(default_factory=list)
    validation: list[list[float]] = field(default_factory=list)


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
    result.add_argument("--start", type=Path, help="an exported model to go on from if there is no checkpoint")
    result.add_argument("--decay", type=float, default=0.3, help="share of the tokens over which the rate falls")
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--compile", action="store_true", help="compile the model: faster after some minutes")
    return result


class Run:
    """A model in training. The model returns its losses by name; the first one is what is minimised."""

    def __init__(self, model: nn.Module, arguments: argparse.Namespace) -> None:
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model, self.arguments = model.to(self.device, torch.bfloat16), arguments
        self.optimizer = Optimizer(model, 0.02, 2e-3, FAMILIES[arguments.family].query_key_norm)
        self.parameters = sum(parameter.numel() for parameter in model.parameters())
        self.progress = Progress()
        self.checkpoint = arguments.out / "checkpoint.pt"
        arguments.out.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            state = torch.load(self.checkpoint, weights_only=True, map_location=self.device)
            self.optimizer.restore(state["optimizer"])
            self.progress = Progress(**state["progress"])
        elif arguments.start:
            self._begin_with(arguments.start)
        print(f"{arguments.out}: {self.parameters:,} parameters, from token {self.progress.tokens:,}", flush=True)

    def _begin_with(self, folder: Path) -> None:
        """Takes the weights of an exported model and its record; the optimizer's momenta begin anew."""
        for name, weight in load_file(folder / "model.safetensors", device=self.device).items():
            self.optimizer.masters[name].copy_(weight)
            self.optimizer.parameters[name].data.copy_(weight)
        report = json.loads((folder / "training.json").read_text())
        self.progress = Progress(**{entry.name: report[entry.name] for entry in fields(Progress)})

    def train(self, batches: Iterator[Batch], held_out: Iterator[Batch]) -> None:
        """Trains until all tokens are done; looks at the same few held-out batches at every checkpoint."""
        torch._dynamo.config.recompile_limit = 64
        losses_of = torch.compile(self.model, dynamic=False) if self.arguments.compile else self.model
        held_out = [next(held_out) for _ in range(HELD_OUT)]
        progress, last, saved = self.progress, time.monotonic(), time.monotonic()
        sums: list[dict[str, float]] = []
        while progress.tokens < self.arguments.tokens:
            batch = next(batches)
            losses = losses_of(*self._moved(batch))
            next(iter(losses.values())).backward()
            self.optimizer.step(self._rate())
            progress.step, progress.tokens = progress.step + 1, progress.tokens + batch[0].numel()
            sums.append({name: loss.item() for name, loss in losses.items()})
            now = time.monotonic()
            progress.seconds, last = progress.seconds + now - last, now
            if progress.step % REPORT_STEPS == 0:
                self._report(sums)
                sums = []
            if now - saved > CHECKPOINT_SECONDS:
                self._validate(held_out)
                self.save()
                saved = time.monotonic()
        self._validate(held_out)
        self.save()

    def _moved(self, batch: Batch) -> Batch:
        return tuple(tensor.to(self.device) for tensor in batch)

    def _rate(self) -> float:
        """The share of the full rate at this step."""
        remaining = 1 - self.progress.tokens / self.arguments.tokens
        return min(1, (self.progress.step + 1) / 50) * min(1, max(0.01, remaining / self.arguments.decay))

    def _report(self, losses: list[dict[str, float]]) -> None:
        progress = self.progress
        means = {name: sum(row[name] for row in losses) / len(losses) for name in losses[0]}
        if progress.losses != list(means):  # what it went on from learned something else
            progress.losses, progress.curve, progress.validation = list(means), [], []
        progress.curve.append([progress.tokens, *(round(mean, 5) for mean in means.values())])
        listed = " ".join(f"{name} {mean:.4f}" for name, mean in means.items())
        speed = progress.tokens / progress.seconds
        print(f"step {progress.step} tokens {progress.tokens / 1e6:.2f}M {listed} {speed:.0f} tokens/s", flush=True)

    @torch.no_grad()
    def _validate(self, batches: list[Batch]) -> None:
        """Notes the mean loss on problems of the validation split."""
        losses = [next(iter(self.model(*self._moved(batch)).values())).item() for batch in batches]
        mean = round(sum(losses) / len(losses), 5)
        self.progress.validation.append([self.progress.tokens, mean])
        print(f"validation {mean:.4f}", flush=True)

    def save(self) -> None:
        """Writes the checkpoint and the report of the training so far."""
        progress, arguments = asdict(self.progress), self.arguments
        torch.save({"optimizer": self.optimizer.state(), "progress": progress}, self.checkpoint.with_suffix(".new"))
        self.checkpoint.with_suffix(".new").rename(self.checkpoint)
        report = {
            "family": arguments.family,
            "size": arguments.size,
            "seed": arguments.seed,
            "device": self.device,
            "parameters": self.parameters,
            **progress,
        }
        (arguments.out / "training.json").write_text(json.dumps(report) + "\n")
