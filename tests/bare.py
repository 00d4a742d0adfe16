"""Environments in which Python finds torch, einops and what they bring, and nothing else that is installed here."""

import importlib.metadata
import re
import venv
from pathlib import Path

from packaging.requirements import Requirement


def closure(wanted):
    """The distributions that pip installs for some names, by those that are installed here."""
    found = {}
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in found:
            continue
        found[name] = importlib.metadata.distribution(name)
        for text in found[name].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                wanted.append(requirement.name)
    return found.values()


def environment(folder, *names):
    """An environment of its own that has these packages too, and what they need: its Python, and where packages are."""
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for distribution in closure(["torch", "einops", *names]):
        for top in {file.parts[0] for file in distribution.files if file.parts[0] != ".."}:
            source = Path(distribution.locate_file(top))
            if source.exists() and top != "__pycache__" and not (packages / top).exists():
                (packages / top).symlink_to(source)
    return folder / "bin" / "python", packages
