"""Running a cell over a sequence, in one direction or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.values.conversion import as_dtype, convert_to_tensor, dtype_name, shape_text
from torchscope._core.values.structures import flatten, is_nested, map_structure, pack
from torchscope.rnn.cell import (
    Cell,
    Output,
    State,
    call_step,
    check_next,
    hold,
    of_tensors,
    over_time,
)
from torchscope.rnn.wrappers import assert_like_rnncell

# Those of the cell that runs backward.
OutputBack = TypeVar("OutputBack")
StateBack = TypeVar("StateBack")


def dynamic_rnn(
    cell: Cell[Output, State],
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Output, State]:
    """Runs a cell over the steps of a sequence (tf.nn.dynamic_rnn).

    >>> import torch, torchscope as ts
    >>> outputs, state = ts.rnn.dynamic_rnn(
    ...     ts.rnn.BasicLSTMCell(4), torch.ones(2, 5, 3), [5, 2], dtype=torch.float32
    ... )
    >>> outputs.shape, state.h.shape
    (torch.Size([2, 5, 4]), torch.Size([2, 4]))
    >>> bool((outputs[1, 2:] == 0).all()), torch.equal(state.h[1], outputs[1, 1])
    (True, True)

    Args:
        cell: the cell.
        inputs: (B, T, ...), or (T, B, ...) with time_major; or a structure of such.
        sequence_length: the number of steps of each sequence, (B,). After them outputs are zero,
            and the state stays as it is. All have T steps by default, or where it says more.
        initial_state: the state at first, as the cell's `zero_state` makes it; zeros by default.
        dtype: the dtype of these zeros. It is needed where there is no initial_state.
        parallel_iterations: accepted for TF1 code; it has no effect.
        swap_memory: accepted for TF1 code; it has no effect.
        time_major: whether the steps are the first axis of inputs and outputs.
        scope: the name of the scope, or a VariableScope; 'rnn' by default.

    Returns:
        The outputs, shaped as the inputs, and the state after each sequence's last step.

    Raises:
        TypeError: `cell` is no cell, or the state has another structure or dtype than the cell's.
        ValueError: there is neither dtype nor initial_state, or shapes do not fit.
    """
    assert_like_rnncell("cell", cell)
    with variable_scope(scope or "rnn") as entered:
        leaves = [convert_to_tensor(each) for each in flatten(inputs)]
        for each in leaves:
            if each.ndim < 2:
                raise ValueError(
                    f"Input tensor should have rank >= 2. Received input of shape "
                    f"{shape_text(each.shape)} and rank {each.ndim}, in the scope '{entered.name}'."
                )
        if not time_major:
            leaves = [each.transpose(0, 1) for each in leaves]
        lengths = _lengths(
            sequence_length,
            "Argument sequence_length must be a vector of length batch_size.",
            entered.name,
        )
        batch = leaves[0].shape[1]
        if initial_state is None:
            state = _zeros(cell, dtype, batch, leaves[0].device)
        else:
            state = map_structure(lambda each: _tensor_at(leaves[0].device, each), initial_state)
        steps = _common_steps(leaves, entered.name)
        _check_batch(lengths, batch, entered.name)
        inputs = pack(inputs, leaves)
        if not steps:
            # The variables are made all the same.
            nothing = map_structure(lambda each: each.new_zeros(each.shape[1:]), inputs)
            output, _ = cell(nothing, state)
            outputs = map_structure(lambda each: each.new_zeros(0, *each.shape), output)
        else:
            past = None
            if lengths is not None:
                lengths = lengths.to(leaves[0].device)
                past = torch.arange(steps, device=lengths.device).unsqueeze(1) >= lengths
            # TF1 runs the steps in a loop, which has a name.
            with name_scope("while"):
                outputs, state = over_time(cell, inputs, state, past)
            if past is not None:
                outputs = map_structure(lambda each: zero_where(past, each), outputs)
        if not time_major:
            outputs = map_structure(lambda each: each.transpose(0, 1), outputs)
        return outputs, state


def zero_where(ended: Tensor, values: Tensor) -> Tensor:
    """The values (..., N), zeros where a sequence has ended, (...)."""
    condition = ended.reshape(*ended.shape, *(1,) * (values.ndim - ended.ndim))
    return torch.where(condition, values.new_zeros(()), values)


def _lengths(given: Any, refusal: str, scope: str) -> Tensor | None:
    """The sequence lengths, as integers."""
    if given is None:
        return None
    lengths = convert_to_tensor(given)
    if lengths.ndim != 1:
        raise ValueError(
            f"{refusal} Received sequence_length of shape: {shape_text(lengths.shape)}, in the "
            f"scope '{scope}'."
        )
    return lengths.to(torch.int32)


def _check_batch(lengths: Tensor | None, batch: int, scope: str) -> None:
    if lengths is not None and lengths.shape[0] != batch:
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {lengths.shape[0]} and {batch}. "
            f"Shapes are [{lengths.shape[0]}] and [{batch}]: the sequence lengths and the batch, "
            f"in the scope '{scope}'. Give one length for each row."
        )


def _common_steps(leaves: list[Tensor], scope: str) -> int:
    """The number of steps, where all inputs, (T, B, ...), agree about it."""
    for each in leaves:
        if each.ndim < 3:
            raise ValueError(
                f"Shape {shape_text(each.shape)} must have rank at least 3: steps, batch and "
                f"depth, as dynamic_rnn in the scope '{scope}' turns its inputs."
            )
    steps, batch = leaves[0].shape[:2]
    for each in leaves:
        if each.shape[0] != steps:
            raise ValueError(
                "Time steps is not the same for all the elements in the input in a batch. "
                f"Received {each.shape[0]} and {steps}, in the scope '{scope}'."
            )
        if each.shape[1] != batch:
            raise ValueError(
                "Batch_size is not the same for all the elements in the input. "
                f"Received {each.shape[1]} and {batch}, in the scope '{scope}'."
            )
    return steps


def _tensor_at(device: torch.device, given: Any) -> Tensor:
    """A tensor as it is; of anything else, a tensor on the device of the inputs."""
    return given if isinstance(given, Tensor) else convert_to_tensor(given).to(device)


def _tensor_of_array(given: Any) -> Any:
    return convert_to_tensor(given) if hasattr(given, "__array__") else given


def _zeros(cell: Any, dtype: Any, batch: int, device: torch.device) -> Any:
    """The state at first where none is given."""
    if not dtype:
        raise ValueError(
            "If no initial_state is provided, argument `dtype` must be specified: "
            "dynamic_rnn(cell, inputs, dtype=torch.float32)."
        )
    dtype = as_dtype(dtype)
    if getattr(cell, "get_initial_state", None) is not None:
        state = cell.get_initial_state(inputs=None, batch_size=batch, dtype=dtype)
    else:
        state = cell.zero_state(batch, dtype)
    return map_structure(lambda each: each.to(device), state)


def bidirectional_dynamic_rnn(
    cell_fw: Cell[Output, State],
    cell_bw: Cell[OutputBack, StateBack],
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[tuple[Output, OutputBack], tuple[State, StateBack]]:
    """Runs one cell from the first step on and another from the last (tf.nn.bidirectional_dynamic_rnn).

    >>> import torch, torchscope as ts
    >>> (forward, backward), states = ts.rnn.bidirectional_dynamic_rnn(
    ...     ts.rnn.GRUCell(4), ts.rnn.GRUCell(4), torch.ones(2, 5, 3), dtype=torch.float32
    ... )
    >>> torch.cat([forward, backward], 2).shape
    torch.Size([2, 5, 8])
    >>> ts.global_variables()[0].name, len(ts.global_variables())
    ('bidirectional_rnn/fw/gru_cell/gates/kernel:0', 8)

    Args:
        cell_fw: the cell that goes forward.
        cell_bw: the cell that goes backward, from the last step of each sequence.
        inputs: as in `dynamic_rnn`.
        sequence_length: as in `dynamic_rnn`; integers from 0 to T.
        initial_state_fw: the state of `cell_fw` at first.
        initial_state_bw: the state of `cell_bw` at first.
        dtype: as in `dynamic_rnn`.
        parallel_iterations: accepted for TF1 code; it has no effect.
        swap_memory: accepted for TF1 code; it has no effect.
        time_major: as in `dynamic_rnn`.
        scope: the name of the scope, or a VariableScope; 'bidirectional_rnn' by default.

    Returns:
        Two pairs: the outputs of both directions, each in the order of the inputs; their states.

    Raises:
        TypeError: what `dynamic_rnn` refuses; or lengths that are no integers.
        ValueError: what `dynamic_rnn` refuses; or a length is not from 0 to T, which a compiled
            graph cannot see.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    axis = 0 if time_major else 1
    with variable_scope(scope or "bidirectional_rnn") as entered:
        with variable_scope("fw") as fw:
            forward, state_fw = dynamic_rnn(
                cell_fw,
                inputs,
                sequence_length,
                initial_state_fw,
                dtype,
                time_major=time_major,
                scope=fw,
            )
        inputs = map_structure(convert_to_tensor, inputs)
        lengths = reversible(sequence_length, flatten(inputs)[0].shape[axis], entered.name)
        with variable_scope("bw") as bw:
            backward, state_bw = dynamic_rnn(
                cell_bw,
                map_structure(lambda each: reversed_steps(each, lengths, axis), inputs),
                sequence_length,
                initial_state_bw,
                dtype,
                time_major=time_major,
                scope=bw,
            )
        backward = map_structure(lambda each: reversed_steps(each, lengths, axis), backward)
        return (forward, backward), (state_fw, state_bw)


