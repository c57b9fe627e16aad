"""Checkpoints as `transformers` sees them: float32, one thread, plain attention.

Import this module before torch: it pins the instruction sets of the arithmetic libraries, so that reference numbers
do not depend on the processor that made them.
"""

import os

os.environ["MKL_CBWR"] = "COMPATIBLE"
os.environ["ATEN_CPU_CAPABILITY"] = "default"
os.environ["ONEDNN_MAX_CPU_ISA"] = "SSE41"
os.environ["HF_HUB_OFFLINE"] = "1"

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
torch.set_grad_enabled(False)

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "Weights"


class LanguageModel:
    """A causal language model in float32, whatever its file holds."""

    def __init__(self, folder: Path, config=None):
        self.module, report = AutoModelForCausalLM.from_pretrained(
            folder, config=config, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        leftover = {key: sorted(names) for key, names in report.items() if names}
        if leftover:
            raise SystemExit(f"{folder}: transformers did not load this checkpoint cleanly: {leftover}")
        self.module.eval()

    @property
    def trunk(self):
        return self.module.model

    def logits(self, tokens: list[int]) -> torch.Tensor:
        """Logits of every position, tokens × vocabulary."""
        return self.module(torch.tensor([tokens]), use_cache=False).logits[0]


class RewardModel:
    """A trunk with the two-layer head of Qwen2.5-Math-PRM or the value head of Skywork-o1-Open-PRM, which `transformers`
    itself does not ship."""

    def __init__(self, folder: Path, config=None):
        weights = {name: tensor.float() for file in sorted(folder.glob("*.safetensors"))
                   for name, tensor in load_file(file).items()}
        config = config or AutoConfig.from_pretrained(folder)
        self.trunk = AutoModel.from_config(config, attn_implementation="eager").float().eval()
        self.trunk.load_state_dict(
            {name.removeprefix("model."): tensor for name, tensor in weights.items() if name.startswith("model.")})
        width = config.hidden_size
        self.is_value = "v_head.summary.weight" in weights
        prefix = "v_head.summary." if self.is_value else "score."
        self.head = torch.nn.Linear(width, 1) if self.is_value else torch.nn.Sequential(
            torch.nn.Linear(width, width), torch.nn.ReLU(), torch.nn.Linear(width, 2))
        self.head.load_state_dict(
            {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)})

    def logits(self, tokens: list[int]) -> torch.Tensor:
        """The two class logits of every position, tokens × 2, or the value, tokens × 1."""
        return self.head(self.trunk(input_ids=torch.tensor([tokens]), use_cache=False).last_hidden_state[0])

    def probabilities(self, tokens: list[int]) -> torch.Tensor:
        """The probability of "good" at every position."""
        logits = self.logits(tokens)
        return logits[:, 0].sigmoid() if self.is_value else logits.softmax(-1)[:, 1]


def load(folder: Path, config=None) -> LanguageModel | RewardModel:
    """The reference for the checkpoint in `folder`, optionally with another configuration than its own."""
    architecture = json.loads((folder / "config.json").read_text())["architectures"][0]
    kind = RewardModel if architecture.endswith(("ForProcessRewardModel", "ForPrmModel")) else LanguageModel
    return kind(folder, config)
