"""Writes the fixtures of Tests/TokenizationTests with the `tokenizers` library.

Texts are drawn from a list of parts by a seeded generator that the tests have as well (SplitMix64), so that a fixture
needs to hold only a digest (FNV-1a, 64 bits) of the ids of each text.

    pip install tokenizers==0.23.3
    python Tools/parity/make_tokenizer_fixture.py --small FOLDER/tokenizer.json [--published FOLDER]

`--small` is a byte-level tokenizer of a few hundred tokens; it is copied beside the fixture. `--published` is a folder
with the folders qwen2, qwen3, llama2, llama3 and llama3.2, whose tokenizer.json files are not copied.
"""

import argparse
import copy
import json
import pathlib

import tokenizers

assert tokenizers.__version__ == "0.23.3", "fixtures are pinned to one version of the library"

FIXTURES = pathlib.Path(__file__).parents[2] / "Tests" / "TokenizationTests" / "Fixtures"

PARTS = (
    "the| of|Paul has 99 cards.\n| The answer is |don't|WON'T|I'LL|you've|we're|he'd|it'S|I'm|'\u017f|'\u017fo|''|'re'VE"
    "|hello world|O'Reilly|naïve café|straße ÅNGSTRÖM|Привет, мир|你好,世界|こんにちは|안녕하세요|مرحبا|שלום עליכם"
    "|नमस्ते|สวัสดี|Ελληνικά|def f(x):\n    return x\n|for(int i=0;i<n;++i) {}|=>|!=|https://x.y/z?q=1&r=%20|\\frac{1}{2}"
    "|$x^2$|12345|3.14159|0|1000000|٣٤٥|Ⅷ½|१२३|<\u2223|<|>|<\u2223endoftext\u2223>|<\u2223im_start\u2223>user\n|<\u2223im_end\u2223>"
    "|<\u2223eot_id\u2223>|<\u2223begin_of_text\u2223>|<think>|</think>|<extra_0>|<extra_0|👩\u200d👩\u200d👧\u200d👦|🇩🇪|👍🏽|e\u0301|a\u0302\u0323"
    "|\u1100\u1161\u11a8|\uac00\u11a8|\u0915\u093c|\u212b|\u0344|q\u0323\u0307\u0301|\u0301|\u05b8\u05bc|x\u0315\u0300\u05ae\u0062| |  |   |\t|\n|\n\n|\r\n| \n|\n "
    "|\u00a0|\u0085|\u1680|\u180e|\u200b|\u2028|\u3000|\ufeff|\u0000|\u0001\u001b|\u007f|\ufffd|\ue000|\U0010ffff|.|...|!?|-|_|a|Z|é"
)
# A bar separates the parts, so the bars of special tokens are written as U+2223.
PARTS = [part.replace("\u2223", "|") for part in PARTS.split("|")]

SPELLED_OUT = [
    "", "a", " ", "\n", "Paul has 99 cards. 5 friends each give Paul 15 cards.\n", "it'S I'LL 'ſ don't",
    "  two  spaces \n\n and newlines\r\n\r\n", "12345678 1,234.5", "naïve café e\u0301 가각 \u1100\u1161\u11a8",
    "<|endoftext|><think>no</think><extra_0>", "👩‍👩‍👧‍👦 नमस्ते สวัสดี", "x" * 200,
]