def reversible(given: Any, steps: int, scope: str) -> Tensor | None:
    """Sequence lengths by which a sequence can be reversed."""
    if given is None:
        return None
    lengths = convert_to_tensor(given)
    if not isinstance(given, Tensor) and (hasattr(given, "dtype") or not len(given)):
        # An array is read as integers, and a list of no numbers says of no dtype.
        lengths = lengths.to(torch.int64)
    elif lengths.dtype is torch.bool and not isinstance(given, Tensor):
        lengths = lengths.to(torch.int64)
    if lengths.dtype not in (torch.int32, torch.int64):
        raise TypeError(
            f"Value passed to parameter 'seq_lengths' has DataType {dtype_name(lengths.dtype)} not "
            f"in list of allowed values: int32, int64. It is the sequence_length of '{scope}'."
        )
    if not (lengths.is_meta or _is_fake(lengths)):
        for row, length in enumerate(lengths.tolist()):
            if length > steps or length < 0:
                wrong = f"> input.dims(1), {steps}" if length > steps else "< 0"
                raise ValueError(
                    f"seq_lens({row}) {wrong}: the sequence_length of '{scope}' says {length} "
                    f"steps for row {row}, and the inputs have {steps}. Cut the lengths: "
                    f"lengths.clamp(0, {steps})."
                )
    return lengths


