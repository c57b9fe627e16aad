"""The table of tiny checkpoints: what each one is shaped like, and why it is there."""

from dataclasses import dataclass, field

# Boundaries between which the short wavelengths of these small heads fall, so that some frequencies are kept, some
# blended and some divided by the factor (make_models.py checks that all three occur).
LLAMA3_SCALING = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
LLAMA32_SCALING = LLAMA3_SCALING | {"factor": 32.0, "original_max_position_embeddings": 256}


@dataclass(frozen=True)
class TinyModel:
    """One randomly initialised checkpoint under Weights/tiny."""

    name: str
    family: str
    seed: int
    width: int
    layers: int
    heads: int
    vocabulary: int
    feed_forward: int
    key_value_heads: int | None = None  # None: config.json does not say, so as many as heads
    head_size: int | None = None  # None: config.json does not say, so width / heads
    tied: bool = False
    dialect: str = "parameters"  # "parameters": rope_parameters and dtype; "top": rope_theta and torch_dtype
    theta: float = 10_000.0
    scaling: dict = field(default_factory=dict)
    epsilon: float = 1e-6
    attention_bias: bool = False
    feed_forward_bias: bool = False
    dtype: str = "float32"
    shards: int = 1
    reward: str = ""  # "classes": the two of Qwen2.5-Math-PRM; "value": the number of Skywork-o1-Open-PRM
    deviation: float = 2.0  # of the logits over random prompts

    @property
    def actual_head_size(self) -> int:
        return self.head_size or self.width // self.heads

    @property
    def actual_key_value_heads(self) -> int:
        return self.key_value_heads or self.heads

    @property
    def projections_have_bias(self) -> bool:
        return self.family == "qwen2" or self.attention_bias


MODELS = [
    # Llama: heads wider than width / heads; biases everywhere; both scalings of Llama 3; files without the new keys.
    TinyModel("llama-grouped", "llama", 11, width=72, layers=2, heads=6, key_value_heads=2, head_size=20,
              vocabulary=112, feed_forward=76, dialect="top", epsilon=1e-2),
    TinyModel("llama-biased", "llama", 12, width=60, layers=2, heads=3, key_value_heads=1, vocabulary=200,
              feed_forward=136, tied=True, attention_bias=True, feed_forward_bias=True, deviation=1.5),
    TinyModel("llama-scaled", "llama", 13, width=200, layers=2, heads=2, key_value_heads=1, head_size=24,
              vocabulary=96, feed_forward=28, tied=True, dialect="top", scaling=LLAMA3_SCALING),
    TinyModel("llama-sharded", "llama", 14, width=48, layers=3, heads=4, vocabulary=96, feed_forward=100,
              scaling=LLAMA32_SCALING, shards=3, epsilon=1e-5, deviation=2.5),
    TinyModel("llama-bfloat16", "llama", 15, width=72, layers=2, heads=4, key_value_heads=2, head_size=24,
              vocabulary=160, feed_forward=172, theta=500_000.0, dtype="bfloat16", shards=2, epsilon=1e-5),
    # Qwen2: biases of query, key and value always; theta 1,000,000 as published.
    TinyModel("qwen2-single", "qwen2", 21, width=72, layers=2, heads=3, key_value_heads=1, vocabulary=160,
              feed_forward=100, tied=True, dialect="top", theta=1_000_000.0),
    TinyModel("qwen2-wide-heads", "qwen2", 22, width=56, layers=2, heads=4, key_value_heads=2, head_size=40,
              vocabulary=112, feed_forward=76, epsilon=1e-2, deviation=1.5),
    TinyModel("qwen2-sharded", "qwen2", 23, width=80, layers=2, heads=5, key_value_heads=5, vocabulary=200,
              feed_forward=60, tied=True, dialect="top", shards=2, deviation=2.5),
    TinyModel("qwen2-bfloat16", "qwen2", 24, width=72, layers=3, heads=4, key_value_heads=2, head_size=24,
              vocabulary=320, feed_forward=136, tied=True, theta=1_000_000.0, dtype="bfloat16"),
    TinyModel("qwen2-reward", "qwen2", 25, width=56, layers=2, heads=2, key_value_heads=1, head_size=24,
              vocabulary=120, feed_forward=76, dialect="top", reward="classes"),
    TinyModel("qwen2-value", "qwen2", 26, width=52, layers=2, heads=2, key_value_heads=1, head_size=24,
              vocabulary=120, feed_forward=72, dialect="top", reward="value"),
    # Qwen3: query-key norm, a head size of its own, biases where config.json asks for them.
    TinyModel("qwen3-grouped", "qwen3", 31, width=72, layers=2, heads=4, key_value_heads=2, head_size=24,
              vocabulary=136, feed_forward=76, tied=True, epsilon=1e-2),
    TinyModel("qwen3-single", "qwen3", 32, width=200, layers=2, heads=2, key_value_heads=1, head_size=20,
              vocabulary=96, feed_forward=36, tied=True, dialect="top", theta=1_000_000.0),
    TinyModel("qwen3-wide-heads", "qwen3", 33, width=44, layers=2, heads=3, key_value_heads=3, head_size=40,
              vocabulary=112, feed_forward=136, attention_bias=True, deviation=2.5),
]
