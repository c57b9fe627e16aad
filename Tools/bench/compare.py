"""Runs `specsearch bench` and llama.cpp's llama-batched-bench by turns on the same weights, and prints ratios.

Models of random weights in the shapes of published ones are made once, in .build-bench/models, and written by `convert`
as a folder for this package and as a GGUF file for llama.cpp: int8 beside Q8_0, int4 beside Q4_0, the output head at equal
bits. bf16 has 32-bit activations here and bfloat16 ones in llama.cpp; bf16-rows has them here, too. Decoding continues a
shared prompt; rows are branches. Shown are medians, and the median of the ratios of the pairs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / ".build-bench/models"
PROGRAMS = ROOT / ".build/release"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Tools/bench/compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", default=["qwen2.5-0.5b", "qwen2.5-1.5b"])
    precisions = ["bf16", "bf16-rows", "int8", "int4"]
    parser.add_argument("--precisions", nargs="+", default=precisions, choices=precisions)
    parser.add_argument("--rows", default="1,8,16", help="branches, separated by commas")
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--generated-tokens", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write every figure to a file, for Tools/plots/rows.py"
    )
    return parser.parse_args()


def run(*command) -> str:
    return subprocess.run(
        [str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    ).stdout


def prepare(shape: str, precision: str) -> tuple[Path, Path]:
    """The folder and the file of a model, made if they are not there."""
    source, folder, file = MODELS / shape, MODELS / f"{shape}-{precision}", MODELS / f"{shape}-{precision}.gguf"
    if not (source / "model.safetensors").exists():
        print(f"making {source} ...", file=sys.stderr)
        run(sys.executable, ROOT / "Tools/bench/make_model.py", shape, source)
    if precision == "bf16":
        folder = source
    elif not folder.exists():
        run(PROGRAMS / "convert", source, folder, "--precision", precision)
    if not file.exists():
        run(PROGRAMS / "convert", source, file, "--precision", precision)
    return folder, file


def own_speeds(model: Path, activations: str, options: argparse.Namespace) -> dict:
    """Tokens per second by rows; 0 stands for the prompt."""
    output = run(
        PROGRAMS / "specsearch",
        "bench",
        "--model",
        model,
        "--rows",
        options.rows,
        "--prompt-tokens",
        options.prompt_tokens,
        "--generated-tokens",
        options.generated_tokens,
        "--repetitions",
        1,
        "--threads",
        options.threads,
        "--activations",
        activations,
        "--json",
    )
    return {
        entry["rows"] if entry["phase"] == "decode" else 0: entry["tokensPerSecond"] for entry in json.loads(output)
    }


def peer_speeds(program: str, model: Path, options: argparse.Namespace) -> dict:
    most = max(map(int, options.rows.split(",")))
    context = options.prompt_tokens + (most + 1) * (options.generated_tokens + 1)
    output = run(
        program,
        "-m",
        model,
        "-kvu",
        "-pps",
        "-c",
        -(-context // 256) * 256,
        "-b",
        2048,
        "-ub",
        512,
        "-npp",
        options.prompt_tokens,
        "-ntg",
        options.generated_tokens,
        "-npl",
        options.rows,
        "-t",
        options.threads,
        "--output-format",
        "jsonl",
    )
    entries = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    prompt = statistics.median(entry["speed_pp"] for entry in entries)
    return {0: prompt} | {entry["pl"]: entry["speed_tg"] for entry in entries}


def compare(shape: str, precision: str, program: str, options: argparse.Namespace) -> dict:
    folder, file = prepare(shape, precision.removesuffix("-rows"))
    activations = "bf16" if precision == "bf16-rows" else "f32"
    pairs = []
    for _ in range(options.pairs):
        pairs.append((own_speeds(folder, activations, options), peer_speeds(program, file, options)))
    found = {}
    for rows in pairs[0][0]:
        own, peer = [pair[0][rows] for pair in pairs], [pair[1][rows] for pair in pairs]
        ratios = sorted(one / other for one, other in zip(own, peer))
        found[rows] = {
            "own": statistics.median(own),
            "peer": statistics.median(peer),
            "ratio": statistics.median(ratios),
            "lowest": ratios[0],
            "highest": ratios[-1],
        }
        name = f"{rows} rows" if rows else f"prompt of {options.prompt_tokens}"
        print(
            f"{shape:14} {precision:9} {name:14} {found[rows]['own']:8.1f} {found[rows]['peer']:8.1f} tokens/s"
            f"   {found[rows]['ratio']:5.2f} x  ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            flush=True,
        )
    return found


def main() -> None:
    options = arguments()
    run("swift", "build", "-c", "release", "--package-path", ROOT)
    program = os.path.join(run(ROOT / "Tools/bench/peer").strip(), "llama-batched-bench")
    print(f"{'model':14} {'':9} {'':14} {'own':>8} {'llama.cpp':>8}           ratio, medians of {options.pairs} pairs")
    found = {
        shape: {precision: compare(shape, precision, program, options) for precision in options.precisions}
        for shape in options.shapes
    }
    if options.json:
        commit = run("git", "-C", ROOT, "rev-parse", "--short", "HEAD").strip()
        machine = next(
            (
                line.split(":")[1].strip()
                for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")
            ),
            "unknown",
        )
        options.json.write_text(
            json.dumps(
                {
                    "commit": commit,
                    "machine": machine,
                    "threads": options.threads,
                    "promptTokens": options.prompt_tokens,
                    "pairs": options.pairs,
                    "speeds": found,
                },
                indent=1,
            )
            + "\n"
        )


if __name__ == "__main__":
    main()
