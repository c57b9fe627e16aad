"""How good scores are: rank order and calibration."""

from collections.abc import Sequence

import numpy as np

Scored = Sequence[tuple[float, bool]]  # a score and whether the state was good


def auc(pairs: Scored) -> float | None:
    """The probability that a good state scores above a bad one; ties count half. Nothing if one kind is missing."""
    scores, good = np.array([score for score, _ in pairs]), np.array([good for _, good in pairs], dtype=bool)
    if good.all() or not good.any():
        return None
    _, group, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(count) - (count - 1) / 2  # of ties, the mean rank
    positives = good.sum()
    above = ranks[group][good].sum() - positives * (positives + 1) / 2
    return round(float(above / (positives * (len(good) - positives))), 4)


def reliability(pairs: Scored, bins: int = 10) -> list[tuple[float, float, int]]:
    """For each tenth of the scores' range: the mean score, the share of good states, the number of states."""
    rows = []
    for index in range(bins):
        part = [(score, good) for score, good in pairs if min(int(score * bins), bins - 1) == index]
        if part:
            rows.append(
                (
                    round(sum(score for score, _ in part) / len(part), 3),
                    round(sum(good for _, good in part) / len(part), 3),
                    len(part),
                )
            )
    return rows
