"""Text from checkpoints through `transformers`: many continuations at once, left-padded, with a key-value cache."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import AutoModelForCausalLM, DynamicCache, PreTrainedModel

ROWS = 256  # continuations in one batch


class Generator:
    """A causal model and its tokenizer."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self.tokenizer = tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.end = self.model.config.eos_token_id
        self.random = torch.Generator().manual_seed(seed)
        texts = [tokenizer.decode([token], skip_special_tokens=False) for token in range(tokenizer.get_vocab_size())]
        self.has_newline = ["\n" in text for text in texts]

    def encode(self, text: str) -> list[int]:
        """The tokens of a text from its start on."""
        return self.tokenizer.encode(text).ids

    def text(self, tokens: Sequence[int]) -> str:
        return self.tokenizer.decode([token for token in tokens if token != self.end], skip_special_tokens=False)

    def solutions(self, prompts: Sequence[str], temperature: float, limit: int = 400) -> list[list[int]]:
        """One whole solution for each prompt, up to and with the end-of-text token."""
        prefixes = [self.encode(prompt) for prompt in prompts]
        return [rows[0] for rows in self.write(prefixes, 1, temperature, limit, lambda token: token == self.end)]

    def thoughts(
        self, prefixes: Sequence[list[int]], copies: int, temperature: float, limit: int = 64
    ) -> list[list[list[int]]]:
        """So many thoughts after each prefix; one ends with the token that holds its newline, or with the text."""

        def ends(token: int) -> bool:
            return token == self.end or self.has_newline[token]

        return self.write(prefixes, copies, temperature, limit, ends)

    @torch.no_grad()
    def write(
        self, prefixes: Sequence[list[int]], copies: int, temperature: float, limit: int, ends: Callable[[int], bool]
    ) -> list[list[list[int]]]:
        """So many continuations of each prefix, greedy if the temperature is 0; those of similar length together."""
        order = sorted(range(len(prefixes)), key=lambda index: len(prefixes[index]))
        results: list[list[list[int]]] = [[] for _ in prefixes]
        count = max(1, ROWS // copies)
        for first in range(0, len(order), count):
            part = order[first : first + count]
            written = self._batch([prefixes[index] for index in part], copies, temperature, limit, ends)
            for place, index in enumerate(part):
                results[index] = written[place * copies : (place + 1) * copies]
        return results

    def _batch(
        self, prefixes: list[list[int]], copies: int, temperature: float, limit: int, ends: Callable[[int], bool]
    ) -> list[list[int]]:
        length = max(map(len, prefixes))
        tokens = torch.tensor([[0] * (length - len(prefix)) + prefix for prefix in prefixes])
        mask = torch.tensor([[0] * (length - len(prefix)) + [1] * len(prefix) for prefix in prefixes])
        cache = DynamicCache(config=self.model.config)
        logits = self._forward(tokens, mask, cache).repeat_interleave(copies, 0)
        cache.batch_repeat_interleave(copies)
        mask = mask.repeat_interleave(copies, 0)
        written: list[list[int]] = [[] for _ in range(len(prefixes) * copies)]
        rows = list(range(len(written)))
        for _ in range(limit):
            chosen = self._choose(logits, temperature)
            for row, token in zip(rows, chosen.tolist(), strict=True):
                written[row].append(token)
            open_rows = [place for place, token in enumerate(chosen.tolist()) if not ends(token)]
            if not open_rows:
                break
            if len(open_rows) < len(rows):
                keep = torch.tensor(open_rows)
                rows, mask, chosen = [rows[place] for place in open_rows], mask[keep], chosen[keep]
                cache.batch_select_indices(keep)
            mask = torch.cat((mask, torch.ones(len(rows), 1, dtype=mask.dtype)), 1)
            logits = self._forward(chosen[:, None], mask, cache)
        return written

    def _forward(self, tokens: Tensor, mask: Tensor, cache: DynamicCache) -> Tensor:
        positions = (mask.cumsum(1) - 1).clamp(min=0)[:, -tokens.shape[1] :]
        return self.model(
            tokens, attention_mask=mask, position_ids=positions, past_key_values=cache, logits_to_keep=1
        ).logits[:, -1]

    def _choose(self, logits: Tensor, temperature: float) -> Tensor:
        if temperature == 0:
            return logits.argmax(-1)
        return torch.multinomial((logits / temperature).softmax(-1), 1, generator=self.random)[:, 0]


def lines(text: str) -> list[str]:
    """The thoughts of a solution."""
    return [line for line in text.split("\n") if line]
