"""HParams: hyperparameters, each with a name, a value, and the type that its first value has."""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Mapping
from typing import Any

_ASSIGNMENT = re.compile(
    r"""
    \s* (?P<name>[a-zA-Z][\w.]*)        # a name,
    (?: \[ \s* (?P<index>\d+) \s* \] )? # or one place in a list,
    \s* = \s*
    (?: \[ (?P<many>[^\]]*) \]          # a list of values,
      | (?P<one>[^,\[]*) )              # or one,
    \s* (?: , | $ )                     # up to the next
    """,
    re.VERBOSE,
)
_TRUTHS = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}


class HParams:
    """Hyperparameters, as attributes (tf.contrib.training.HParams).

    >>> hparams = HParams(learning_rate=0.1, layers=[64, 32], decay=True)
    >>> hparams.parse("learning_rate=0.5,layers=[16,16,16]").learning_rate, hparams.layers
    (0.5, [16, 16, 16])
    >>> "decay" in hparams, hparams
    (True, HParams([('decay', True), ('layers', [16, 16, 16]), ('learning_rate', 0.5)]))

    Args:
        hparam_def: accepted for TF1 code, if it is None: there are no protocol buffers here.
        model_structure: something to keep with them.
        **kwargs: the hyperparameters. The value's type stays: of a list, that of its first element.

    Raises:
        ValueError: a name is that of a method, or a list is empty.
    """

    def __init__(self, hparam_def: Any = None, model_structure: Any = None, **kwargs: Any) -> None:
        if hparam_def is not None:
            raise ValueError(
                "HParams are not made of a protocol buffer here. Give the values by name."
            )
        self._types: dict[str, tuple[type, bool]] = {}
        self._model_structure = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    # Any: hyperparameters are of any type.
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"There is no hyperparameter {name!r}. Those that there are: "
            f"{', '.join(sorted(self.__dict__.get('_types', ())))}."
        )

    def add_hparam(self, name: str, value: Any) -> None:
        """Adds a hyperparameter.

        Raises:
            ValueError: there is one of that name, or a method; or the value is an empty list.
        """
        if hasattr(type(self), name) or name in self.__dict__:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        many = isinstance(value, list | tuple)
        if many and not value:
            raise ValueError(f"Multi-valued hyperparameters cannot be empty: {name}")
        self._types[name] = type(value[0]) if many else type(value), many
        setattr(self, name, value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Gives a hyperparameter another value, of its type.

        Raises:
            KeyError: there is none of that name.
            ValueError: it is of another type, a list in the place of one or one in that of a list.
        """
        kind, many = self._type_of(name)
        if isinstance(value, list | tuple):
            if not many:
                raise ValueError(f"Must not pass a list for single-valued parameter: {name}")
            setattr(self, name, [_cast(name, kind, each) for each in value])
            return
        if many:
            raise ValueError(f"Must pass a list for multi-valued parameter: {name}.")
        setattr(self, name, _cast(name, kind, value))

    def _type_of(self, name: str) -> tuple[type, bool]:
        if name not in self._types:
            raise KeyError(
                f"{name}: there is no such hyperparameter. Those that there are: "
                f"{', '.join(sorted(self._types))}."
            )
        return self._types[name]

    def del_hparam(self, name: str) -> None:
        """Removes a hyperparameter, if there is one of that name."""
        if self._types.pop(name, None) is not None:
            delattr(self, name)

    def parse(self, values: str) -> HParams:
        """Sets what a text says: ``"name=value,list=[1,2],list[0]=3"``.

        Raises:
            ValueError: a name is unknown, or a value is not of its type.
        """
        position = 0
        while position < len(values):
            found = _ASSIGNMENT.match(values, position)
            if found is None:
                raise ValueError(f"Malformed hyperparameter value: {values[position:]}")
            position = found.end()
            self._set_from_text(found, values)
        return self

    def _set_from_text(self, found: re.Match[str], values: str) -> None:
        name, index, one, many = found["name"], found["index"], found["one"], found["many"]
        if name not in self._types:
            raise ValueError(
                f"Unknown hyperparameter type for {name}. Those that there are: "
                f"{', '.join(sorted(self._types))}."
            )
        kind, is_list = self._types[name]
        if many is not None:
            parts = [part.strip() for part in many.split(",") if part.strip()]
            self.set_hparam(name, [_of_text(name, kind, part, values) for part in parts])
        elif index is None:
            self.set_hparam(name, _of_text(name, kind, one.strip(), values))
        elif not is_list:
            raise ValueError(f"{name} is no list, and has no place {index}: {values}")
        else:
            changed = list(getattr(self, name))
            if int(index) >= len(changed):
                raise ValueError(
                    f"{name} has {len(changed)} values, and no place {index}: {values}"
                )
            changed[int(index)] = _of_text(name, kind, one.strip(), values)
            setattr(self, name, changed)

    def override_from_dict(self, values_dict: Mapping[str, Any]) -> HParams:
        """Sets what a dictionary says.

        Raises:
            KeyError: there is none of that name.
            ValueError: a value is of another type.
        """
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def parse_json(self, values_json: str) -> HParams:
        """Sets what a text in JSON says."""
        return self.override_from_dict(json.loads(values_json))

    def to_json(self, indent: Any = None, separators: Any = None, sort_keys: bool = False) -> str:
        """The values as JSON, without those that are functions."""
        values = {name: value for name, value in self.values().items() if not callable(value)}
        return json.dumps(values, indent=indent, separators=separators, sort_keys=sort_keys)

    def values(self) -> dict[str, Any]:
        """The values by name."""
        return {name: getattr(self, name) for name in self._types}

    # Any: hyperparameters are of any type.
    def get(self, key: str, default: Any = None) -> Any:
        """The value of a hyperparameter, or `default` where there is none.

        Raises:
            ValueError: the default is of another type than the hyperparameter.
        """
        if key not in self._types:
            return default
        kind, many = self._types[key]
        if default is not None:
            of_default = default if isinstance(default, list | tuple) else [default]
            if many != isinstance(default, list | tuple):
                raise ValueError(
                    f"{key} is {'a' if many else 'no'} list, and the default {default!r}"
                )
            for each in of_default:
                _cast(key, kind, each)
        return getattr(self, key)

    # Any: what was given.
    def get_model_structure(self) -> Any:
        """What is kept with them."""
        return self._model_structure

    def set_model_structure(self, model_structure: Any) -> None:
        """Keeps something with them."""
        self._model_structure = model_structure

    def __contains__(self, key: str) -> bool:
        return key in self._types

    def __str__(self) -> str:
        return str(sorted(self.values().items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


def _cast(name: str, kind: type, value: Any) -> Any:
    """A value of the type that a hyperparameter has, where nothing is lost by it."""
    if kind is type(None) or (
        isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
    ):
        return value
    whole = issubclass(kind, int) and isinstance(value, numbers.Integral)
    number = issubclass(kind, float) and isinstance(value, numbers.Real)
    if isinstance(value, bool) or kind is bool or not (whole or number):
        raise ValueError(f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}")
    return kind(value)


def _of_text(name: str, kind: type, text: str, values: str) -> Any:
    """What a text says of a type."""
    try:
        if kind is bool:
            return _TRUTHS[text]
        return text if kind is type(None) else kind(text)
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            f"Could not parse hparam '{name}' of type '{kind.__name__}' with value '{text}' in {values}"
        ) from None
