"""The weights of TF1's recurrent cells, in the layout of torch's.

TF1 keeps one kernel for input and state together, (I + H, gates * H), and one bias. Torch keeps
weight_ih (gates * H, I), weight_hh (gates * H, H) and two biases, of which the second gets zeros.

| cell | gates in TensorFlow | in torch |
| --- | --- | --- |
| BasicLSTMCell, LSTMCell | i, j (the new value), f (before forget_bias), o | i, f, g, o |
| Keras' LSTM | i, f, c, o; kernel and recurrent_kernel apart | i, f, g, o |
| CudnnCompatibleGRUCell | r, u; the candidate's projections apart | r, z, n |
| Keras' GRU with reset_after | z, r, h; two biases | r, z, n |
| BasicRNNCell | one | one |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from torchscope.checkpoint.modules.saved_scopes import MissingError, SavedScope

KERNELS = ("kernel", "weights")
BIASES = ("bias", "biases")

GRU = (
    "A TF1 GRUCell cannot become a torch GRU: it applies the reset gate to the state before the "
    "product with the candidate's kernel, tanh(x W + (r * h) U), and torch after it, tanh(x W + "
    "r * (h U)). No weights make the two agree. Keep TF1's cell, written with get_variable; what can be "
    "converted is a CudnnCompatibleGRUCell, or Keras' GRU with reset_after=True."
)


class CannotConvertError(ValueError):
    """What a checkpoint has cannot be had in torch's module, with the reason."""


Cell = dict[str, Tensor]


def lstm(forget_bias: float = 1.0) -> Callable[[nn.Module, SavedScope], Cell]:
    """The rule for nn.LSTMCell and nn.LSTM.

    >>> import torch
    >>> from torchscope.checkpoint import lstm, restore_module
    >>> kernel, bias = torch.randn(3 + 2, 4 * 2), torch.zeros(4 * 2)
    >>> cell = torch.nn.LSTMCell(3, 2)
    >>> saved = {"lstm_cell/kernel": kernel, "lstm_cell/bias": bias}
    >>> _ = restore_module(cell, saved, "lstm_cell", rules={torch.nn.LSTMCell: lstm(0.5)})
    >>> cell.bias_ih.tolist()
    [0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0]

    Args:
        forget_bias: what the cell was made with; it is not in a checkpoint. TF1's default is 1.
    """

    def convert(scope: SavedScope, hidden: int) -> Cell:
        if any(f"w_{gate}_diag" in scope for gate in "fio"):
            raise CannotConvertError("An LSTMCell with peepholes has no equal in torch.")
        if "recurrent_kernel" in scope:
            # Keras folds its forget bias into the bias when it is made.
            weight_ih = scope.one("kernel").T
            return _cell(weight_ih, scope.one("recurrent_kernel").T, scope.get("bias"))
        kernel = scope.one(*KERNELS)
        bias = scope.get(*BIASES)
        order = [0, 2, 1, 3]
        whole = _gates(kernel.T, order)
        state = whole.shape[1] - _state_size(scope, hidden)
        if bias is None:
            raise MissingError(f"Key {scope.name}/bias not found in checkpoint")
        i, j, f, o = _split(bias, 4)
        cell = _cell(whole[:, :state], whole[:, state:], torch.cat([i, f + forget_bias, j, o]))
        projection = scope.get("projection/kernel")
        if projection is not None:
            cell["weight_hr"] = projection.T
        return cell

    def rule(module: nn.Module, scope: SavedScope) -> Cell:
        return _layers(module, scope, convert)

    return rule


def _state_size(scope: SavedScope, hidden: int) -> int:
    """How long the state is that a cell sees: its projection, if it has one."""
    projection = scope.get("projection/kernel")
    return hidden if projection is None else projection.shape[-1]


def gru(module: nn.Module, scope: SavedScope) -> Cell:
    """The rule for nn.GRUCell and nn.GRU: of the cells that compute as torch's does."""
    return _layers(module, scope, _gru_cell)


def _gru_cell(scope: SavedScope, hidden: int) -> Cell:
    if "recurrent_kernel" in scope:
        bias = scope.get("bias")
        if bias is None or bias.ndim != 2:
            raise CannotConvertError(GRU)
        ih, hh = scope.one("kernel").T, scope.one("recurrent_kernel").T
        order = [1, 0, 2]
        cell = {"weight_ih": _gates(ih, order), "weight_hh": _gates(hh, order)}
        cell["bias_ih"], cell["bias_hh"] = (_gates(each, order) for each in bias)
        return cell
    if "candidate/kernel" in scope:
        raise CannotConvertError(GRU)
    both = scope.one("gates/kernel").T
    size = both.shape[1] - hidden
    gates = scope.one("gates/bias")
    projections = (
        scope.inside("candidate/input_projection"),
        scope.inside("candidate/hidden_projection"),
    )
    of_input, of_state = (projection.one("kernel").T for projection in projections)
    bias_input, bias_state = (projection.one("bias") for projection in projections)
    return {
        "weight_ih": torch.cat([both[:, :size], of_input]),
        "weight_hh": torch.cat([both[:, size:], of_state]),
        "bias_ih": torch.cat([gates, bias_input]),
        "bias_hh": torch.cat([torch.zeros_like(gates), bias_state]),
    }