# A second tokenizer with the small vocabulary and everything else that Qwen and Llama 3 use.
CHANGES = {
    "normalizer": {"type": "NFC"},
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {
                "type": "Split",
                "pattern": {
                    "Regex": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
                    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
                },
                "behavior": "Isolated",
                "invert": False,
            },
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
        ],
    },
    "post_processor": {
        "type": "Sequence",
        "processors": [
            {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
            {
                "type": "TemplateProcessing",
                "single": [
                    {"SpecialToken": {"id": "<|begin_of_text|>", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                    {"SpecialToken": {"id": "<|eot_id|>", "type_id": 0}},
                ],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {
                    "<|begin_of_text|>": {"id": "<|begin_of_text|>", "ids": [504], "tokens": ["<|begin_of_text|>"]},
                    "<|eot_id|>": {"id": "<|eot_id|>", "ids": [505], "tokens": ["<|eot_id|>"]},
                },
            },
        ],
    },
    "added_tokens": [
        {"id": number, "content": text, "special": special, "normalized": normalized, "lstrip": False,
         "rstrip": False, "single_word": False}
        for number, text, special, normalized in [
            (0, "<|endoftext|>", True, False), (504, "<|begin_of_text|>", True, False), (505, "<|eot_id|>", True, False),
            (506, "<think>", False, False), (507, "</think>", False, False), (508, "<extra_0>", True, False),
            (509, "\u1ead", False, True), (510, "<extra_0", False, False), (511, "\uac01", False, False),
        ]
    ],
}


class Random:
    """SplitMix64, as Tests/TestSupport/SeededRandom.swift."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        return (mixed ^ (mixed >> 31)) % bound


def draw(random):
    """One text; Tests/TokenizationTests/TokenizerFixture.swift draws the same one."""
    text = ""
    for _ in range(1 + random.below(10)):
        part = PARTS[random.below(len(PARTS))]
        kind = random.below(8)
        if kind == 0:
            text += part * (1 + random.below(80))
        elif kind == 1:
            code = random.below(0x110000)
            text += "?" if 0xD800 <= code < 0xE000 else chr(code)
        elif kind == 2:
            text += part + " "
        else:
            text += part
    return text


def digest(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def digest_of_ids(ids):
    return digest(b"".join(number.to_bytes(4, "little") for number in ids))


def expectations(file, seed, count, decoded):
    """What the library says to texts with and without added tokens, and to random ids."""
    plain_file = copy.deepcopy(file)
    plain_file["added_tokens"] = []
    plain_file["post_processor"] = None
    plain = tokenizers.Tokenizer.from_str(json.dumps(plain_file))
    parsed = tokenizers.Tokenizer.from_str(json.dumps(file))
    random = Random(seed)
    texts = [draw(random) for _ in range(count)]
    size = parsed.get_vocab_size()
    sequences = [[random.below(size) for _ in range(1 + random.below(40))] for _ in range(decoded)]
    return {
        "seed": seed,
        "plain": [digest_of_ids(plain.encode(text).ids) for text in texts],
        "parsed": [digest_of_ids(parsed.encode(text).ids) for text in texts],
        "decoded": [digest(parsed.decode(ids, skip_special_tokens=False).encode()) for ids in sequences],
        "examples": [
            {"text": text, "plain": plain.encode(text).ids, "parsed": parsed.encode(text).ids} for text in SPELLED_OUT
        ],
        "scalars": digest_of_scalars(plain),
    }


def digest_of_scalars(tokenizer):
    """The ids of every 41st scalar among letters, digits and spaces."""
    ids = []
    for code in range(0, 0x110000, 41):
        if not 0xD800 <= code < 0xE000:
            ids += tokenizer.encode(f"a{chr(code)}b 1{chr(code)}1 {chr(code)} ").ids
    return digest_of_ids(ids)


def sentence_piece():
    """A small vocabulary of the form of Llama 2, trained on the parts."""
    trained = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    trained.normalizer = tokenizers.normalizers.Sequence(
        [tokenizers.normalizers.Prepend("▁"), tokenizers.normalizers.Replace(" ", "▁")]
    )
    decoders = tokenizers.decoders
    trained.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special, alone = ["<unk>", "<s>", "</s>"], [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=620, special_tokens=special + alone, limit_alphabet=110, show_progress=False, max_token_length=12
    )
    trained.train_from_iterator([part for part in PARTS for _ in range(3)] + SPELLED_OUT[:9], trainer)
    file = json.loads(trained.to_str())
    file["added_tokens"] = file["added_tokens"][:3]
    file["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
    }
    return file


def metaspace(file, scheme):
    """The same with the pre-tokeniser of newer files, and a decoder that keeps the first space."""
    file = copy.deepcopy(file) | {"normalizer": None}
    file["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": False}
    if scheme == "never":
        file["decoder"]["decoders"].pop()
    return file


def write(name, value):
    (FIXTURES / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", required=True, type=pathlib.Path)
    parser.add_argument("--published", type=pathlib.Path)
    arguments = parser.parse_args()
    FIXTURES.mkdir(exist_ok=True)
    small = json.loads(arguments.small.read_text())
    (FIXTURES / "tokenizer.json").write_text(arguments.small.read_text())
    changed = copy.deepcopy(small) | CHANGES
    changed["model"]["ignore_merges"] = True
    write(
        "small.json",
        {
            "parts": PARTS,
            "changes": CHANGES,
            "bundled": expectations(small, seed=1, count=1500, decoded=300),
            "changed": expectations(changed, seed=2, count=1500, decoded=300),
        },
    )
    pieces = sentence_piece()
    write("sentencepiece-tokenizer.json", pieces)
    variants = {"prepend": pieces} | {scheme: metaspace(pieces, scheme) for scheme in ("first", "always", "never")}
    write(
        "sentencepiece.json",
        {name: {"file": {key: file[key] for key in ("normalizer", "pre_tokenizer", "decoder")}}
         | expectations(file, seed=4, count=400, decoded=200) for name, file in variants.items()},
    )
    if arguments.published:
        names = ["qwen2", "qwen3", "llama2", "llama3", "llama3.2"]
        files = {name: json.loads((arguments.published / name / "tokenizer.json").read_text()) for name in names}
        write("published.json", {name: expectations(files[name], 3, 300, 100) for name in names})


main()
