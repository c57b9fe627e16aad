"""Writes Sources/Tokenization/UnicodeTables.swift from the behaviour of the `tokenizers` library.

Token ids must equal the library's, so the tables say what *it* takes for a letter, a number or a combining mark: they
are measured, one scalar at a time, not copied from a Unicode release. (Its regular expressions know Unicode 16, its
NFC normaliser a much older version; Python's `unicodedata` only names combining classes and canonical pairs that the
measurements then confirm.)

    pip install tokenizers==0.23.3
    python Tools/parity/make_unicode_tables.py Sources/Tokenization/UnicodeTables.swift
"""

import sys
import textwrap
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

assert tokenizers.__version__ == "0.23.3", "the tables are pinned to one version of the library"

SCALARS = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
HANGUL = range(0xAC00, 0xAC00 + 11172)
nfc = normalizers.NFC().normalize_str
nfd = normalizers.NFD().normalize_str


def matching(pattern):
    """All scalars that a one-scalar pattern matches."""
    split = pre_tokenizers.Split(Regex(pattern), "removed")
    found = set(SCALARS)
    for start in range(0, len(SCALARS), 20_000):
        text = "".join(map(chr, SCALARS[start : start + 20_000]))
        for rest, _ in split.pre_tokenize_str(text):
            found -= set(map(ord, rest))
    return sorted(found)


def is_mark(code):
    """Whether the library moves a scalar past another combining mark."""
    mark = chr(code)
    before_iota = code != 0x345 and nfd("a\u0345" + mark) == "a" + mark + "\u0345"
    behind_overlay = code != 0x334 and nfd("a" + mark + "\u0334") == "a\u0334" + mark
    return before_iota or behind_overlay


def combining_classes(decompositions):
    """(scalar, combining class) of every mark; the order that the library gives to marks confirms each class."""
    marks = [code for code in SCALARS if code not in decompositions and is_mark(code)]
    example = {}
    for code in marks:
        example.setdefault(unicodedata.combining(chr(code)), chr(code))
    for code in marks:
        mark = chr(code)
        for value, other in example.items():
            swapped = nfd("a" + mark + other) == "a" + other + mark
            assert swapped == (value < unicodedata.combining(mark)) or other == mark, hex(code)
    return [(code, unicodedata.combining(chr(code))) for code in marks]


def canonical_pairs(decompositions):
    """(scalar, first, second) of all composites, and of all that decompose without ever being composed again."""
    composites, others = [], []
    for code in decompositions:
        pair = [int(part, 16) for part in unicodedata.decomposition(chr(code)).split()]
        assert nfd("".join(map(chr, pair))) == decompositions[code], hex(code)
        composed = nfc("".join(map(chr, pair))) == chr(code)
        assert composed == (nfc(chr(code)) == chr(code)), hex(code)
        (composites if composed else others).append((code, *pair, *[0] * (2 - len(pair))))
    return composites, others


def as_ranges(codes):
    """Gap and length of every range, the gap counted from the end of the range before."""
    ranges = []
    for code in codes:
        if ranges and ranges[-1][1] == code:
            ranges[-1][1] = code + 1
        else:
            ranges.append([code, code + 1])
    numbers, end = [], 0
    for start, stop in ranges:
        numbers += [start - end, stop - start]
        end = stop
    return numbers


def as_runs(rows):
    """First scalar, count and columns of every run of neighbouring scalars."""
    runs = []
    for code, *columns in rows:
        if runs and runs[-1][0] + runs[-1][1] == code:
            runs[-1][1] += 1
            runs[-1] += columns
        else:
            runs.append([code, 1, *columns])
    return sum(runs, [])


def as_class_runs(rows):
    """First scalar, count and class of every run of neighbouring scalars of one class."""
    runs = []
    for code, value in rows:
        if runs and runs[-1][0] + runs[-1][1] == code and runs[-1][2] == value:
            runs[-1][1] += 1
        else:
            runs.append([code, 1, value])
    return sum(runs, [])


def declaration(name, text, numbers):
    lines = textwrap.wrap(", ".join(map(str, numbers)), 112)
    body = "\n".join("        " + line for line in lines)
    comment = "\n".join("    /// " + line for line in textwrap.wrap(text, 110))
    return f"{comment}\n    // swift-format-ignore\n    static let {name}: [UInt32] = [\n{body}\n    ]\n"


def main(path):
    decompositions = {code: nfd(chr(code)) for code in SCALARS if code not in HANGUL and nfd(chr(code)) != chr(code)}
    composites, others = canonical_pairs(decompositions)
    parts = [
        declaration("letters", "`\\p{L}` as ranges: gap since the last range, length.", as_ranges(matching(r"\p{L}"))),
        declaration("numbers", "`\\p{N}` as ranges: gap since the last range, length.", as_ranges(matching(r"\p{N}"))),
        declaration("spaces", "`\\s` as ranges: gap since the last range, length.", as_ranges(matching(r"\s"))),
        declaration(
            "combiningClasses",
            "Marks as runs: first scalar, count, canonical combining class.",
            as_class_runs(combining_classes(decompositions)),
        ),
        declaration(
            "composites",
            "Scalars that NFC composes, as runs: first scalar, count, then two scalars for each of the run.",
            as_runs(composites),
        ),
        declaration(
            "decomposites",
            "Scalars that NFC takes apart and never composes, as runs: first scalar, count, then two scalars for each "
            "of the run, of which the second may be 0 for none.",
            as_runs(others),
        ),
    ]
    header = (
        "/// What the `tokenizers` library takes for a letter, a number, a space or a combining mark.\n///\n"
        "/// Measured on version 0.23.3 and written by Tools/parity/make_unicode_tables.py; Hangul syllables follow from\n"
        "/// arithmetic (Unicode Standard, section 3.12) and are left out. The standard library's own properties would\n"
        "/// change with its version, and with them the token ids.\n"
        "enum UnicodeTables {\n"
    )
    with open(path, "w", encoding="utf-8") as file:
        file.write(header + "\n".join(parts) + "}\n")


main(sys.argv[1])
