"""Greedy text of models that `convert` wrote as GGUF files: llama.cpp beside this package.

    compare-llamacpp LLAMA_SIMPLE

LLAMA_SIMPLE is llama.cpp's program of that name. The bundled families and, where SPECSEARCH_DATA names the folder that
holds it, stories260K go through every precision. In 32 and 16 bits every text must agree; rounded weights are rounded in
another way there, so for them the share of equal texts is printed. Exit code 1 if a text that must agree does not.
"""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROBLEMS = 8
TOKENS = 48


def program(name):
    return os.path.join(ROOT, ".build", "release", name)


def run(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def prompts(folder, bundle):
    """A few problems of every kind in the bundle's own form."""
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for line, _ in zip(file, range(PROBLEMS)):
                yield bundle["prompt"].replace("{question}", json.loads(line)["question"])


def models():
    """Source, and the prompts that it is asked."""
    for family in ["qwen", "llama"]:
        folder = os.path.join(ROOT, "Weights", family)
        with open(os.path.join(folder, "bundle.json"), encoding="utf-8") as file:
            bundle = json.load(file)
        yield os.path.join(folder, "target"), list(prompts(os.path.join(ROOT, "Weights", "problems"), bundle))
    data = os.environ.get("SPECSEARCH_DATA")
    if data:
        yield os.path.join(data, "stories260K", "stories260K.gguf"), ["Once upon a time", "Lily saw a cat", "The"]


def compare(source, questions, precision, simple, folder):
    """How many of the texts are equal."""
    ours, theirs = os.path.join(folder, precision), os.path.join(folder, precision + ".gguf")
    run(program("convert"), source, ours, "--precision", precision)
    run(program("convert"), source, theirs, "--precision", precision)
    equal = 0
    for question in questions:
        own = ["--prompt", question, "--max-tokens", str(TOKENS), "--temperature", "0", "--json"]
        expected = question + json.loads(run(program("specsearch"), "generate", "--model", ours, *own))["text"]
        found = run(simple, "-m", theirs, "-n", str(TOKENS), "-ngl", "0", question)
        # It prints the token that begins a text, and ends with a newline of its own.
        equal += found.removesuffix("\n").removeprefix("<|begin_of_text|>").removeprefix("<s>").lstrip() == expected
    return equal


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    run("swift", "build", "-c", "release", "--package-path", ROOT)
    failures = 0
    for source, questions in models():
        for precision in ["f32", "bf16", "int8", "int4"]:
            with tempfile.TemporaryDirectory() as folder:
                equal = compare(source, questions, precision, sys.argv[1], folder)
            print(f"{source} {precision}: {equal} of {len(questions)} texts are equal", flush=True)
            failures += precision in ["f32", "bf16"] and equal < len(questions)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
