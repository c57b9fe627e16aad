"""Trains a family's tokenizer: byte-level BPE with the family's own pre-tokenisation, in which every digit is a token.

Merges across digits would ruin arithmetic. They are kept out by training with single digits split off; the file that is
written has the family's published pattern, and without such merges the digits stay apart.
"""

import argparse
import json
from itertools import islice
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from families import FAMILIES, Family
from tasks import TASKS, problems

VOCABULARY = 576
TEXTS = 8000  # per task


def split(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def train(family: Family) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = split(family.split_pattern.replace(r"\p{N}{1,3}", r"\p{N}"))
    tokenizer.decoder = decoders.ByteLevel()
    if family.name == "qwen":
        tokenizer.normalizer = normalizers.NFC()
    texts = (problem.text for task in TASKS for problem in islice(problems(task, "train", 99), TEXTS))
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(family.special_tokens),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(list(family.special_tokens))
    tokenizer.pre_tokenizer = split(family.split_pattern)
    byte_level = processors.ByteLevel(trim_offsets=False)
    if family.start:
        template = processors.TemplateProcessing(
            single=f"{family.start} $A", special_tokens=[(family.start, tokenizer.token_to_id(family.start))]
        )
        tokenizer.post_processor = processors.Sequence([byte_level, template])
    else:
        tokenizer.post_processor = byte_level
    return tokenizer


def save(tokenizer: Tokenizer, family: Family, folder: Path) -> None:
    """Writes tokenizer.json and the tokenizer_config.json that goes with it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    configuration = {
        "bos_token": family.start or None,
        "eos_token": family.end,
        "pad_token": family.end,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 1024,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(configuration, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("folder", type=Path, help="where tokenizer.json is written")
    arguments = parser.parse_args()
    family = FAMILIES[arguments.family]
    save(train(family), family, arguments.folder)


if __name__ == "__main__":
    main()
