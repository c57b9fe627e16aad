"""Muon for the hidden matrices, AdamW for embeddings, norms and heads, over float32 masters of bfloat16 weights.

Muon (Jordan et al., 2024) replaces each matrix's momentum by the nearest orthogonal matrix, which five Newton–Schulz
steps approximate.
"""

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonal(update: Tensor) -> Tensor:
    """Matrices of shape (count, rows, columns), each replaced by about its nearest orthogonal one."""
    a, b, c = COEFFICIENTS
    x = update.to(torch.bfloat16)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    for _ in range(5):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.transpose(1, 2) if tall else x).float()


class Optimizer:
    """Steps a model whose parameters are bfloat16 copies of float32 masters.

    Where queries and keys are not normed, Muon's steps of one size let their products grow until attention saturates,
    and the model stops learning (seen at a loss of 0.4): there they belong to AdamW, with weight decay.
    """

    def __init__(self, model: nn.Module, matrix_rate: float, other_rate: float, has_norms: bool) -> None:
        self.parameters = dict(model.named_parameters())
        self.masters = {name: value.detach().float().clone() for name, value in self.parameters.items()}
        free = (
            [] if has_norms else [name for name in self.parameters if name.endswith(("q_proj.weight", "k_proj.weight"))]
        )
        hidden = [name for name, value in self.parameters.items() if value.ndim == 2 and ".layers." in name]
        hidden = [name for name in hidden if name not in free]
        shapes = sorted({tuple(self.masters[name].shape) for name in hidden})
        self.groups = [[name for name in hidden if self.masters[name].shape == shape] for shape in shapes]
        device = next(iter(self.masters.values())).device
        self.momenta = [
            torch.zeros(len(group), *shape, device=device) for group, shape in zip(self.groups, shapes, strict=True)
        ]
        self.others = [name for name in self.parameters if name not in hidden]
        groups = [{"params": [self.masters[name] for name in self.others if name not in free], "weight_decay": 0}]
        if free:
            groups.append({"params": [self.masters[name] for name in free], "weight_decay": 0.1})
        self.adam = torch.optim.AdamW(groups, lr=other_rate, betas=(0.9, 0.95))
        self.matrix_rate, self.other_rate = matrix_rate, other_rate

    @torch.no_grad()
    def step(self, scale: float) -> float:
        """One step at a share of the full rates; AdamW's gradient is clipped to a norm of 1. Returns what it was."""
        gradients = {name: value.grad.float() for name, value in self.parameters.items()}
        norm = torch.stack([gradient.square().sum() for gradient in gradients.values()]).sum().sqrt()
        clip = (1 / norm).clamp(max=1)
        for name in self.others:
            self.masters[name].grad = gradients[name] * clip
        for group in self.adam.param_groups:
            group["lr"] = self.other_rate * scale
        self.adam.step()
        for names, momentum in zip(self.groups, self.momenta, strict=True):
            gradient = torch.stack([gradients[name] for name in names])
            momentum.mul_(0.95).add_(gradient)
            update = orthogonal(gradient + 0.95 * momentum)
            rate = self.matrix_rate * scale * max(1, update.shape[1] / update.shape[2]) ** 0.5
            for name, direction in zip(names, update, strict=True):
                self.masters[name].sub_(direction, alpha=rate)
        for name, value in self.parameters.items():
            value.copy_(self.masters[name])
            value.grad = None
        return norm.item()

    def state(self) -> dict:
        return {"masters": self.masters, "momenta": self.momenta, "adam": self.adam.state_dict()}

    @torch.no_grad()
    def restore(self, state: dict) -> None:
        """Continues from what `state` returned."""
        for name, value in state["masters"].items():
            self.masters[name].copy_(value)
            self.parameters[name].copy_(value)
        for own, saved in zip(self.momenta, state["momenta"], strict=True):
            own.copy_(saved)
        self.adam.load_state_dict(state["adam"])
