#!/usr/bin/env python3
"""Writes the fixture of GGUFTests: every tensor type and every kind of metadata, as llama.cpp's Python package writes them.

    python3 -m pip install gguf==0.19.0 numpy==2.4.6
    python3 Tools/parity/make_gguf_fixture.py

`every-type.gguf` is the file, `every-type.json` the floats (hexadecimal, little-endian) that a reader must find. Blocks are
random bytes, so that all bits of scales and integers occur; only the 16-bit scales are kept finite.
"""
import json
import pathlib

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, quants
from gguf.constants import GGML_QUANT_SIZES

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/GGUFTests/Fixtures"
# Where the 16-bit scales of a block begin.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
FLOATS = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}
WRITTEN = ["F32", "F16", "BF16", "Q8_0", "Q4_0"]
ROWS, WIDTH = 3, 512


def blocks(random, name):
    """Random rows of a type, as bytes."""
    kind = GGMLQuantizationType[name]
    elements, size = GGML_QUANT_SIZES[kind]
    raw = random.integers(0, 256, (ROWS, WIDTH // elements, size), dtype=np.uint8)
    for place in SCALES[name]:
        scales = random.normal(size=raw.shape[:2]).astype(np.float16)
        raw[:, :, place : place + 2] = scales[..., None].view(np.uint8)
    return raw.reshape(ROWS, -1)


def written():
    """Floats to be rounded: usual ones, zeros, one outlier, ties, tiny ones."""
    data = np.random.default_rng(6).normal(size=(8, 64)).astype(np.float32)
    data[1] = 0
    data[2, 5] = -1e3
    data[3] = np.linspace(-127, 127, 64, dtype=np.float32) / 2
    data[4] *= 1e-30
    data[5] = np.where(np.arange(64) % 2, 8, -8)
    return data


def main():
    random = np.random.default_rng(5)
    FOLDER.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(FOLDER / "every-type.gguf", "llama")
    for bits in (8, 16, 32, 64):
        getattr(writer, f"add_uint{bits}")(f"numbers.uint{bits}", 2**min(bits, 63) - 1)
        getattr(writer, f"add_int{bits}")(f"numbers.int{bits}", -(2 ** (bits - 1)))
    writer.add_float32("numbers.float32", 0.1)
    writer.add_float64("numbers.float64", 0.1)
    writer.add_bool("truth", True)
    writer.add_string("text", 'nämé "quoted"\n')
    writer.add_array("lists.integers", [1, -2, 3])
    writer.add_array("lists.numbers", [0.5, -1.5])
    writer.add_array("lists.booleans", [True, False])
    writer.add_array("lists.texts", ["a", "", "ü"])
    expected = {}
    for name in (*FLOATS, *SCALES):
        if name in FLOATS:
            data = random.normal(size=(ROWS, WIDTH)).astype(np.float32)
            raw = (data.view(np.uint32) >> 16).astype(np.uint16) if name == "BF16" else data.astype(FLOATS[name])
            floats = raw.astype(np.uint32) << 16 if name == "BF16" else raw.astype(np.float32)
        else:
            raw = blocks(random, name)
            floats = quants.dequantize(raw, GGMLQuantizationType[name])
        writer.add_tensor(f"types.{name}", raw.view(np.uint8), raw_dtype=GGMLQuantizationType[name])
        expected[f"types.{name}"] = floats.tobytes().hex()
    for name in WRITTEN:
        rounded = quants.quantize(written(), GGMLQuantizationType[name])
        expected[f"written.{name}"] = rounded.tobytes().hex()
    expected["written"] = written().tobytes().hex()
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (FOLDER / "every-type.json").write_text(json.dumps(expected, indent=0) + "\n")


if __name__ == "__main__":
    main()
