"""Custom getters that give something else than the variable, and templates across passes."""

import torch

import torchscope as ts


def test_a_quantised_weight_keeps_its_gradient():
    def quantised(getter, *args, **kwargs):
        v = getter(*args, **kwargs)
        return v + (v.round() - v).detach()

    def model(x):
        with ts.variable_scope("fc", custom_getter=quantised):
            return x * ts.get_variable("w", [2], initializer=ts.constant_initializer([0.6, 1.7]))

    net = ts.ScopedModule(model)
    output = net(torch.ones(2))
    output.sum().backward()
    assert output.tolist() == [1.0, 2.0]
    assert net.fc.w.grad.tolist() == [1.0, 1.0]


def test_an_averaged_copy_takes_the_place_of_the_weight():
    def averaged(getter, name, *args, **kwargs):
        v = getter(name, *args, **kwargs)
        shadow = getter(f"{name}/average", *args, **{**kwargs, "trainable": False})
        return v if training else shadow.assign(0.5 * shadow + 0.5 * v)

    def model(x):
        with ts.variable_scope("fc", custom_getter=averaged):
            return x * ts.get_variable("w", [1], initializer=ts.ones_initializer())

    net, training = ts.ScopedModule(model), True
    net(torch.ones(1)).backward()
    net.fc.w.assign([3.0])
    training = False
    assert net(torch.ones(1)).tolist() == [2.0]
    assert net(torch.ones(1)).tolist() == [2.5]
    assert list(net.state_dict()) == ["fc.w", "fc.w:.average"]
    assert [p.requires_grad for p in net.parameters()] == [True, False]


def test_a_template_made_outside_shares_within_each_net_that_calls_it():
    layer = ts.make_template("layer", lambda: ts.get_variable("w", [1]))
    top = layer()

    def model():
        with ts.variable_scope("m"):
            return layer(), layer()

    one, other = ts.ScopedModule(model), ts.ScopedModule(model)
    for net in (one, other, one):
        first, second = net()
        assert first is second is net.m.layer.w
    assert one.m.layer.w is not other.m.layer.w
    assert layer() is top
    assert list(ts.get_default_registry().variables) == ["layer/w"]
