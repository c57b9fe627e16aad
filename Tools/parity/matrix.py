"""A matrix of random tiny checkpoints that crosses everything a configuration can ask for, and what `transformers`
computes for them.

Weights are whole numbers times powers of two, drawn by a generator that the tests have as well (SplitMix64), so that
the checkpoints themselves need not be kept: `Weights/golden/matrix.json` says how to make them, and
`Weights/golden/matrix.safetensors` holds tokens, logits and greedy tokens. Each field that changes numbers is changed in
turn, and must move a logit by ten times the parity bound.

    Tools/parity/python Tools/parity/matrix.py
"""

import reference  # First: it pins torch's instruction sets.

import json
import math
import random
import tempfile
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file

GOLDEN = reference.WEIGHTS / "golden"
COUNT = 72
GREEDY, LENGTHS, KEPT = 64, (9, 48), 3  # greedy tokens, prompts, rows of logits that are kept of each
TOLERANCE, TEETH = 1e-4, 10
ARCHITECTURES = {
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "qwen2_moe": "Qwen2MoeForCausalLM",
    "qwen3_moe": "Qwen3MoeForCausalLM",
}
SCALINGS = (
    {},
    {"rope_type": "linear", "factor": 3.0},
    {"rope_type": "dynamic", "factor": 4.0},
    {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    },
    {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32},
    {
        "rope_type": "yarn",
        "factor": 6.0,
        "original_max_position_embeddings": 128,
        "beta_fast": 4.0,
        "beta_slow": 1.5,
        "mscale": 1.0,
        "mscale_all_dim": 0.5,
        "truncate": False,
    },
    {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 40, "attention_factor": 1.3},
)


def integers(seed: int, count: int) -> numpy.ndarray:
    """Whole numbers from -64 to 63: the upper bits of SplitMix64."""
    with numpy.errstate(over="ignore"):
        state = numpy.uint64(seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> numpy.uint64(31))) >> numpy.uint64(57)).astype(numpy.int64) - 64


