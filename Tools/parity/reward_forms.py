"""The five published forms of process reward models: random checkpoints, read as their publishers read theirs.

Each form is scored here by the text and the places that its publisher's code uses, tokenized as one text by the
`tokenizers` library, and run by `transformers`. The checkpoints are random (`matrix.py`), with the real vocabularies,
which lie in SPECSEARCH_DATA; `Weights/golden/reward-forms.json` says how to make them, how to read thoughts, and what
comes of it.

    SPECSEARCH_DATA=... Tools/parity/python Tools/parity/reward_forms.py
"""

import reference  # First: it pins torch's instruction sets.

import json
import os
import tempfile
from pathlib import Path

from tokenizers import Tokenizer

import matrix

QUESTION = "Janet has 16 eggs. She eats 3 and bakes with 4. How many are left?"
SOLUTIONS = (
    ("Janet uses 3 + 4 = 7 eggs.\n\n", "So 16 - 7 = 9 eggs are left.\n\n", "The answer is 9."),
    ("Janet uses 3 * 4 = 12 eggs.\n\n", "  So $16 - 12 = 4$ are left: \\boxed{4}\n\n"),
)
SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."
LLAMA_SYSTEM = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
USER, ASSISTANT = ("<|start_header_id|>user<|end_header_id|>\n\n", "<|start_header_id|>assistant<|end_header_id|>\n\n")


def trimmed(thoughts: tuple[str, ...]) -> list[str]:
    return [thought.strip() for thought in thoughts]


def qwen_text(thoughts: tuple[str, ...]) -> str:
    """Qwen2.5-Math-PRM: a conversation whose answer has `<extra_0>` behind each step."""
    answer = "".join(f"{thought}<extra_0>" for thought in trimmed(thoughts))
    return (
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{QUESTION}<|im_end|>\n"
        f"<|im_start|>assistant\n{answer}<|im_end|>\n"
    )


def tagged_text(tag: str, glue: str):
    """Math-Shepherd and Math-psa: the question, and steps with a tag behind each."""
    return lambda thoughts: f"{QUESTION} " + glue.join(f"{thought} {tag}" for thought in trimmed(thoughts))


def rlhflow_text(thoughts: tuple[str, ...]) -> str:
    """RLHFlow: each step is the user's turn, and "+" the assistant's."""
    turns = [f"{QUESTION} {trimmed(thoughts)[0]}", *trimmed(thoughts)[1:]]
    body = "".join(f"{USER}{turn}<|eot_id|>{ASSISTANT}+<|eot_id|>" for turn in turns)
    return f"<|start_header_id|>system<|end_header_id|>\n\n{LLAMA_SYSTEM}<|eot_id|>{body}"


# The published tokenizer of Math-Shepherd is Mistral's, of the same kind as Llama 2's.
FORMS = {
    "qwen2.5-math-prm": {
        "tokenizer": "qwen2",
        "added": ["<extra_0>"],
        "family": "Qwen2ForProcessRewardModel",
        "text": qwen_text,
        "bundle": {
            "stepToken": "<extra_0>",
            "rewardFormat": {"prompt": "{question}", "chatTemplate": "chatml", "system": SYSTEM, "trimsThoughts": True},
        },
    },
    "skywork-o1-open-prm": {
        "tokenizer": "qwen2",
        "family": "Qwen2ForPrmModel",
        "bundle": {"stepToken": "Ċ", "rewardFormat": {"prompt": "{question}\n", "trimsThoughts": True}},
    },
    "math-shepherd": {
        "tokenizer": "llama2",
        "family": "MistralForCausalLM",
        "text": tagged_text("ки", "\n"),
        "bundle": {
            "stepToken": "▁ки", "goodToken": "▁+", "badToken": "▁-",
            "rewardFormat": {
                "prompt": "{question}", "firstThought": " ", "nextThought": "\n", "trimsThoughts": True},
        },
    },
    "math-psa": {
        "tokenizer": "qwen2",
        "family": "Qwen2ForCausalLM",
        "text": tagged_text("\n\n\n\n\n", " "),
        "bundle": {
            "stepToken": "ĠĊĊĊĊĊ", "goodToken": "Ġ+", "badToken": "Ġ-",
            "rewardFormat": {"prompt": "{question}", "firstThought": " ", "nextThought": " ", "trimsThoughts": True},
        },
    },
    "rlhflow": {
        "tokenizer": "llama3",
        "family": "LlamaForCausalLM",
        "text": rlhflow_text,
        "bundle": {
            "stepToken": "ĊĊ", "goodToken": "+", "badToken": "-",
            "rewardFormat": {
                "prompt": f"<|start_header_id|>system<|end_header_id|>\n\n{LLAMA_SYSTEM}<|eot_id|>{USER}{{question}}",
                "firstThought": " ", "nextThought": f"+<|eot_id|>{USER}", "trimsThoughts": True,
                "afterThought": f"<|eot_id|>{ASSISTANT.removesuffix(chr(10) * 2)}",
            },
        },
    },
}


