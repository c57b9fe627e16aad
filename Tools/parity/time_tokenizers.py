"""Times `specsearch tokenize` beside the `tokenizers` library on one thread, in turns: loading a tokenizer, encoding GSM8K,
and texts that are made to be slow.

The program's times hold the start of a process, reading lines and writing JSON, which the library's do not.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer

from compare_tokenizers import NAMES, ROOT

MEGABYTE = 1 << 20
# So often a hostile text is encoded, so that reading its tokenizer does not hide how long it takes.
COPIES = 4


def hostile_texts() -> dict[str, list[str]]:
    """Texts of a megabyte each."""
    scripts = "aяあ1 ع한!"
    return {
        "one letter": ["a" * MEGABYTE],
        "spaces": [" " * MEGABYTE],
        "newlines": ["\n" * MEGABYTE],
        "digits": ["7" * MEGABYTE],
        "alternating scripts": [(scripts * (MEGABYTE // len(scripts.encode()) + 1))],
        "combining marks": ["\u0301" * (MEGABYTE // 2)],
        "emoji": ["👍🏽" * (MEGABYTE // 8)],
    }


class Timing:
    """Both encoders of one tokenizer."""

    def __init__(self, program: Path, folder: Path, rounds: int) -> None:
        self.program, self.folder, self.rounds = program, folder, rounds

    def _ours(self, texts: list[str]) -> float:
        lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts)
        start = time.perf_counter()
        command = [self.program, "tokenize", "--model", self.folder, "--json-lines"]
        subprocess.run(command, input=lines.encode(), stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    def loading(self) -> tuple[float, float]:
        """Medians of our and the library's seconds."""
        ours, theirs = [], []
        for _ in range(self.rounds):
            ours.append(self._ours([]))
            start = time.perf_counter()
            self.library = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
            theirs.append(time.perf_counter() - start)
        return statistics.median(ours), statistics.median(theirs)

    def encoding(self, texts: list[str]) -> float:
        """The median of our seconds for encoding some texts, each less those of a run without texts just before."""
        return statistics.median(-self._ours([]) + self._ours(texts) for _ in range(self.rounds))

    def library_encoding(self, texts: list[str]) -> float:
        """The same of the library."""
        seconds = []
        for _ in range(self.rounds):
            start = time.perf_counter()
            for text in texts:
                self.library.encode(text, add_special_tokens=False).ids
            seconds.append(time.perf_counter() - start)
        return statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with tokenizers and problems")
    parser.add_argument("--program", type=Path, default=ROOT / ".build" / "release" / "specsearch")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in (arguments.data / "problems" / "gsm8k-train.jsonl").read_text().splitlines()]
    usual = [f"{row['question']}\n{row['answer']}" for row in rows]
    size = sum(len(text.encode()) for text in usual)
    for name in NAMES:
        timing = Timing(arguments.program, arguments.data / "tokenizers" / name, arguments.rounds)
        ours, theirs = timing.loading()
        print(f"{name}: loading {ours:.3f} s, library {theirs:.3f} s, ratio {ours / theirs:.2f}")
        ours, theirs = timing.encoding(usual), timing.library_encoding(usual)
        print(f"  GSM8K: {size / ours / 1e6:.1f} MB/s, library {size / theirs / 1e6:.1f} MB/s, {theirs / ours:.2f} times")
        base = ours / size
        for kind, texts in hostile_texts().items():
            ours = timing.encoding(texts * COPIES)
            share = ours / COPIES / sum(len(text.encode()) for text in texts) / base
            print(f"  {kind}: {share:.2f} times the time of GSM8K for each byte", flush=True)


if __name__ == "__main__":
    main()
