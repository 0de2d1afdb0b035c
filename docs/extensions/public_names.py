"""The reference of a module from its docstrings: everything in ``__all__``, or everything it defines."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from importlib import import_module
from types import ModuleType

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def public_names(module: ModuleType) -> list[str]:
    """Names a module offers, classes before functions, each in alphabetical order.

    Parameters
    ----------
    module : module
        The module.

    Returns
    -------
    list of str
        Its ``__all__``, else the public functions and classes it defines itself.
    """
    own = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    named = [name for name in getattr(module, "__all__", own) if callable(getattr(module, name))]
    return sorted(named, key=lambda name: (not inspect.isclass(getattr(module, name)), name))


def _members(kind: type) -> list[str]:
    """Methods and properties a class defines itself and documents; its fields stand in its docstring."""
    shown = (property, cached_property, classmethod, staticmethod)
    return [
        name
        for name, value in vars(kind).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, shown)) and value.__doc__
    ]


def _directive(module: str, name: str, value: object) -> Iterator[str]:
    if not inspect.isclass(value):
        yield from (f".. autofunction:: {module}.{name}", "")
        return
    yield f".. autoclass:: {module}.{name}"
    if issubclass(value, Enum):
        yield from ("   :members:", "   :undoc-members:")
    elif _members(value):
        yield f"   :members: {', '.join(_members(value))}"
    yield ""


class PublicNames(SphinxDirective):
    """``public-names``: the reference of one module; what an earlier module of the page has is only named."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write autodoc directives and let Sphinx read them."""
        name = self.arguments[0]
        module = import_module(name)
        seen: dict[int, str] = self.env.temp_data.setdefault("public_names", {})
        lines: list[str] = []
        elsewhere: list[str] = []
        for public in public_names(module):
            value = getattr(module, public)
            if id(value) in seen:
                elsewhere.append(f"`{seen[id(value)]}`")
            else:
                seen[id(value)] = f"{name}.{public}"
                lines += _directive(name, public, value)
        if elsewhere:
            lines = [f"另见：{'、'.join(elsewhere)}。", "", *lines]
        return self.parse_text_to_nodes("\n".join(lines)) if lines else []


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("public-names", PublicNames)
    return {"parallel_read_safe": True}