def _is_fake(tensor: Tensor) -> bool:
    return isinstance(tensor, torch._subclasses.fake_tensor.FakeTensor)


def reversed_steps(values: Tensor, lengths: Tensor | None, axis: int) -> Tensor:
    """A sequence from its last step to its first, with what comes after the last in its place.

    Args:
        values: the steps along `axis`, 0 or 1, the batch along the other.
        lengths: the number of steps of each sequence, (B,); or None.
        axis: where the steps are.
    """
    if lengths is None:
        return values.flip(axis)
    steps = torch.arange(values.shape[axis], device=values.device)
    lengths = lengths.to(values.device)
    if axis == 0:
        steps, lengths = steps.unsqueeze(1), lengths.unsqueeze(0)
    else:
        steps, lengths = steps.unsqueeze(0), lengths.unsqueeze(1)
    source = torch.where(steps < lengths, lengths - 1 - steps, steps)
    source = source.reshape(*source.shape, *(1,) * (values.ndim - 2))
    return values.gather(axis, source.expand(values.shape))


def static_rnn(
    cell: Cell[Output, State],
    inputs: Sequence[Any],
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Output], State]:
    """Runs a cell over a list of steps (tf.nn.static_rnn).

    >>> import torch, torchscope as ts
    >>> steps = [torch.ones(2, 3)] * 5
    >>> outputs, state = ts.rnn.static_rnn(ts.rnn.GRUCell(4), steps, dtype=torch.float32)
    >>> len(outputs), torch.equal(outputs[-1], state)
    (5, True)

    Args:
        cell: the cell.
        inputs: a list of tensors (B, ...), or of structures of them, one for each step.
        initial_state: as in `dynamic_rnn`.
        dtype: as in `dynamic_rnn`.
        sequence_length: as in `dynamic_rnn`.
        scope: the name of the scope, or a VariableScope; 'rnn' by default.

    Returns:
        The list of outputs, and the state after each sequence's last step.

    Raises:
        TypeError: `inputs` is no list; or what `dynamic_rnn` refuses.
        ValueError: `inputs` is empty; or what `dynamic_rnn` refuses.
    """
    assert_like_rnncell("cell", cell)
    if not is_nested(inputs):
        raise TypeError(f"Argument `inputs` must be a sequence. Received: {inputs!r:.200}")
    if not inputs:
        raise ValueError("Argument `inputs` must not be empty.")
    with variable_scope(scope or "rnn") as entered:
        inputs = map_structure(_tensor_of_array, inputs)
        first = flatten(inputs)[0]
        batch = first.shape[0]
        for each in flatten(inputs):
            if each.shape[0] != batch:
                raise ValueError(
                    f"Dimensions {batch} and {each.shape[0]} are not compatible. They are the "
                    f"batches of two inputs of static_rnn in the scope '{entered.name}'."
                )
        if initial_state is None:
            state = _zeros(cell, dtype, batch, first.device)
        else:
            state = of_tensors(initial_state, first)
        refusal = f"Argument `sequence_length` must be a vector of length {batch}."
        lengths = _lengths(sequence_length, refusal, entered.name)
        _check_batch(lengths, batch, entered.name)
        outputs = []
        for time, given in enumerate(inputs):
            output, new_state = call_step(cell, given, state, entered, reuse=time > 0)
            if lengths is not None:
                check_next(cell, state, new_state)
                ended = time >= lengths.to(first.device)
                output = map_structure(lambda each, ended=ended: zero_where(ended, each), output)
                new_state = hold(ended, state, new_state)
            state = new_state
            outputs.append(output)
        return outputs, state


