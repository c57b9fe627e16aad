#!/usr/bin/env python3
"""Writes the fixture of SafetensorsTests: every element type, as Python's safetensors writes it.

    python3 -m pip install safetensors==0.8.0 torch==2.13.0 numpy==2.4.6
    python3 Tools/parity/make_safetensors_fixture.py

`every-type.safetensors` is the file, `every-type.json` the bytes (hexadecimal) and, for floating types, the values
that a reader must find. Values are chosen by hand: signed zeros, the smallest and largest numbers, infinities, NaN.
"""
import json
import math
import pathlib

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/SafetensorsTests/Fixtures"
FLOATS = [0.0, -0.0, 1.0, -1.5, 0.1, 3e-6, 65504.0, 1e-40, math.inf, -math.inf, math.nan, 2.0**-24]
INTEGERS = ["I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8"]
TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U64": torch.uint64, "U32": torch.uint32, "U16": torch.uint16, "U8": torch.uint8, "BOOL": torch.bool,
}


def tensor(name):
    if name in INTEGERS:
        limits = torch.iinfo(TYPES[name])
        return torch.tensor([limits.min, limits.max, 0, 1, 2, 100], dtype=TYPES[name]).reshape(2, 3)
    if name == "BOOL":
        return torch.tensor([[True, False, True]])
    return torch.tensor(FLOATS, dtype=torch.float64).to(TYPES[name]).reshape(3, 4)


def main():
    tensors = {f"types.{name}": tensor(name) for name in TYPES}
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 4)
    tensors["nämé \"quoted\"\n"] = torch.tensor([7], dtype=torch.uint8)
    FOLDER.mkdir(parents=True, exist_ok=True)
    save_file(tensors, FOLDER / "every-type.safetensors", metadata={"format": "pt", "note": "ünïcode"})
    expected = {}
    for name, value in tensors.items():
        raw = bytes(value.flatten().view(torch.uint8).tolist()) if value.numel() else b""
        expected[name] = {"shape": list(value.shape), "hex": raw.hex()}
        if value.dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
            wide = value.to(torch.float32).flatten()
            # Which of its many bit patterns a NaN gets is the converter's choice; the fixture says only that it is one.
            expected[name]["float32Bits"] = [
                None if number.isnan() else number.view(torch.int32).item() & 0xFFFFFFFF for number in wide
            ]
    (FOLDER / "every-type.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
