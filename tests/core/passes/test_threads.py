"""Threads: one net from many at once, many nets at once, and nothing that gets mixed up."""

import threading

import pytest
import torch
from nets import Siamese, pairs
from torch._dynamo.testing import CompileCounter

import torchscope as ts

THREADS = 8


def together(work):
    """What `work` gives for 0, 1, ... 7, each called in a thread of its own, all at once."""
    start, results, failures = threading.Barrier(THREADS), {}, []

    def run(number):
        try:
            start.wait(30)
            results[number] = work(number)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            failures.append(error)

    threads = [threading.Thread(target=run, args=(n,), name=f"worker-{n}") for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    return [results[number] for number in range(THREADS)]


@pytest.mark.parametrize("ran", [True, False], ids=["after_a_pass", "first_pass"])
def test_one_net_gives_each_thread_what_it_gives_alone(ran):
    net = Siamese()
    if ran:
        net(*pairs())
    outputs = together(lambda number: [net(*pairs(number))[0] for _ in range(10)])
    keys = [f"model.conv{n}.{name}" for n in (1, 2) for name in ("weights", "biases")]
    assert list(net.state_dict()) == keys
    for number, each in enumerate(outputs):
        expected = net(*pairs(number))[0]
        assert all(torch.equal(output, expected) for output in each)


def test_threads_that_race_for_the_first_pass_lay_its_kernels_out_once():
    # Laying a kernel out must not wait for a thread that uses it, nor that for Python's lock.
    for _ in range(150):
        net = Siamese()
        together(lambda number, net=net: net(*pairs(number)))
        kernels = [kernel for kernel in net.parameters() if kernel.ndim == 4]
        assert all(kernel.permute(3, 0, 1, 2).is_contiguous() for kernel in kernels)


def test_threads_that_race_for_the_first_pass_get_the_same_variables():
    def model():
        with ts.variable_scope("deep"):
            made = [ts.get_variable(f"v{n}", [2, 3]) for n in range(20)]
            return [*made, ts.Variable(1.0), ts.get_local_variable("n", [], torch.int32)]

    net = ts.ScopedModule(model)
    first, *others = together(lambda _: net())
    assert all(a is b for other in others for a, b in zip(first, other, strict=True))
    assert [v.name for v in first] == [v.name for v in net()]
    assert len(list(net.parameters())) == 21


def test_different_nets_at_once():
    nets = [Siamese() for _ in range(THREADS)]
    outputs = together(lambda number: nets[number](*pairs()))
    for net, output in zip(nets, outputs, strict=True):
        assert len(list(net.parameters())) == 4
        torch.testing.assert_close(net(*pairs()), output)
    assert len({parameter for net in nets for parameter in net.parameters()}) == 4 * THREADS


def test_scopes_and_collections_of_threads_do_not_mix():
    meet = threading.Barrier(THREADS)

    def model(number):
        with ts.variable_scope(f"scope{number}", reuse=ts.AUTO_REUSE), ts.name_scope("n"):
            w = ts.get_variable("w", [1])
            ts.add_to_collection("numbers", number)
            meet.wait(30)
            inside = ts.get_variable_scope().name, ts.get_collection("numbers")
            meet.wait(30)
            return w.name, *inside, ts.Variable(1.0, name="v").name

    net = ts.ScopedModule(model)
    for _ in range(2):
        for number, found in enumerate(together(net)):
            name = f"scope{number}"
            assert found == (f"{name}/w:0", name, [number], f"{name}/n/v:0")


def test_an_error_in_one_thread_leaves_the_others_alone():
    def model(number):
        for _ in range(2 if number == 3 else 1):
            ts.get_variable("w", [1])
        return number

    net = ts.ScopedModule(model)
    net(0)

    def work(number):
        if number != 3:
            return [net(number) for _ in range(20)]
        for _ in range(20):
            with pytest.raises(ValueError, match="Variable w already exists"):
                net(number)
        return []

    assert together(work)[4] == [4] * 20


def test_a_compiled_net_runs_in_all_threads():
    net, count = Siamese(), CompileCounter()
    expected = [net(*pairs(number))[0] for number in range(THREADS)]
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend=count)
    compiled(*pairs())
    # Threads that find nothing compiled would each compile it. To be in no pass yet is, to the
    # compiler, another thing than to be in none any more, so the first thread compiles once more.
    thread = threading.Thread(target=compiled, args=pairs())
    thread.start()
    thread.join()
    outputs = together(lambda number: [compiled(*pairs(number))[0] for _ in range(5)])
    for each, alone in zip(outputs, expected, strict=True):
        for output in each:
            torch.testing.assert_close(output, alone)
    assert count.frame_count <= 2
