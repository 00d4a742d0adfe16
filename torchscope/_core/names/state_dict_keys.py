"""State_dict keys: which key a variable of a full name has, and which name a key stands for.

A full name such as ``model/conv1/weights`` is a path of components. PyTorch separates paths by
'.', and TF1 by '/', and each allows the other's separator inside a component: so the mapping
swaps the two characters and leaves everything else alone.

>>> key_of("model/conv1/weights")
'model.conv1.weights'
>>> key_of("model/v1.5/w")
'model.v1/5.w'
>>> name_of("model.v1/5.w")
'model/v1.5/w'

An attribute can be taken: by a method of the module ('forward'), or because several things share
one name. Then a ':' marks it, which no TF1 name can contain, so that ``name_of`` stays a function of
the key alone:

=============================================  =========  ================
what                                           attribute  marked attribute
=============================================  =========  ================
the scope ``a``                                ``a``      ``a:``
the variable ``a`` of get_variable             ``a``      ``a:0``
the variable ``a`` of tf.Variable              ``a``      ``a:1``
the variable of get_variable("") in ``a``      ``a``      ``a:2``
the scope in ``a//b`` whose name is empty      ``:``      ``::``
=============================================  =========  ================

A scope makes way to a variable of its name ('a' beside 'a/b' are the keys 'a' and 'a:.b'): so what is
kept beside a variable, an average of it or an optimizer's slot, leaves the variable its key.
Variables of one name are all marked. So whether an attribute is marked depends on the set of names in
the tree, never on which came first.
"""

from __future__ import annotations

SCOPE_MARK = ":"
GOT_MARK = ":0"
MADE_MARK = ":1"
OF_SCOPE_MARK = ":2"
VARIABLE_MARKS = (GOT_MARK, MADE_MARK, OF_SCOPE_MARK)

_SWAP = str.maketrans("./", "/.")


def attribute_of(component: str) -> str:
    """The attribute name of one component of a TF1 name.

    >>> attribute_of("v1.5"), attribute_of("")
    ('v1/5', ':')
    """
    if component and "." not in component:
        return component
    return component.translate(_SWAP) or SCOPE_MARK


def component_of(attribute: str) -> str:
    """The component that an attribute stands for: the inverse of `attribute_of`, marked or not.

    >>> component_of("v1/5"), component_of("forward:0"), component_of(":")
    ('v1.5', 'forward', '')
    """
    return attribute.partition(SCOPE_MARK)[0].translate(_SWAP)


def key_of(name: str) -> str:
    """The state_dict key of a full name where nothing is taken.

    >>> key_of("a//b")
    'a.:.b'
    """
    return ".".join(attribute_of(component) for component in name.split("/"))


def name_of(key: str) -> str:
    """The full name that a state_dict key stands for, marked or not.

    >>> name_of("forward:.a:0")
    'forward/a'
    """
    return "/".join(component_of(attribute) for attribute in key.split("."))


def path_of(requested: str) -> tuple[list[str], str]:
    """The scopes on the way to a variable, and its own component.

    What get_variable("") makes in a scope bears the scope's name, and lives beside the scope.

    >>> path_of("model/conv1/weights"), path_of("weights/Adam/")
    ((['model', 'conv1'], 'weights'), (['weights'], 'Adam'))
    """
    *path, leaf = requested.removesuffix("/").split("/")
    return path, leaf
