"""Trains a target or a draft model: `language.py qwen target --tokens 100M …`

Or a calculator: what `reward.py --start` goes on from.
"""

import training  # first: it sets how threads wait
from tokenizers import Tokenizer

import torch

from batches import batches
from decoder import Decoder, configuration, export
from families import FAMILIES, SIZES


def main() -> None:
    parser = training.parser(f"{__doc__}\n\n{training.__doc__}")
    parser.add_argument("role", choices=("target", "draft", "calculator"))
    arguments = parser.parse_args()
    family, shape = FAMILIES[arguments.family], SIZES[arguments.size][arguments.role]
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    torch.manual_seed(arguments.seed)
    run = training.Run(Decoder(shape, family, tokenizer.get_vocab_size()), arguments)
    run.train(
        batches(tokenizer, family, "train", arguments.seed + run.progress.step, training.BATCH),
        batches(tokenizer, family, "validation", 0, training.BATCH),
    )
    config = configuration(shape, family, tokenizer)
    export(run.optimizer.masters, config, type(config).__name__.replace("Config", "ForCausalLM"), arguments.out)


if __name__ == "__main__":
    main()
