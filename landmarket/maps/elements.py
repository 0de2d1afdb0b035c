"""The parts a page is put together from, and its Content-Security-Policy.

Three rules keep text from a file from ever running as a script:

1. No text of a table passes through a template. branca compiles what an element renders *again* as a Jinja
   template, so ``{{7*7}}`` in a parcel's remark would be computed on the analyst's machine; the elements
   here give their text back as it is.
2. Text in HTML goes through :func:`escaped`, data are compressed and in Base64 (`landmarket.maps.payload`), and the
   page's own script only ever sets ``textContent``.
3. A page names the scripts it was built with by their SHA-256 and forbids everything else, so that a mistake in
   the first two rules still runs nothing and asks no other machine for anything.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from branca.element import Element, Figure

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


def escaped(text: object) -> str:
    """Make any text safe as the content or a quoted attribute of an HTML element.

    Parameters
    ----------
    text : object
        What to show; ``str()`` of it.

    Returns
    -------
    str
        The text with ``& < > " '`` as character references.

    Examples
    --------
    >>> escaped('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(str(text), quote=True)


def content_security_policy(scripts: Iterable[str], pictures: str = "") -> str:
    """Build the policy of a page that holds exactly these inline scripts.

    Parameters
    ----------
    scripts : iterable of str
        The text of each script, as it stands between its tags.
    pictures : str, default ""
        The one host that pictures may come from; none where empty.

    Returns
    -------
    str
        A policy that forbids everything but these scripts, inline styles, embedded pictures and those of the host.

    Examples
    --------
    The specification of Content Security Policy gives this script with its digest:

    >>> print(content_security_policy(["alert('Hello, world.');"]).split("; ")[1])
    script-src 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src {f'data: {pictures}'.strip()}; "
        "base-uri 'none'; form-action 'none'"
    )


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


def written_page(title: str, *, head: str, body: str, scripts: Sequence[str] = (), pictures: str = "") -> str:
    """Write a whole page with its policy as the first element of its head.

    Parameters
    ----------
    title : str
        Title, shown as written.
    head, body : str
        HTML of the two parts.
    scripts : sequence of str
        The scripts in them.
    pictures : str, default ""
        The one host that pictures may come from.

    Returns
    -------
    str
        The page; characters that UTF-8 cannot hold are replaced by ``?``.
    """
    policy = _attribute(content_security_policy(scripts, pictures))
    page = (
        "<!DOCTYPE html>\n"
        '<html lang="zh-CN">\n<head>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(title)}</title>\n"
        f"{head}</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    return page.encode("utf-8", "replace").decode("utf-8")


def _attribute(policy: str) -> str:
    """Keep the policy readable: its single quotes may stand in a double-quoted attribute."""
    return html.escape(policy, quote=False)
