"""Makes small folders of weights in the forms of GPTQ and AWQ, and the floats that they stand for.

The formulas are those of the formats themselves: a weight is (integer - zero) * scale, with 4 bits, in groups of inputs.
GPTQ packs eight inputs of an output into 32 bits and stores zeros one too small (not so in its second version); AWQ packs
eight outputs of an input, even ones before odd ones. With act-order, a list names each input's group.
"""

import json
from pathlib import Path

import numpy
from safetensors.numpy import save_file

FIXTURES = Path(__file__).resolve().parents[2] / "Tests/CommandTests/Fixtures/packed"
INPUTS, OUTPUTS, GROUP = 96, 40, 32
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


def pack(values: numpy.ndarray, axis: int, order: list[int]) -> numpy.ndarray:
    """Eight 4-bit values along an axis as one integer: the lowest bits hold the value number order[0]."""
    parts = numpy.moveaxis(values.astype(numpy.uint32), axis, -1)
    parts = parts.reshape(*parts.shape[:-1], -1, 8)
    words = sum(parts[..., index] << (4 * place) for place, index in enumerate(order))
    return numpy.ascontiguousarray(numpy.moveaxis(words.astype(numpy.uint32), -1, axis)).view(numpy.int32)


def write(name: str, quantization: dict, tensors: dict, weights: numpy.ndarray) -> None:
    folder = FIXTURES / name
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "llama", "torch_dtype": "float16", "quantization_config": quantization}
    (folder / "config.json").write_text(json.dumps(config) + "\n")
    norm = numpy.linspace(-1, 1, INPUTS, dtype=numpy.float32)
    save_file(
        {"norm.weight": norm} | {f"proj.{key}": value for key, value in tensors.items()}, folder / "model.safetensors"
    )
    (folder / "expected").mkdir(exist_ok=True)
    save_file({"norm.weight": norm, "proj.weight": weights}, folder / "expected/model.safetensors")


def main() -> None:
    random = numpy.random.default_rng(20261121)
    groups = INPUTS // GROUP
    values = random.integers(0, 16, (INPUTS, OUTPUTS))
    scales = random.uniform(-0.1, 0.1, (groups, OUTPUTS)).astype(numpy.float16)
    plain = numpy.arange(INPUTS) // GROUP
    shuffled = random.permutation(plain)

    def floats(zeros: numpy.ndarray, index: numpy.ndarray) -> numpy.ndarray:
        weights = (values - zeros[index]).astype(numpy.float32) * scales.astype(numpy.float32)[index]
        return numpy.ascontiguousarray(weights.T)

    natural = list(range(8))
    rows = {"qweight": pack(values, 0, natural), "scales": scales}
    settings = {"quant_method": "gptq", "bits": 4, "group_size": GROUP}
    zeros = random.integers(1, 17, (groups, OUTPUTS))
    stored = {"qzeros": pack(zeros - 1, 1, natural)}
    write("gptq", settings | {"desc_act": False, "sym": False}, rows | stored, floats(zeros, plain))
    write(
        "gptq-act-order",
        settings | {"desc_act": True, "sym": False},
        rows | stored | {"g_idx": shuffled.astype(numpy.int32)},
        floats(zeros, shuffled),
    )
    zeros = random.integers(0, 16, (groups, OUTPUTS))
    stored = {"qzeros": pack(zeros, 1, natural)}
    write("gptq-v2", settings | {"sym": False, "checkpoint_format": "gptq_v2"}, rows | stored, floats(zeros, plain))
    middle = numpy.full((groups, OUTPUTS), 8)
    write(
        "gptq-symmetric",
        settings | {"sym": True, "checkpoint_format": "gptq"},
        rows | {"qzeros": pack(middle - 1, 1, natural)},
        floats(middle, plain),
    )
    write(
        "gptq-true-zeros",
        settings | {"sym": True, "checkpoint_format": "gptq"},
        rows | {"qzeros": pack(middle, 1, natural)},
        floats(middle, plain),
    )
    write(
        "awq",
        {"quant_method": "awq", "bits": 4, "group_size": GROUP, "version": "gemm", "zero_point": True},
        {"qweight": pack(values, 1, AWQ_ORDER), "qzeros": pack(zeros, 1, AWQ_ORDER), "scales": scales},
        floats(zeros, plain),
    )


if __name__ == "__main__":
    main()