def configuration(index: int, choose: random.Random) -> dict:
    """The config.json of one entry."""
    family = list(ARCHITECTURES)[index % len(ARCHITECTURES)]
    is_qwen, has_experts = family.startswith("qwen"), family.endswith("moe")
    key_value_heads = choose.choice((1, 2, 3))
    heads = key_value_heads * choose.choice((1, 2, 3))
    scaling = SCALINGS[index // 6] if index // 6 < len(SCALINGS) else choose.choice(SCALINGS)
    head_size = choose.choice((20, 32) if scaling.get("rope_type") == "llama3" else (8, 12, 20, 32, 40))
    divides = choose.random() < 0.3 and family != "qwen3"
    width = heads * head_size if divides else choose.choice((36, 72, 108) if family == "llama" else (36, 48, 72, 100))
    # transformers wants Llama's width to be a multiple of the heads, whatever the head size is.
    layers = choose.choice((2, 3))
    values = {
        "architectures": [ARCHITECTURES[family]],
        "model_type": family,
        "hidden_act": "silu",
        "hidden_size": width,
        "intermediate_size": choose.choice((28, 60, 100)),
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_value_heads,
        "vocab_size": choose.choice((64, 81, 96)),
        "max_position_embeddings": 256,
        "rms_norm_eps": choose.choice((1e-5, 1e-6, 1e-2)),
        "tie_word_embeddings": choose.random() < 0.4,
        "bos_token_id": None,
        "eos_token_id": None,
    }
    if not divides:
        values["head_dim"] = head_size
    if family in ("llama", "qwen3", "qwen3_moe"):
        values["attention_bias"] = choose.random() < 0.4
    if family == "llama":
        values["mlp_bias"] = choose.random() < 0.4
    if family == "qwen2_moe":
        values["qkv_bias"] = choose.random() < 0.7
    if has_experts:
        count = choose.choice((4, 7))
        values |= {
            "num_experts": count,
            "num_experts_per_tok": choose.choice((1, 2, 3)),
            "moe_intermediate_size": choose.choice((20, 44)),
            "norm_topk_prob": choose.random() < 0.5,
            "decoder_sparse_step": choose.choice((1, 1, 2)),
            "mlp_only_layers": choose.choice(([], [], [0])),
        }
    if family == "qwen2_moe":
        values["shared_expert_intermediate_size"] = choose.choice((24, 52))
    window = choose.choice((5, 16, 21, 33))
    if family == "mistral":
        values["sliding_window"] = choose.choice((None, window))
    elif is_qwen and choose.random() < 0.5:
        values |= {"use_sliding_window": True, "sliding_window": window, "max_window_layers": choose.choice((0, 1))}
        if family in ("qwen2", "qwen3") and choose.random() < 0.5:
            values["layer_types"] = [choose.choice(("full_attention", "sliding_attention")) for _ in range(layers)]
    theta = choose.choice((10_000.0, 500_000.0, 1_000_000.0))
    if scaling.get("rope_type") == "llama3":
        theta = 10_000.0  # so that some frequencies of such small heads are blended
    if choose.random() < 0.5:
        old = {
            ("type" if key == "rope_type" and choose.random() < 0.5 else key): value for key, value in scaling.items()
        }
        values |= {"rope_theta": theta, "rope_scaling": old or None}
    else:
        values["rope_parameters"] = {"rope_type": "default", "rope_theta": theta} | scaling
    values["torch_dtype" if choose.random() < 0.5 else "dtype"] = choose.choice(
        ("float32", "float32", "float32", "bfloat16", "float16")
    )
    return values


def shapes(config: dict) -> list[dict]:
    """Every tensor: its name, its shape, and the power of two that its whole numbers are divided by; norms are special."""
    width, family = config["hidden_size"], config["model_type"]
    size = config.get("head_dim", width // config["num_attention_heads"])
    queries, keys = config["num_attention_heads"] * size, config["num_key_value_heads"] * size
    tensors = []

    def add(name: str, *shape: int, gain: float = 1.0, offset: int = 0):
        deviation = gain / math.sqrt(shape[-1]) if len(shape) > 1 else 0.3
        exponent = 7 if offset else round(math.log2(37 / deviation))
        tensors.append({"name": name, "shape": list(shape), "exponent": exponent, "offset": offset})

    def linear(name: str, outputs: int, inputs: int, gain: float, bias: bool = False):
        add(f"{name}.weight", outputs, inputs, gain=gain)
        if bias:
            add(f"{name}.bias", outputs)

    def norm(name: str, count: int):
        add(f"{name}.weight", count, offset=128)

    def network(name: str, inner: int, bias: bool = False):
        for part in ("gate_proj", "up_proj"):
            linear(f"{name}.{part}", inner, width, 1.4, bias)
        linear(f"{name}.down_proj", width, inner, 1.4, bias)

    add(
        "model.embed_tokens.weight",
        config["vocab_size"],
        width,
        gain=2.0 if config["tie_word_embeddings"] else math.sqrt(width),
    )
    bias = config.get("attention_bias", False)
    has_bias = bias or family == "qwen2" or config.get("qkv_bias", False)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}"
        norm(f"{prefix}.input_layernorm", width)
        for part, outputs in (("q_proj", queries), ("k_proj", keys), ("v_proj", keys)):
            linear(f"{prefix}.self_attn.{part}", outputs, width, 1.4, has_bias)
        linear(f"{prefix}.self_attn.o_proj", width, queries, 1.4, bias)
        if family in ("qwen3", "qwen3_moe"):
            norm(f"{prefix}.self_attn.q_norm", size)
            norm(f"{prefix}.self_attn.k_norm", size)
        norm(f"{prefix}.post_attention_layernorm", width)
        if has_experts(config, layer):
            linear(f"{prefix}.mlp.gate", config["num_experts"], width, 2)
            for expert in range(config["num_experts"]):
                network(f"{prefix}.mlp.experts.{expert}", config["moe_intermediate_size"])
            if family == "qwen2_moe":
                network(f"{prefix}.mlp.shared_expert", config["shared_expert_intermediate_size"])
                linear(f"{prefix}.mlp.shared_expert_gate", 1, width, 2)
        else:
            network(f"{prefix}.mlp", config["intermediate_size"], config.get("mlp_bias", False))
    norm("model.norm", width)
    if not config["tie_word_embeddings"]:
        linear("lm_head", config["vocab_size"], width, 2)
    return tensors


def has_experts(config: dict, layer: int) -> bool:
    return (
        "num_experts" in config
        and layer not in config["mlp_only_layers"]
        and ((layer + 1) % config["decoder_sparse_step"] == 0)
    )


def write(folder: Path, entry: dict, config: dict | None = None) -> None:
    """The checkpoint of an entry, maybe with another configuration."""
    config = config or entry["config"]
    dtype = getattr(torch, config.get("dtype") or config["torch_dtype"])
    weights = {}
    for place, tensor in enumerate(entry["tensors"]):
        drawn = integers(entry["seed"] + place, math.prod(tensor["shape"])) + tensor["offset"]
        values = torch.from_numpy(drawn.astype(numpy.float64) * 2.0 ** -tensor["exponent"]).reshape(tensor["shape"])
        weights[tensor["name"]] = values.to(dtype)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))


