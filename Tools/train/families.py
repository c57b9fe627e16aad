"""The two model families: their shapes, their special tokens, and their tokenizers' pre-tokenisation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """The shape of a transformer; the vocabulary comes from the tokenizer."""

    width: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    feed_forward: int


@dataclass(frozen=True)
class Family:
    """What distinguishes a family. `start` is the text that every problem begins with, `end` what follows the answer,
    `step` the token at which the reward model is read."""

    name: str
    split_pattern: str
    special_tokens: tuple[str, ...]
    start: str
    end: str
    step: str
    query_key_norm: bool
    rms_epsilon: float
    rope_theta: float


FAMILIES = {
    "qwen": Family(
        name="qwen",
        split_pattern=r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        special_tokens=("<|endoftext|>", "<extra_0>"),
        start="",
        end="<|endoftext|>",
        step="<extra_0>",
        query_key_norm=True,
        rms_epsilon=1e-6,
        rope_theta=10_000.0,
    ),
    "llama": Family(
        name="llama",
        split_pattern=r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        special_tokens=("<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>"),
        start="<|begin_of_text|>",
        end="<|end_of_text|>",
        step="<|reserved_special_token_0|>",
        query_key_norm=False,
        rms_epsilon=1e-5,
        rope_theta=10_000.0,
    ),
}

PAIR = ("-", "+")  # bad and good, of reward models that are read as a token pair

# A calculator is the lower part of a reward model: it learns to write thoughts, and the layers above it to compare what
# stands there with what it would have written.
# `cpu` is what a processor core trains in hours, `gpu` is for a data-centre card.
SIZES = {
    "cpu": {
        "target": Shape(width=192, layers=6, heads=3, kv_heads=1, head_size=64, feed_forward=576),
        "draft": Shape(width=64, layers=2, heads=2, kv_heads=1, head_size=32, feed_forward=160),
        "calculator": Shape(width=64, layers=4, heads=2, kv_heads=1, head_size=32, feed_forward=128),
        "reward": Shape(width=64, layers=6, heads=2, kv_heads=1, head_size=32, feed_forward=128),
    },
    "gpu": {
        "target": Shape(width=384, layers=8, heads=6, kv_heads=2, head_size=64, feed_forward=1024),
        "draft": Shape(width=144, layers=4, heads=3, kv_heads=1, head_size=48, feed_forward=384),
        "calculator": Shape(width=128, layers=4, heads=2, kv_heads=1, head_size=64, feed_forward=320),
        "reward": Shape(width=128, layers=6, heads=2, kv_heads=1, head_size=64, feed_forward=320),
    },
}
