"""Prints the reference's logits in the form of `specsearch logits`: {"tokens":[…],"logits":[[…]]}."""

import reference  # First: it pins torch's instruction sets.

import argparse
import json
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("model", type=Path, help="a Hugging Face folder")
parser.add_argument("--tokens", required=True, help="token ids, separated by commas")
parser.add_argument("--all", action="store_true", help="every position instead of the last one")
options = parser.parse_args()

tokens = [int(token) for token in options.tokens.split(",")]
rows = reference.load(options.model).logits(tokens)
if not options.all:
    rows = rows[-1:]
print(json.dumps({"tokens": tokens, "logits": rows.tolist()}))
