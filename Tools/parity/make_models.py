"""Makes the randomly initialised tiny checkpoints under Weights/tiny that parity tests load."""

import reference  # First: it pins torch's instruction sets.

import json
import math
import shutil
from pathlib import Path
from zlib import crc32

import numpy
import torch
from safetensors.torch import save_file

from tiny_models import MODELS, TinyModel

PROBES, PROBE_LENGTH = 16, 32
ARCHITECTURES = {"llama": "Llama", "qwen2": "Qwen2", "qwen3": "Qwen3"}


def configuration(model: TinyModel) -> dict:
    """The content of config.json, in the dialect that the model asks for."""
    purpose = {"classes": "ProcessRewardModel", "value": "PrmModel"}.get(model.reward, "CausalLM")
    values = {
        "architectures": [f"{ARCHITECTURES[model.family]}For{purpose}"],
        "model_type": model.family,
        "hidden_act": "silu",
        "hidden_size": model.width,
        "intermediate_size": model.feed_forward,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "num_key_value_heads": model.key_value_heads,
        "head_dim": model.head_size,
        "vocab_size": model.vocabulary,
        "max_position_embeddings": 256,
        "rms_norm_eps": model.epsilon,
        "tie_word_embeddings": model.tied,
    }
    values = {key: value for key, value in values.items() if value is not None}
    values |= {"bos_token_id": None, "eos_token_id": None}
    if model.family in ("llama", "qwen3"):
        values["attention_bias"] = model.attention_bias
    if model.family == "llama":
        values["mlp_bias"] = model.feed_forward_bias
    if model.dialect == "top":
        values |= {"rope_theta": model.theta, "rope_scaling": model.scaling or None, "torch_dtype": model.dtype}
    else:
        values["rope_parameters"] = {"rope_theta": model.theta} | (model.scaling or {"rope_type": "default"})
        values["dtype"] = model.dtype
    return values


class Initialiser:
    """Random tensors that depend on the model's seed and the tensor's name alone."""

    def __init__(self, model: TinyModel):
        self.seed = model.seed
        self.tensors: dict[str, torch.Tensor] = {}

    def generator(self, name: str) -> numpy.random.Generator:
        return numpy.random.default_rng([self.seed, crc32(name.encode())])

    def normal(self, name: str, *shape: int, deviation: float):
        values = self.generator(name).standard_normal(shape, dtype=numpy.float32)
        self.tensors[name] = torch.from_numpy(values * numpy.float32(deviation))

    def linear(self, name: str, outputs: int, inputs: int, gain: float, bias: bool = False):
        self.normal(f"{name}.weight", outputs, inputs, deviation=gain / math.sqrt(inputs))
        if bias:
            self.normal(f"{name}.bias", outputs, deviation=0.3)

    def norm(self, name: str, size: int):
        values = self.generator(name).random(size, dtype=numpy.float32)
        self.tensors[f"{name}.weight"] = torch.from_numpy(values + numpy.float32(0.5))


def initial_weights(model: TinyModel) -> dict[str, torch.Tensor]:
    """Every tensor of the checkpoint; gains are such that attention is far from uniform and every part matters."""
    made = Initialiser(model)
    width, bias = model.width, model.projections_have_bias
    queries = model.heads * model.actual_head_size
    keys = model.actual_key_value_heads * model.actual_head_size
    made.normal("model.embed_tokens.weight", model.vocabulary, width,
                deviation=model.deviation / math.sqrt(width) if model.tied else 1)
    for index in range(model.layers):
        layer = f"model.layers.{index}"
        made.norm(f"{layer}.input_layernorm", width)
        made.linear(f"{layer}.self_attn.q_proj", queries, width, gain=1.3, bias=bias)
        made.linear(f"{layer}.self_attn.k_proj", keys, width, gain=1.3, bias=bias)
        made.linear(f"{layer}.self_attn.v_proj", keys, width, gain=1.3, bias=bias)
        made.linear(f"{layer}.self_attn.o_proj", width, queries, gain=1, bias=model.attention_bias)
        if model.family == "qwen3":
            made.norm(f"{layer}.self_attn.q_norm", model.actual_head_size)
            made.norm(f"{layer}.self_attn.k_norm", model.actual_head_size)
        made.norm(f"{layer}.post_attention_layernorm", width)
        made.linear(f"{layer}.mlp.gate_proj", model.feed_forward, width, gain=1.3, bias=model.feed_forward_bias)
        made.linear(f"{layer}.mlp.up_proj", model.feed_forward, width, gain=1.3, bias=model.feed_forward_bias)
        made.linear(f"{layer}.mlp.down_proj", width, model.feed_forward, gain=1.3, bias=model.feed_forward_bias)
    made.norm("model.norm", width)
    if model.reward == "classes":
        made.linear("score.0", width, width, gain=1.4, bias=True)
        made.linear("score.2", 2, width, gain=1.4, bias=True)
    elif model.reward == "value":
        made.linear("v_head.summary", 1, width, gain=1.4, bias=True)
    # A model with a value head keeps the output layer that it was made from.
    if model.reward != "classes" and not model.tied:
        made.linear("lm_head", model.vocabulary, width, gain=model.deviation)
    return made.tensors