def static_bidirectional_rnn(
    cell_fw: Cell[Output, State],
    cell_bw: Cell[OutputBack, StateBack],
    inputs: Sequence[Any],
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], State, StateBack]:
    """`static_rnn` in both directions, with their outputs joined (tf.nn.static_bidirectional_rnn).

    >>> import torch, torchscope as ts
    >>> outputs, state_fw, state_bw = ts.rnn.static_bidirectional_rnn(
    ...     ts.rnn.GRUCell(4), ts.rnn.GRUCell(4), [torch.ones(2, 3)] * 5, dtype=torch.float32
    ... )
    >>> len(outputs), outputs[0].shape
    (5, torch.Size([2, 8]))

    Args:
        cell_fw: the cell that goes forward.
        cell_bw: the cell that goes backward, from the last step of each sequence.
        inputs: as in `static_rnn`.
        initial_state_fw: the state of `cell_fw` at first.
        initial_state_bw: the state of `cell_bw` at first.
        dtype: as in `dynamic_rnn`.
        sequence_length: as in `bidirectional_dynamic_rnn`.
        scope: the name of the scope, or a VariableScope; 'bidirectional_rnn' by default.

    Returns:
        The list of outputs, those of both cells side by side; and the two states.

    Raises:
        TypeError: what `static_rnn` refuses.
        ValueError: what `static_rnn` refuses; or a length is not from 0 to T.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    if not is_nested(inputs):
        raise TypeError(f"Argument `inputs` must be a sequence. Received: {inputs!r:.200}")
    if not inputs:
        raise ValueError("Argument `inputs` must not be empty.")
    inputs = map_structure(_tensor_of_array, inputs)
    with variable_scope(scope or "bidirectional_rnn") as entered:
        with variable_scope("fw") as fw:
            forward, state_fw = static_rnn(
                cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=fw
            )
        lengths = reversible(sequence_length, len(inputs), entered.name)
        with variable_scope("bw") as bw:
            backward, state_bw = static_rnn(
                cell_bw,
                _list_reversed(inputs, lengths),
                initial_state_bw,
                dtype,
                sequence_length,
                scope=bw,
            )
        backward = _list_reversed(backward, lengths)
        outputs = [
            map_structure(lambda a, b: torch.cat([a, b], 1), fw_out, bw_out)
            for fw_out, bw_out in zip(forward, backward, strict=True)
        ]
        return outputs, state_fw, state_bw


def _list_reversed(steps: Sequence[Any], lengths: Tensor | None) -> list[Any]:
    if lengths is None:
        return list(reversed(steps))
    joined = map_structure(lambda *each: torch.stack(each), steps[0], *steps[1:])
    turned = map_structure(lambda each: reversed_steps(each, lengths, 0), joined)
    return [map_structure(lambda each, time=time: each[time], turned) for time in range(len(steps))]
