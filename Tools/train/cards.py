"""Writes the cards of a family from what was recorded: `cards.py Weights/qwen`.

A card for the family with its figures and pictures, and one for each model. Only the figures are filled in; the words
stand here.
"""

import argparse
import json
import math
from pathlib import Path

from families import FAMILIES
from tasks import TASKS

HARDWARE = {"cpu": "one core of a server processor (AMD EPYC, AVX-512)", "cuda": "one data-centre GPU"}
FORMS = {
    "qwen": "Qwen3 trunk with the two-class head of Qwen2.5-Math-PRM, read at `<extra_0>`",
    "llama": "Llama 3 causal model, read as the pair `+`, `-` at `<|reserved_special_token_0|>` (Math-Shepherd)",
}
KNOWN = {
    "target": """- It knows the three formats and nothing else: no chat, no facts, no other text.
- Numbers above 9,999, products of two factors above 9 in word problems, and other names or phrases are outside of
  what it has seen.
- Countdown: it often chooses a first operation from which the goal is out of reach; that is what search is for.""",
    "draft": """- It is small on purpose: it calculates wrongly where the target does not, most of all with carries and
  in divisions, and hardly looks ahead in countdown and subset sums.
- Everything that the target does not know, it does not know either.""",
    "reward": """- Its scores are probabilities for the texts of these two writers at temperature 1; on other text they
  mean little.
- It does not look ahead far: on countdown with two or three numbers left it hardly knows whether the goal can be reached.
- In long stories it misses left-out events more often than wrong digits.
- How surely it sees mistakes differs by task: the table in the family's card says how much its scores are worth.""",
}


def tables(report: dict) -> str:
    """Accuracy by task, level and method, in Markdown."""
    rows = [
        ("target, greedy", report["greedy"]["target"]),
        ("draft, greedy", report["greedy"]["draft"]),
        ("target, best of 12", report["best_of_n"]),
        ("target, beam search 6 × 2", report["beam"]),
        ("draft writes, the paper's rule, 6 × 2", report["paper"]),
        ("draft, beam search 6 × 2", report["draft_beam"]),
    ]
    parts = []
    for task, module in TASKS.items():
        parts += [
            f"\n| {task} | problems | all |" + "".join(f" level {level} |" for level in module.LEVELS),
            "|---|---|---|" + "---|" * len(module.LEVELS),
        ]
        for name, found in rows:
            own = found[task]
            levels = "".join(f" {own['levels'][str(level)]} % |" for level in module.LEVELS)
            parts.append(f"| {name} | {own['problems']:,} | {own['all']} % |{levels}")
    return "\n".join(parts)


def judgement_table(report: dict) -> str:
    """How well the reward model ranks and what it thinks of the draft, in Markdown."""
    lines = [
        (
            "| task | AUC | of first mistakes | states | good | AUC by what is left "
            "| drafts at or above the target's mean: all, good ones, bad ones |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for task, found in report["judgement"].items():
        aucs = ((left, auc) for left, (auc, _) in found["auc by left"].items())
        by_left = ", ".join(f"{left}: {'–' if auc is None else auc}" for left, auc in aucs)
        reached = ", ".join(f"{part:.0%}" for part in found["drafts at or above it"].values())
        lines.append(
            f"| {task} | {found['auc']} | {found['auc of first mistakes']} | {found['states']:,} | "
            f"{found['good']:.0%} | {by_left} | {reached} |"
        )
    return "\n".join(lines)


def describe(folder: Path, role: str) -> str:
    """The card of one model."""
    report = json.loads((folder / role / "training.json").read_text())
    shape = json.loads((folder / role / "config.json").read_text())
    family, hours = folder.name, report["seconds"] / 3600
    form = (
        FORMS[family]
        if role == "reward"
        else f"{'Qwen3' if family == 'qwen' else 'Llama 3'} causal model, tied embeddings"
    )
    tokens, hardware = report["tokens"] / 1e6, HARDWARE[report["device"]]
    learned = f"{tokens:.0f} M tokens in {report['step']:,} steps, {hours:.1f} hours on {hardware}"
    losses = ", ".join(
        f"{name} {loss:.4f}" for name, loss in zip(report["losses"], report["curve"][-1][1:], strict=True)
    )
    return f"""# {family}-{role}

{form}. Part of the bundle `Weights/{family}`; see its [card](../README.md) for data, figures and pictures.

| | |
|---|---|
| parameters | {report["parameters"]:,} |
| width, layers, feed-forward | {shape["hidden_size"]}, {shape["num_hidden_layers"]}, {shape["intermediate_size"]} |
| heads, KV heads, head size | {shape["num_attention_heads"]}, {shape["num_key_value_heads"]}, {shape["head_dim"]} |
| vocabulary, context | {shape["vocab_size"]}, {shape["max_position_embeddings"]:,} |
| precision | bfloat16 |
| training | {learned}; seed {report["seed"]} |
| last loss, nats | {losses} |
| again | `Tools/train/family {family} {role}` |

## Known failures

{KNOWN[role]}
"""


def family_card(folder: Path) -> str:
    """The card of a family."""
    report = json.loads((folder / "evaluation.json").read_text())
    temperature = json.loads((folder / "bundle.json").read_text())["sampling"]["temperature"]
    family, searched = folder.name, report["beam"]["word"]["problems"]
    samples = sum(found["problems"] for found in report["greedy"]["target"].values())
    return f"""# The {family} family

A target, a draft model and a reward model that were trained together for the three tasks of `Tools/train/tasks`, so
that searching has something real to do without any download. Cards of the models: [target](target/README.md),
[draft](draft/README.md), [reward](reward/README.md).

## Accuracy

Measured by `Tools/train/evaluate.py` with `transformers`, without the Swift package, on the test sets in
`Weights/problems`: greedy on all {samples:,} problems, everything else on the first {searched} of each task (95 %
intervals are about ± {margin(searched):.0f} points there), at temperature {temperature}.
{tables(report)}

## The reward model

On all thoughts that are not final of solutions that target and draft sampled at temperature 1. "Of first mistakes"
leaves out what follows a bad thought. What is left: calculations, or numbers.

{judgement_table(report)}

![calibration](calibration.png)

## Training

![losses](training.png)

Data, recipe and seeds are the programs in `Tools/train`; `Tools/train/family {family}` runs all of them again. A run
that was stopped and went on has seen other problems than one that was not, so the weights will not be the same.
"""


def margin(count: int) -> float:
    """Half a 95 % interval, in points, of a share near a half."""
    return 100 * 1.96 * math.sqrt(0.25 / count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if folder.name not in FAMILIES:
        parser.error(f"{folder} is no family; known: {', '.join(FAMILIES)}")
    (folder / "README.md").write_text(family_card(folder))
    for role in ("target", "draft", "reward"):
        (folder / role / "README.md").write_text(describe(folder, role))


if __name__ == "__main__":
    main()