def shards_of(weights: dict[str, torch.Tensor], count: int) -> list[dict[str, torch.Tensor]]:
    """The tensors in name order, cut into `count` files of about equal numbers of tensors."""
    names = sorted(weights)
    return [{name: weights[name] for name in names[index * len(names) // count:(index + 1) * len(names) // count]}
            for index in range(count)]


def write(folder: Path, model: TinyModel, weights: dict[str, torch.Tensor]):
    """Writes a Hugging Face folder: config.json, one or several weight files, and an index of several."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(configuration(model), indent=2) + "\n")
    weights = {name: tensor.to(getattr(torch, model.dtype)).contiguous() for name, tensor in weights.items()}
    shards = shards_of(weights, model.shards)
    files = ["model.safetensors"] if model.shards == 1 else [
        f"model-{index + 1:05}-of-{model.shards:05}.safetensors" for index in range(model.shards)]
    for file, shard in zip(files, shards):
        save_file(shard, folder / file, metadata={"format": "pt"})
    if model.shards > 1:
        index = {
            "metadata": {"total_size": sum(tensor.nbytes for tensor in weights.values())},
            "weight_map": {name: file for file, shard in zip(files, shards) for name in shard},
        }
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def measured_deviation(folder: Path, model: TinyModel) -> float:
    """The standard deviation of the reference's logits over random prompts."""
    tokens = numpy.random.default_rng(model.seed).integers(0, model.vocabulary, (PROBES, PROBE_LENGTH))
    loaded = reference.load(folder)
    return torch.stack([loaded.logits(row.tolist()) for row in tokens]).std().item()


def check_bands(model: TinyModel):
    """Stops unless the scaling of Llama 3 keeps, blends and divides at least one frequency each."""
    original = model.scaling["original_max_position_embeddings"]
    shortest, longest = original / model.scaling["high_freq_factor"], original / model.scaling["low_freq_factor"]
    size = model.actual_head_size
    wavelengths = [2 * math.pi * model.theta ** (2 * index / size) for index in range(size // 2)]
    bands = {"kept" if length < shortest else "divided" if length > longest else "blended" for length in wavelengths}
    if len(bands) < 3:
        raise SystemExit(f"{model.name}: the rotary scaling has only these bands: {sorted(bands)}.")


def make(model: TinyModel):
    """Writes one checkpoint, rescaling its output matrix until the logits spread as the table asks."""
    if model.scaling:
        check_bands(model)
    folder = reference.WEIGHTS / "tiny" / model.name
    weights = initial_weights(model)
    write(folder, model, weights)
    heads = {"classes": "score.2.weight", "value": "v_head.summary.weight"}
    output = heads.get(model.reward, "model.embed_tokens.weight" if model.tied else "lm_head.weight")
    deviation = measured_deviation(folder, model)
    for _ in range(4):
        # Two digits are plenty, and keep the weights equal should the measurement differ in its last bits.
        factor = round(model.deviation / deviation, 2)
        if factor == 1:
            break
        weights[output] *= factor
        write(folder, model, weights)
        deviation = measured_deviation(folder, model)
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{model.name:18} {size / 1000:5.0f} kB  logits' standard deviation {deviation:.2f}", flush=True)
    if not 1 <= deviation <= 3:
        raise SystemExit(f"{model.name}: logits spread by {deviation:.2f}, not by 1 to 3; adjust the gains.")


shutil.rmtree(reference.WEIGHTS / "tiny", ignore_errors=True)
for model in MODELS:
    make(model)
