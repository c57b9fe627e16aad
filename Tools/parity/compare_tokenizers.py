"""Compares `specsearch tokenize` with the `tokenizers` library: ids of every text, with special tokens as text and as
tokens, and the text that the ids give back.

Texts are GSM8K, tinyshakespeare, chat templates, and random strings of mixed scripts, emoji, combining marks, control
characters, long runs, and look-alikes of special tokens.
"""

import argparse
import itertools
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("qwen2", "qwen3", "llama2", "llama3", "llama3.2")
RANGES = (  # of scripts and signs, first and last
    (0x20, 0x7E),
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x300, 0x36F),
    (0x370, 0x52F),
    (0x590, 0x6FF),
    (0x900, 0x97F),
    (0xE00, 0xE7F),
    (0x1100, 0x11FF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x206F),
    (0x2070, 0x21FF),
    (0x2500, 0x27BF),
    (0x3040, 0x30FF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xFB00, 0xFFFD),
    (0x1D400, 0x1D7FF),
    (0x1F300, 0x1FAFF),
    (0x0, 0x1F),
    (0x7F, 0x9F),
    (0x10000, 0x10FFFF),
)
RUNS = (
    " ",
    "\n",
    "\t",
    "\r\n",
    "0",
    "7",
    "a",
    "A",
    "!",
    "'",
    "=",
    "\u3000",
    "\u0301",
    "é",
    "好",
    "👍🏽",
    " \n",
    "▁",
    "ab ",
)
PIECES = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|begin_of_text|>",
    "<|eot_id|>",
    "<s>",
    "</s>",
    "<unk>",
    "<think>",
    "</think>",
    "<0x41>",
    "<|im_sta",
    "|>",
    "<|",
    "'s",
    "'LL",
    "don't",
    "I'M",
    "\ufffd",
    "1234567890",
    "3.14",
    "café",
    "e\u0301",
)


def random_text(generator: random.Random) -> str:
    parts = []
    for _ in range(generator.randint(1, 8)):
        kind = generator.random()
        if kind < 0.15:
            parts.append(generator.choice(RUNS) * generator.randint(1, 60))
        elif kind < 0.35:
            parts.append(generator.choice(PIECES))
        else:
            low, high = generator.choice(RANGES)
            codes = (generator.randint(low, high) for _ in range(generator.randint(1, 12)))
            parts.append("".join(chr(code) for code in codes if not 0xD800 <= code < 0xE000))
        parts.append(generator.choice(("", "", " ", "\n")))
    return "".join(parts)


def texts(data: Path, count: int) -> Iterator[str]:
    for file in sorted((data / "problems").glob("gsm8k-*.jsonl")):
        for line in file.read_text().splitlines():
            yield from (value for value in json.loads(line).values() if isinstance(value, str))
    shakespeare = (data / "text/tinyshakespeare.txt").read_text()
    yield shakespeare
    yield from shakespeare.split("\n\n")
    for file in sorted((data / "chat-templates").iterdir()):
        yield file.read_text()
    generator = random.Random("tokenizers")
    for _ in range(count):
        yield random_text(generator)


def program(path: Path, *arguments: str, lines: list[str]) -> list[str]:
    found = subprocess.run(
        [path, "tokenize", *arguments],
        input="".join(f"{line}\n" for line in lines),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return found.stdout.split("\n")[:-1]


def compare(name: str, data: Path, all_texts: list[str], path: Path) -> int:
    """How many texts differ."""
    folder, start = data / "tokenizers" / name, time.monotonic()
    parsed = Tokenizer.from_file(str(folder / "tokenizer.json"))
    file = json.loads((folder / "tokenizer.json").read_text())
    file["added_tokens"] = []
    plain = Tokenizer.from_str(json.dumps(file))
    lines, wrong, model = [json.dumps(text) for text in all_texts], 0, ("--model", str(folder), "--json-lines")
    for reference, options in ((plain, ()), (parsed, ("--special",))):
        expected = [encoding.ids for encoding in reference.encode_batch(all_texts)]
        found = [json.loads(line) for line in program(path, *model, *options, lines=lines)]
        assert len(found) == len(all_texts), f"{len(found)} answers to {len(all_texts)} texts"
        for text, own, other in zip(all_texts, found, expected, strict=True):
            if own != other:
                wrong += 1
                if wrong <= 5:
                    print(f"{name} {options}: {text[:200]!r}\n  found    {own[:40]}\n  expected {other[:40]}")
    decoded = [
        json.loads(line) for line in program(path, *model, "--decode", lines=[json.dumps(ids) for ids in expected])
    ]
    again = parsed.decode_batch(expected, skip_special_tokens=False)
    wrong += sum(own != other for own, other in zip(decoded, again, strict=True))
    print(f"{name}: {len(all_texts)} texts, {wrong} differences, {time.monotonic() - start:.0f} s", flush=True)
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--random", type=int, default=200_000)
    parser.add_argument("--program", type=Path, default=ROOT / ".build/release/specsearch")
    arguments = parser.parse_args()
    all_texts = list(itertools.chain(texts(arguments.data, arguments.random)))
    sys.exit(sum(compare(name, arguments.data, all_texts, arguments.program) for name in NAMES) > 0)


if __name__ == "__main__":
    main()
