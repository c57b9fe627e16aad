"""Shows that the goldens can tell a wrong model: each fault must move some logit by ten times the parity bound."""

import reference  # First: it pins torch's instruction sets.

from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoConfig

from tiny_models import MODELS, TinyModel

TOLERANCE, TEETH = 1e-4, 10


def without_bias(model, suffix: str):
    for name, module in model.trunk.named_modules():
        if name.endswith(suffix):
            module.bias.zero_()
    return model


def without_norm(model, name: str):
    for layer in model.trunk.layers:
        setattr(layer.self_attn, name, torch.nn.Identity())
    return model


def faults(model: TinyModel, folder: Path) -> Iterator[tuple[str, object]]:
    """Every single mistake worth telling, as a name and the model that makes it."""
    def configured(change):
        config = AutoConfig.from_pretrained(folder)
        change(config)
        return reference.load(folder, config)

    yield "theta doubled", configured(lambda config: config.rope_parameters.update(rope_theta=2 * model.theta))
    if model.scaling:
        plain = {"rope_type": "default", "rope_theta": model.theta}
        yield "scaling ignored", configured(lambda config: setattr(config, "rope_parameters", plain))
    if model.epsilon >= 1e-2:
        yield "eps 1e-6", configured(lambda config: setattr(config, "rms_norm_eps", 1e-6))
    if model.projections_have_bias:
        for part in ("q_proj", "k_proj", "v_proj", *(["o_proj"] if model.attention_bias else [])):
            yield f"no bias of {part}", without_bias(reference.load(folder), part)
    if model.feed_forward_bias:
        for part in ("gate_proj", "up_proj", "down_proj"):
            yield f"no bias of {part}", without_bias(reference.load(folder), part)
    if model.family == "qwen3":
        yield "no query norm", without_norm(reference.load(folder), "q_norm")
        yield "no key norm", without_norm(reference.load(folder), "k_norm")


def multiple_of_bound(model, golden: dict[str, torch.Tensor]) -> float:
    """The largest difference over all prompts, in units of the bound."""
    worst = 0.0
    for index in range(3):
        expected = golden[f"prompt.{index}.logits"]
        difference = (model.logits(golden[f"prompt.{index}.tokens"].tolist()) - expected).abs().max().item()
        worst = max(worst, difference / (TOLERANCE * max(1, expected.std().item())))
    return worst


blunt = []
for model in MODELS:
    folder = reference.WEIGHTS / "tiny" / model.name
    golden = load_file(reference.WEIGHTS / "golden" / f"{model.name}.safetensors")
    found = {name: multiple_of_bound(faulty, golden) for name, faulty in faults(model, folder)}
    print(f"{model.name:18} " + ", ".join(f"{name} {multiple:.0f}x" for name, multiple in found.items()), flush=True)
    blunt += [f"{model.name}: {name}" for name, multiple in found.items() if multiple < TEETH]
if blunt:
    raise SystemExit("Not noticed by the goldens: " + "; ".join(blunt))