def logits(entry: dict, config: dict, prompts: list[list[int]]) -> list[torch.Tensor]:
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), entry, config)
        model = reference.load(Path(name))
        return [model.logits(prompt) for prompt in prompts]


def golden(entry: dict) -> dict[str, torch.Tensor]:
    """What the reference computes, after the output weights have been scaled so that logits spread by 1 to 3."""
    vocabulary = entry["config"]["vocab_size"]
    prompts = [(integers(entry["seed"] + 10_000 + length, length) % vocabulary).tolist() for length in LENGTHS]
    output = "model.embed_tokens.weight" if entry["config"]["tie_word_embeddings"] else "lm_head.weight"
    with tempfile.TemporaryDirectory() as name:
        for _ in range(6):
            write(Path(name), entry)
            model = reference.load(Path(name))
            deviation = torch.cat([model.logits(prompt) for prompt in prompts]).std().item()
            if 1 <= deviation <= 3:
                break
            for tensor in entry["tensors"]:
                tensor["exponent"] += (1 if deviation > 3 else -1) * (tensor["name"] == output)
        else:
            raise SystemExit(f"{entry['name']}: logits spread by {deviation:.2f}, not by 1 to 3")
        found = {}
        for index, prompt in enumerate(prompts):
            greedy, margins = follow(model, prompt)
            found |= {
                f"prompt.{index}.tokens": torch.tensor(prompt, dtype=torch.int32),
                f"prompt.{index}.logits": model.logits(prompt)[-KEPT:].contiguous(),
                f"prompt.{index}.greedy": torch.tensor(greedy, dtype=torch.int32),
                f"prompt.{index}.margins": torch.tensor(margins),
            }
    entry["deviation"] = round(deviation, 2)
    return found


def follow(model, prompt: list[int]) -> tuple[list[int], list[float]]:
    """Greedy tokens, and by how much each leads."""
    tokens, margins = list(prompt), []
    for _ in range(GREEDY):
        best = model.logits(tokens)[-1].topk(2)
        tokens.append(best.indices[0].item())
        margins.append((best.values[0] - best.values[1]).item())
    return tokens[len(prompt) :], margins


