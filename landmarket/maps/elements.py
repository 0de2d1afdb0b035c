"""The parts a map's page is put together from.

Three rules keep text from a file from ever running as a script:

1. No text of a table passes through a template. branca compiles what an element renders *again* as a Jinja
   template, so ``{{7*7}}`` in a parcel's remark would be computed on the analyst's machine; the elements
   here give their text back as it is.
2. Text in HTML goes through `landmarket.html_page.escaped`, data are compressed and in Base64
   (`landmarket.maps.payload`), and the page's own script only ever sets ``textContent``.
3. A page names the scripts it was built with by their SHA-256 and forbids everything else, so that a mistake in
   the first two rules still runs nothing and asks no other machine for anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from branca.element import Element, Figure

from landmarket.html_page import written_page

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


class Verbatim(Element):
    """A piece of HTML that is given back as it is, never compiled as a template.

    Parameters
    ----------
    text : str
        The HTML.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text

    def render(self, **kwargs: object) -> str:
        """Give the HTML.

        Parameters
        ----------
        **kwargs : object
            Ignored.

        Returns
        -------
        str
            The text as given.
        """
        return self.text


class Style(Verbatim):
    """A style sheet in the page.

    Parameters
    ----------
    css : str
        The rules.
    """

    def __init__(self, css: str) -> None:
        super().__init__(f"<style>\n{css}</style>\n")


class Script(Verbatim):
    """A script in the page that the page's policy lets run.

    Parameters
    ----------
    code : str
        JavaScript of this package or of a library; never text from a table.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"<script>{code}</script>\n")
        self.code = code


class Page(Figure):
    """A page that opens with its own Content-Security-Policy.

    Only :class:`Script` elements of the header and the script that folium assembles are named in the policy:
    a script that came into the page in any other way does not run.

    Parameters
    ----------
    title : str
        Title of the page, shown as written.
    height : str
        Height in a notebook.
    """

    def __init__(self, title: str, height: str = "640px") -> None:
        super().__init__(height=height)
        self.page_title = title
        self.picture_host = ""
        self.header = Element()
        self.header._parent = self

    def render(self, **kwargs: object) -> str:
        """Write the page.

        Parameters
        ----------
        **kwargs : object
            Passed to the elements of the page.

        Returns
        -------
        str
            HTML with nothing in it that points to another place.
        """
        for child in self._children.values():
            child.render(**kwargs)
        script = "\n" + self.script.render(**kwargs) + "\n"
        scripts = [child.code for child in self.header._children.values() if isinstance(child, Script)]
        return written_page(
            self.page_title,
            head=self.header.render(**kwargs),
            body=f"{self.html.render(**kwargs)}\n<script>{script}</script>",
            scripts=[*scripts, script],
            pictures=self.picture_host,
        )