def rnn(module: nn.Module, scope: SavedScope) -> Cell:
    """The rule for nn.RNNCell and nn.RNN: BasicRNNCell."""

    def convert(scope: SavedScope, hidden: int) -> Cell:
        if "recurrent_kernel" in scope:
            ih, hh = scope.one("kernel").T, scope.one("recurrent_kernel").T
            return _cell(ih, hh, scope.get("bias"))
        whole = scope.one(*KERNELS).T
        size = whole.shape[1] - hidden
        return _cell(whole[:, :size], whole[:, size:], scope.one(*BIASES))

    return _layers(module, scope, convert)


def _split(value: Tensor, number: int) -> list[Tensor]:
    """The gates of a tensor, which are along its first axis."""
    if value.shape[0] % number:
        raise CannotConvertError(f"{value.shape[0]} columns are not {number} gates of one length.")
    return list(value.chunk(number))


def _gates(value: Tensor, order: list[int]) -> Tensor:
    """A tensor with its gates in another order."""
    gates = _split(value, len(order))
    return torch.cat([gates[index] for index in order])


def _cell(weight_ih: Tensor, weight_hh: Tensor, bias: Tensor | None) -> Cell:
    cell = {"weight_ih": weight_ih, "weight_hh": weight_hh}
    if bias is not None:
        cell |= {"bias_ih": bias, "bias_hh": torch.zeros_like(bias)}
    return cell


_CELLS = {"kernel", "weights"}
_NO_CELL = {"projection", "gates", "candidate", "input_projection", "hidden_projection"}


def _layers(
    module: Any, scope: SavedScope, convert: Callable[[SavedScope, int], Cell]
) -> dict[str, Tensor]:
    """The weights of a cell, or of each layer and direction of a whole network."""
    if isinstance(module, nn.RNNCellBase):
        cells = _cells_in(scope)
        if len(cells) != 1:
            raise _unclear(scope, cells, 1)
        return _without_biases(module.bias, convert(scope.inside(cells[0]), module.hidden_size))
    weights = {}
    for suffix, cell in _by_layer(module, scope).items():
        converted = convert(scope.inside(cell), module.hidden_size)
        for name, value in _without_biases(module.bias, converted).items():
            weights[name + suffix] = value
    return weights


def _without_biases(biases: bool, cell: Cell) -> Cell:
    """What a module without biases can hold; it must be all there is."""
    return cell if biases else {k: v for k, v in cell.items() if k != "bias_hh"}


def _cells_in(scope: SavedScope) -> list[str]:
    """The scopes of the cells, at any depth, relative to a scope."""
    cells: dict[str, None] = {}
    for name in scope:
        *path, leaf = name.split("/")
        if leaf not in _CELLS:
            continue
        while path and path[-1] in _NO_CELL:
            path.pop()
        cells["/".join(path)] = None
    return list(cells)


def _by_layer(module: Any, scope: SavedScope) -> dict[str, str]:
    """The scope of each layer's cell, by the suffix that torch gives to its weights."""
    cells = _cells_in(scope)
    directions = ("fw", "bw") if module.bidirectional else ("",)
    expected = module.num_layers * len(directions)
    found: dict[str, str] = {}
    for cell in cells:
        layer = re.search(r"(?:^|/)cell_(\d+)(?:/|$)", cell)
        number = int(layer[1]) if layer else 0
        direction = re.search(r"(?:^|/)(fw|bw|forward[^/]*|backward[^/]*)(?:/|$)", cell)
        back = direction is not None and direction[1].startswith("b")
        suffix = f"_l{number}" + ("_reverse" if back else "")
        if suffix in found or (direction is not None) != module.bidirectional:
            raise _unclear(scope, cells, expected)
        found[suffix] = cell
    wanted = {
        f"_l{number}{suffix}"
        for number in range(module.num_layers)
        for suffix in (("", "_reverse") if module.bidirectional else ("",))
    }
    if set(found) != wanted:
        raise _unclear(scope, cells, expected)
    return found


def _unclear(scope: SavedScope, cells: list[str], expected: int) -> CannotConvertError:
    under = ", ".join(scope.inside(cell).name or "the root" for cell in cells[:8]) or "none"
    return CannotConvertError(
        f"{expected} cells were looked for under {scope.name or 'the root'!r}, and found: {under}. Give "
        "the scope that has these alone; layers are told apart by cell_0, cell_1, directions by fw, bw."
    )
