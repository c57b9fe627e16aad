"""The transformer as it is trained: Llama 3, or Qwen3 with norms on queries and keys.

Written for training speed on a processor: bfloat16 activations, attention as plain matrix products (PyTorch's fused
kernel has a slow backward pass there). The parameter names are those of `transformers`, so that a state dict is a
checkpoint; the evaluation runs the exported files with `transformers` itself.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import LlamaConfig, PretrainedConfig, Qwen3Config

from families import Family, Shape


class Norm(nn.Module):
    """Root-mean-square norm, computed in float32."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)).to(x.dtype) * self.weight


class Attention(nn.Module):
    """Causal grouped-query attention with rotary positions."""

    def __init__(self, shape: Shape, family: Family) -> None:
        super().__init__()
        self.shape = shape
        queries, keys = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
        self.q_proj = nn.Linear(shape.width, queries, bias=False)
        self.k_proj = nn.Linear(shape.width, keys, bias=False)
        self.v_proj = nn.Linear(shape.width, keys, bias=False)
        self.o_proj = nn.Linear(queries, shape.width, bias=False)
        self.has_norms = family.query_key_norm
        if self.has_norms:
            self.q_norm = Norm(shape.head_size, family.rms_epsilon)
            self.k_norm = Norm(shape.head_size, family.rms_epsilon)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor) -> Tensor:
        (rows, length, _), shape = x.shape, self.shape
        group = shape.heads // shape.kv_heads
        projections = (self.q_proj, self.k_proj, self.v_proj)
        q, k, v = (project(x).view(rows, length, -1, shape.head_size) for project in projections)
        if self.has_norms:
            q, k = self.q_norm(q), self.k_norm(k)
        q, k = (rotate(heads.transpose(1, 2), cosine, sine) for heads in (q, k))
        q = (q * shape.head_size**-0.5).reshape(rows * shape.kv_heads, group * length, shape.head_size)
        k = k.reshape(rows * shape.kv_heads, length, shape.head_size)
        v = v.transpose(1, 2).reshape(rows * shape.kv_heads, length, shape.head_size)
        scores = torch.bmm(q, k.transpose(1, 2)).view(-1, group, length, length) + mask
        weights = scores.float().softmax(-1).to(x.dtype).view(-1, group * length, length)
        mixed = torch.bmm(weights, v).view(rows, shape.heads, length, shape.head_size)
        return self.o_proj(mixed.transpose(1, 2).reshape(rows, length, -1))


def rotate(heads: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    half = heads.shape[-1] // 2
    turned = torch.cat((-heads[..., half:], heads[..., :half]), -1)
    return (heads.float() * cosine + turned.float() * sine).to(heads.dtype)


class FeedForward(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.down_proj = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape: Shape, family: Family) -> None:
        super().__init__()
        self.self_attn, self.mlp = Attention(shape, family), FeedForward(shape)
        self.input_layernorm = Norm(shape.width, family.rms_epsilon)
        self.post_attention_layernorm = Norm(shape.width, family.rms_epsilon)

    def forward(self, x: Tensor, *rest: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), *rest)
        return x + self.mlp(self.post_attention_layernorm(x))


class Trunk(nn.Module):
    """Token ids of shape (rows, length) to hidden states of shape (rows, length, width)."""

    def __init__(self, shape: Shape, family: Family, vocabulary: int) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape, family) for _ in range(shape.layers))
        self.norm = Norm(shape.width, family.rms_epsilon)
        self.head_size, self.theta = shape.head_size, family.rope_theta

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(self.states(tokens)[-1])

    def states(self, tokens: Tensor, apart: int | None = None) -> list[Tensor]:
        """Hidden states behind every layer, before the norm. No gradient passes from above the first `apart` layers
        into them."""
        position = torch.arange(tokens.shape[1], device=tokens.device)
        frequency = self.theta ** (-torch.arange(0, self.head_size, 2, device=tokens.device) / self.head_size)
        angle = (position[:, None] * frequency).repeat(1, 2)
        cosine, sine = angle.cos(), angle.sin()
        x = self.embed_tokens(tokens)
        mask = x.new_zeros(1).masked_fill(position[:, None] < position, -torch.inf)
        states = []
        for place, layer in enumerate(self.layers):
            x = layer(x.detach() if place == apart else x, cosine, sine, mask)
            states.append(x)
        return states


class Decoder(nn.Module):
    """A causal language model whose output weights are its embeddings."""

    def __init__(self, shape: Shape, family: Family, vocabulary: int) -> None:
        super().__init__()
        self.model = Trunk(shape, family, vocabulary)
        initialize(self, shape)

    def forward(self, tokens: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The mean cross-entropy, in nats, of the labels that are not -100."""
        logits = F.linear(self.model(tokens), self.model.embed_tokens.weight)
        return {"loss": F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=-100)}


def initialize(module: nn.Module, shape: Shape) -> None:
    """Small random matrices; those that write to the residual stream smaller with depth, as in GPT-2."""
    for name, parameter in module.named_parameters():
        if parameter.ndim == 2:
            deeper = name.endswith(("o_proj.weight", "down_proj.weight"))
            nn.init.normal_(parameter, std=0.02 / ((2 * shape.layers) ** 0.5 if deeper else 1))


def configuration(shape: Shape, family: Family, tokenizer: Tokenizer) -> PretrainedConfig:
    """The published configuration of this shape."""
    kind = Qwen3Config if family.name == "qwen" else LlamaConfig
    return kind(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_size,
        intermediate_size=shape.feed_forward,
        tie_word_embeddings=True,
        max_position_embeddings=1024,
        rope_parameters={"rope_type": "default", "rope_theta": family.rope_theta},
        rms_norm_eps=family.rms_epsilon,
        bos_token_id=tokenizer.token_to_id(family.start) if family.start else None,
        eos_token_id=tokenizer.token_to_id(family.end),
        pad_token_id=None,
        dtype="bfloat16",
    )


def export(weights: dict[str, Tensor], config: PretrainedConfig, architecture: str, folder: Path) -> None:
    """Writes a checkpoint in bfloat16 as `transformers` would."""
    folder.mkdir(parents=True, exist_ok=True)
    narrow = {name: weight.detach().to(torch.bfloat16).contiguous() for name, weight in weights.items()}
    save_file(narrow, folder / "model.safetensors", metadata={"format": "pt"})
    config.architectures = [architecture]
    (folder / "config.json").write_text(json.dumps(config.to_dict(), indent=2, sort_keys=True) + "\n")