def changes(config: dict) -> dict[str, dict]:
    """Configurations that a reader would have who overlooked one field."""
    found = {}
    old = "rope_parameters" not in config
    section = dict((config["rope_scaling"] or {}) if old else config["rope_parameters"])
    kind = section.get("rope_type", section.get("type", "default"))

    def rope(name: str, **other):
        changed = {key: value for key, value in (section | other).items() if value is not None}
        found[name] = config | {"rope_scaling" if old else "rope_parameters": changed}

    theta = config["rope_theta"] if old else section["rope_theta"]
    if old:
        found["rope_theta"] = config | {"rope_theta": 2 * theta}
    else:
        rope("rope_theta", rope_theta=2 * theta)
    if kind in ("linear", "llama3", "yarn"):
        rope("factor", factor=2 * section["factor"])
    for field, other in (
        ("low_freq_factor", 3.0),
        ("truncate", True),
        ("beta_fast", 32.0),
        ("beta_slow", 1.0),
        ("attention_factor", None),
        ("mscale_all_dim", 1.0),
        ("original_max_position_embeddings", 200),
    ):
        if field in section:
            rope(field, **{field: other})
    if config["rms_norm_eps"] == 1e-2:
        found["rms_norm_eps"] = config | {"rms_norm_eps": 1e-6}
    if config.get("use_sliding_window") and windowed(config):
        found["use_sliding_window"] = config | {"use_sliding_window": False, "layer_types": None}
    if config.get("sliding_window") and windowed(config):
        found["sliding_window"] = config | {"sliding_window": config["sliding_window"] + 1}
    if any(has_experts(config, layer) for layer in range(config["num_hidden_layers"])):
        if config["num_experts_per_tok"] > 1 or not config["norm_topk_prob"]:
            found["norm_topk_prob"] = config | {"norm_topk_prob": not config["norm_topk_prob"]}
        found["num_experts_per_tok"] = config | {"num_experts_per_tok": config["num_experts_per_tok"] + 1}
    return found


def windowed(config: dict) -> bool:
    """Whether any layer has a window."""
    layers, most = range(config["num_hidden_layers"]), config.get("max_window_layers", 0)
    if "layer_types" in config:
        return "sliding_attention" in config["layer_types"]
    if config["model_type"] == "qwen2_moe":
        return any(layer % 2 == 0 and layer < most for layer in layers)
    return config["model_type"] in ("mistral", "qwen3_moe") or any(layer >= most for layer in layers)


def teeth(entry: dict, expected: dict[str, torch.Tensor]) -> dict[str, float]:
    """By how many bounds each change moves some logit."""
    prompts = [expected[f"prompt.{index}.tokens"].tolist() for index in range(len(LENGTHS))]
    prompts[-1] = prompts[-1] + expected[f"prompt.{len(LENGTHS) - 1}.greedy"].tolist()
    true = logits(entry, entry["config"], prompts)
    return {
        name: max(
            ((found - own).abs().max() / (TOLERANCE * max(1, own.std().item()))).item()
            for found, own in zip(logits(entry, config, prompts), true)
        )
        for name, config in changes(entry["config"]).items()
    }


def main() -> None:
    choose, entries, tensors, bites = random.Random("matrix"), [], {}, {}
    for index in range(COUNT):
        config = configuration(index, choose)
        entry = {
            "name": f"{config['model_type']}-{index:02}",
            "seed": 1_000_000 * (index + 1),
            "shards": choose.choice((1, 1, 3)),
            "config": config,
            "tensors": shapes(config),
        }
        found = golden(entry)
        tensors |= {f"{entry['name']}.{name}": tensor for name, tensor in found.items()}
        for name, multiple in teeth(entry, found).items():
            bites.setdefault(f"{config['model_type']} {name}", []).append(multiple)
        entries.append(entry)
        print(f"{entry['name']:14} logits' standard deviation {entry.pop('deviation')}", flush=True)
    for name, multiples in sorted(bites.items()):
        print(f"{name:45} {len(multiples):2} entries, noticed at {max(multiples):.0f} bounds")
    blunt = [name for name, multiples in bites.items() if max(multiples) < TEETH]
    if blunt:
        raise SystemExit("Not noticed in any entry: " + "; ".join(blunt))
    save_file(tensors, GOLDEN / "matrix.safetensors", metadata={"format": "pt"})
    (GOLDEN / "matrix.json").write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")


if __name__ == "__main__":
    main()
