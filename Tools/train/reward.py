"""Trains a reward model: `reward.py llama --sampled target.jsonl draft.jsonl --tokens 100M …`

Two published forms. Qwen: the head of Qwen2.5-Math-PRM (Zhang et al., 2025), two layers and two classes, read at the
step token. Llama: the token pair of Math-Shepherd (Wang et al., 2024), the logits of `+` and `-` of a causal model,
read at the step token. So small a model learns to judge only with much help: see `Judge`, and the order of lessons in
`family`.
"""

from pathlib import Path
from random import Random

import training  # first: it sets how threads wait
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from batches import by_length
from decoder import Trunk, configuration, export, initialize
from families import FAMILIES, PAIR, SIZES, Family, Shape
from judged import Reader, made, mixed, sampled
from labels import IGNORED


class Judge(nn.Module):
    """What both forms share in training: verdicts at step tokens, and three helpers. The lower layers learn to write;
    the first layer above them says what should stand where there is no choice, so that what a token is and what it
    should be meet in one place; and verdicts come early, within thoughts. The layer of the early verdicts is not exported."""

    def __init__(self, shape: Shape, writers: int, family: Family, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.writers, self.apart = writers, False  # layers that learn to write, and whether they learn nothing else
        self.model = Trunk(shape, family, tokenizer.get_vocab_size())
        initialize(self, shape)
        self.early = nn.Linear(shape.width, 2)
        self.step = tokenizer.token_to_id(family.step)

    def verdicts(self, hidden: Tensor) -> Tensor:
        """Logits of (bad, good) for hidden states of shape (rows, length, width)."""
        raise NotImplementedError

    def forward(self, tokens: Tensor, following: Tensor, judged: Tensor, expected: Tensor) -> dict[str, Tensor]:
        """The loss to minimise and its parts, in nats."""
        states, at_step = self.model.states(tokens, self.writers if self.apart else None), tokens == self.step
        hidden = self.model.norm(states[-1])
        verdict = cross_entropy(self.verdicts(hidden), judged.masked_fill(~at_step, IGNORED))
        early = cross_entropy(self.early(hidden), judged.masked_fill(at_step, IGNORED))
        text = cross_entropy(self.words(states[self.writers - 1]), following.masked_fill(at_step, IGNORED))
        right = cross_entropy(self.words(states[self.writers]), expected)
        parts = {"verdict": verdict, "early": early, "text": text, "right": right}
        return {"loss": sum(parts.values())} | {name: loss.detach() for name, loss in parts.items()}

    def words(self, state: Tensor) -> Tensor:
        """Logits of tokens for hidden states of a layer."""
        return F.linear(self.model.norm(state), self.model.embed_tokens.weight)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean over the labels that are not ignored, in nats; 0 if there are none."""
    total = F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (labels != IGNORED).sum().clamp(min=1)


class StepClasses(Judge):
    """The two-class head of Qwen2.5-Math-PRM."""

    architecture = "Qwen3ForProcessRewardModel"

    def __init__(self, shape: Shape, writers: int, family: Family, tokenizer: Tokenizer) -> None:
        super().__init__(shape, writers, family, tokenizer)
        self.score = nn.Sequential(nn.Linear(shape.width, shape.width), nn.ReLU(), nn.Linear(shape.width, 2))

    def verdicts(self, hidden: Tensor) -> Tensor:
        return self.score(hidden)


class TokenPair(Judge):
    """A causal model whose verdict is the pair `-`, `+`."""

    architecture = "LlamaForCausalLM"

    def __init__(self, shape: Shape, writers: int, family: Family, tokenizer: Tokenizer) -> None:
        super().__init__(shape, writers, family, tokenizer)
        self.pair = [tokenizer.token_to_id(token) for token in PAIR]

    def verdicts(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.model.embed_tokens.weight[self.pair])


def main() -> None:
    parser = training.parser(f"{__doc__}\n{training.__doc__}")
    parser.add_argument("--sampled", type=Path, nargs="*", default=[], help="what sample.py wrote")
    parser.add_argument("--share", type=float, default=0.5, help="of the solutions that are sampled ones")
    parser.add_argument("--drills", type=float, default=0.3, help="share of drills in what is not sampled")
    parser.add_argument("--apart", action="store_true", help="verdicts do not change the layers that write")
    arguments = parser.parse_args()
    family, shape = FAMILIES[arguments.family], SIZES[arguments.size]["reward"]
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    torch.manual_seed(arguments.seed)
    kind = StepClasses if arguments.family == "qwen" else TokenPair
    writers = SIZES[arguments.size]["calculator"].layers
    model = kind(shape, writers, family, tokenizer)
    model.apart = arguments.apart
    run = training.Run(model, arguments)
    seed = arguments.seed + run.progress.step
    random, reader = Random(f"judged {seed}"), Reader(tokenizer, family)
    source = made(random, "train", seed, arguments.drills)
    if arguments.sampled:
        source = mixed(sampled(arguments.sampled, random), source, arguments.share, random)
    held_out = made(Random("held out"), "validation", 0, arguments.drills)
    run.train(by_length(reader.rows(source), training.BATCH), by_length(reader.rows(held_out), training.BATCH))
    weights = {name: weight for name, weight in run.optimizer.masters.items() if not name.startswith("early.")}
    export(weights, configuration(shape, family, tokenizer), kind.architecture, arguments.out)


if __name__ == "__main__":
    main()