def load_tokenizer(form: dict) -> Tokenizer:
    folder = Path(os.environ["SPECSEARCH_DATA"]) / "tokenizers" / form["tokenizer"]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_special_tokens(form.get("added", []))
    return tokenizer


def places(form: dict, tokenizer: Tokenizer, ids: list[int], count: int) -> list[int]:
    """The tokens at which the scores are."""
    if "goodToken" in form["bundle"] and form["tokenizer"] == "llama3":
        # The token before each "+" that is a turn of its own.
        plus, end = tokenizer.token_to_id("+"), tokenizer.token_to_id("<|eot_id|>")
        found = [place - 1 for place in range(1, len(ids) - 1) if ids[place] == plus and ids[place + 1] == end]
    else:
        step = tokenizer.token_to_id(form["bundle"]["stepToken"])
        found = [place for place, token in enumerate(ids) if token == step]
    if len(found) != count:
        raise SystemExit(f"{form['family']}: {len(found)} places for {count} thoughts")
    return found


def encoded(form: dict, tokenizer: Tokenizer, thoughts: tuple[str, ...]) -> tuple[list[int], list[int]]:
    if "text" in form:
        ids = tokenizer.encode(form["text"](thoughts)).ids
        return ids, places(form, tokenizer, ids, len(thoughts))
    # Skywork: the question, and each step by itself, with a newline's token behind it.
    ids, found = tokenizer.encode(f"{QUESTION}\n").ids, []
    for thought in trimmed(thoughts):
        ids += [*tokenizer.encode(thought, add_special_tokens=False).ids, tokenizer.token_to_id("Ċ")]
        found.append(len(ids) - 1)
    return ids, found


def configuration(form: dict, tokenizer: Tokenizer) -> dict:
    values = {
        "architectures": [form["family"]],
        "model_type": form["family"].split("For")[0].lower(),
        "hidden_act": "silu", "hidden_size": 16, "intermediate_size": 28, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8,
        "vocab_size": tokenizer.get_vocab_size(with_added_tokens=True),
        "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "rope_theta": 10_000.0, "rope_scaling": None,
        "tie_word_embeddings": False, "bos_token_id": None, "eos_token_id": None, "torch_dtype": "float32",
    }
    return values | ({"sliding_window": None} if values["model_type"] == "mistral" else {})


def tensors(config: dict) -> list[dict]:
    """Those of a causal model, with another head where the form has one."""
    found, width = matrix.shapes(config), config["hidden_size"]
    family = config["architectures"][0]
    if family.endswith("ForCausalLM"):
        found[-1]["exponent"] += 1
        return found
    found = [tensor for tensor in found if tensor["name"] != "lm_head.weight"]
    # Powers of two that keep probabilities away from 0 and 1.
    heads = [("v_head.summary", 1, 7)] if family.endswith("ForPrmModel") else [("score.0", width, 8), ("score.2", 2, 8)]
    for name, outputs, exponent in heads:
        found.append({"name": f"{name}.weight", "shape": [outputs, width], "exponent": exponent, "offset": 0})
        found.append({"name": f"{name}.bias", "shape": [outputs], "exponent": 7, "offset": 0})
    return found


def probabilities(model, form: dict, tokenizer: Tokenizer, ids: list[int]):
    if "goodToken" not in form["bundle"]:
        return model.probabilities(ids)
    pair = [tokenizer.token_to_id(form["bundle"][name]) for name in ("badToken", "goodToken")]
    return model.logits(ids)[:, pair].softmax(-1)[:, 1]


def golden(name: str, number: int) -> dict:
    form = FORMS[name]
    tokenizer = load_tokenizer(form)
    config = configuration(form, tokenizer)
    entry = {"name": name, "seed": 7_000_000 + 1_000 * number, "shards": 1, "config": config, "tensors": tensors(config)}
    solutions = []
    with tempfile.TemporaryDirectory() as folder:
        matrix.write(Path(folder), entry)
        model = reference.load(Path(folder))
        for thoughts in SOLUTIONS:
            ids, found = encoded(form, tokenizer, thoughts)
            scores = probabilities(model, form, tokenizer, ids)[found].tolist()
            solutions.append({"thoughts": thoughts, "tokens": ids[: found[-1] + 1], "scores": scores})
    print(f"{name:20} {[[round(score, 3) for score in solution['scores']] for solution in solutions]}", flush=True)
    return entry | {
        "tokenizer": form["tokenizer"], "added": form.get("added", []), "bundle": form["bundle"],
        "question": QUESTION, "solutions": solutions,
    }


if __name__ == "__main__":
    forms = [golden(name, number) for number, name in enumerate(FORMS)]
    (matrix.GOLDEN / "reward-forms.json").write_text(json.dumps(forms, ensure_ascii=False) + "\n")
