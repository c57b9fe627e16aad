"""Writes what `transformers` computes for every committed checkpoint to Weights/golden.

Each file holds, for prompt i: `prompt.i.tokens`, `prompt.i.logits` (tokens × vocabulary), `prompt.i.greedy` and
`prompt.i.margins` (64 greedy tokens and by how much each led), and for some models `prompt.i.embedding` and
`prompt.i.layer.j` (tokens × width). Reward models have `prompt.i.steps` and `prompt.i.scores` instead of greedy tokens.
"""

import reference  # First: it pins torch's instruction sets.

import shutil
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file

import family_goldens as families
from tiny_models import MODELS, TinyModel

GREEDY_TOKENS = 64
PROMPT_LENGTHS = (1, 7, 40)
WITH_LAYERS = {"llama-grouped", "qwen2-wide-heads", "qwen3-wide-heads"}
GOLDEN = reference.WEIGHTS / "golden"


def random_prompts(model: TinyModel) -> list[list[int]]:
    random = numpy.random.default_rng([model.seed, 1])
    return [random.integers(0, model.vocabulary, length).tolist() for length in PROMPT_LENGTHS]


def greedy(model: reference.LanguageModel, prompt: list[int]) -> tuple[list[int], list[float]]:
    """The most likely continuation, each step computed from scratch, with the lead of each choice over the next."""
    tokens, margins = list(prompt), []
    for _ in range(GREEDY_TOKENS):
        best = model.logits(tokens)[-1].topk(2)
        tokens.append(best.indices[0].item())
        margins.append((best.values[0] - best.values[1]).item())
    return tokens[len(prompt):], margins


def layer_outputs(model: reference.LanguageModel, prompt: list[int]) -> dict[str, torch.Tensor]:
    """The residual stream after the embedding and after each layer."""
    outputs = {}

    def record(name):
        def hook(_, __, output):
            outputs[name] = (output[0] if isinstance(output, tuple) else output)[0]
        return hook

    modules = {"embedding": model.trunk.embed_tokens}
    modules |= {f"layer.{index}": layer for index, layer in enumerate(model.trunk.layers)}
    hooks = [module.register_forward_hook(record(name)) for name, module in modules.items()]
    model.logits(prompt)
    for hook in hooks:
        hook.remove()
    return outputs


def integers(values: list[int]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.int32)


def language_golden(folder: Path, prompts: list[list[int]], with_layers: bool) -> dict[str, torch.Tensor]:
    model, golden, leads = reference.load(folder), {}, []
    for index, prompt in enumerate(prompts):
        tokens, margins = greedy(model, prompt)
        leads += margins
        found = {"tokens": integers(prompt), "logits": model.logits(prompt),
                 "greedy": integers(tokens), "margins": torch.tensor(margins)}
        if with_layers:
            found |= layer_outputs(model, prompt)
        golden |= {f"prompt.{index}.{name}": tensor.contiguous() for name, tensor in found.items()}
    deviation = max(golden[f"prompt.{index}.logits"].std().item() for index in range(len(prompts)))
    print(f"{folder.name:18} deviation {deviation:5.2f}  smallest greedy lead {min(leads):.1e}", flush=True)
    return golden


def reward_golden(name: str, judge, prompts: list[list[int]], step_token: int) -> dict[str, torch.Tensor]:
    """`judge.logits` gives the outputs for every token, `judge.probabilities` the probability of "good"."""
    golden = {}
    for index, prompt in enumerate(prompts):
        steps = [position for position, token in enumerate(prompt) if token == step_token]
        logits = judge.logits(prompt)
        found = {"tokens": integers(prompt), "logits": logits, "steps": integers(steps),
                 "scores": judge.probabilities(prompt)[steps]}
        golden |= {f"prompt.{index}.{name}": tensor.contiguous() for name, tensor in found.items()}
        print(f"{name:18} scores {[round(score, 3) for score in found['scores'].tolist()]}", flush=True)
    return golden


def tiny_golden(model: TinyModel) -> dict[str, torch.Tensor]:
    folder = reference.WEIGHTS / "tiny" / model.name
    if not model.reward:
        return language_golden(folder, random_prompts(model), model.name in WITH_LAYERS)
    step_token = model.vocabulary - 1
    prompts = random_prompts(model)
    for prompt in prompts:
        prompt[6::9] = [step_token] * len(prompt[6::9])
        prompt[-1] = step_token
    return reward_golden(model.name, reference.load(folder), prompts, step_token)


def family_goldens() -> dict[str, dict[str, torch.Tensor]]:
    """The bundled models on their own kind of text."""
    goldens = {}
    for family in families.FAMILIES:
        for role in ("target", "draft"):
            folder = reference.WEIGHTS / family / role
            goldens[f"{family}-{role}"] = language_golden(folder, families.prompts(family), with_layers=False)
        judge = families.Judge(family)
        goldens[f"{family}-reward"] = reward_golden(f"{family}-reward", judge, judge.prompts(), judge.step)
    return goldens


shutil.rmtree(GOLDEN, ignore_errors=True)
GOLDEN.mkdir(parents=True)
goldens = {model.name: tiny_golden(model) for model in MODELS} | family_goldens()
for name, tensors in goldens.items():
    save_file(tensors, GOLDEN / f"{name}.safetensors", metadata={"format": "pt"})
for family in families.FAMILIES:
    (GOLDEN / f"{family}-solutions.jsonl").write_text(families.solutions(family))
print(f"Weights/golden: {sum(file.stat().st_size for file in GOLDEN.iterdir()) / 1e6:.2f} MB")
