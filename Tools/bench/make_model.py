"""Writes a model of random weights in the shape of a published one, as bfloat16: for speed, which weights do not change.

make_model.py qwen2.5-0.5b FOLDER
"""

import json
import sys
from pathlib import Path

import numpy

SHAPES = {
    "qwen2.5-0.5b": {
        "hidden_size": 896,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "intermediate_size": 4864,
        "vocab_size": 151936,
    },
    # A draft of a tenth for the next one.
    "qwen2.5-0.15b": {
        "hidden_size": 512,
        "num_hidden_layers": 14,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "intermediate_size": 2816,
        "vocab_size": 151936,
    },
    # A reward model of a twentieth, without its embeddings.
    "qwen2.5-0.06b": {
        "hidden_size": 512,
        "num_hidden_layers": 12,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "intermediate_size": 2816,
        "vocab_size": 151936,
    },
    "qwen2.5-1.5b": {
        "hidden_size": 1536,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "intermediate_size": 8960,
        "vocab_size": 151936,
    },
}
COMMON = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "max_position_embeddings": 32768,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1000000.0,
    "tie_word_embeddings": True,
    "hidden_act": "silu",
    "torch_dtype": "bfloat16",
    "eos_token_id": 151645,
}


def tensors(shape: dict) -> list[tuple[str, list[int]]]:
    width, inner = shape["hidden_size"], shape["intermediate_size"]
    head = width // shape["num_attention_heads"]
    keys = shape["num_key_value_heads"] * head
    found = [("model.embed_tokens.weight", [shape["vocab_size"], width]), ("model.norm.weight", [width])]
    for layer in range(shape["num_hidden_layers"]):
        parts = [("input_layernorm.weight", [width]), ("post_attention_layernorm.weight", [width])]
        for name, outputs in [("q", width), ("k", keys), ("v", keys)]:
            parts += [(f"self_attn.{name}_proj.weight", [outputs, width]), (f"self_attn.{name}_proj.bias", [outputs])]
        parts += [
            ("self_attn.o_proj.weight", [width, width]),
            ("mlp.gate_proj.weight", [inner, width]),
            ("mlp.up_proj.weight", [inner, width]),
            ("mlp.down_proj.weight", [width, inner]),
        ]
        found += [(f"model.layers.{layer}.{name}", size) for name, size in parts]
    return found


def elements(name: str, size: list[int], random: numpy.random.Generator) -> bytes:
    """Normal weights that keep hidden states in their range; norms are ones. bfloat16 by cutting."""
    if "norm" in name:
        values = numpy.ones(size, numpy.float32)
    else:
        values = random.standard_normal(size, numpy.float32) * numpy.float32(0.02)
    return (values.view(numpy.uint32) >> 16).astype(numpy.uint16).tobytes()


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
        sys.exit(__doc__ + f"\nShapes: {', '.join(SHAPES)}")
    shape, folder = SHAPES[sys.argv[1]], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(COMMON | shape) + "\n")
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, size in tensors(shape):
        end = offset + 2 * int(numpy.prod(size))
        header[name] = {"dtype": "BF16", "shape": size, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 64 + 56)
    random = numpy.random.default_rng(1)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, size in tensors(shape):
            file.write(elements(name, size, random))


if __name__ == "__main__":
    main()
