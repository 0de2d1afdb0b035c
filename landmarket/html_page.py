"""The head every page shares, with its Content-Security-Policy; text made safe for HTML."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence


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


def written_page(title: str, *, head: str, body: str, scripts: Sequence[str] = (), pictures: str = "") -> str:
    """Write a whole page with its encoding and then its policy at the beginning of its head.

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
        '<html lang="zh-CN">\n<head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(title)}</title>\n"
        f"{head}</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    return page.encode("utf-8", "replace").decode("utf-8")


def _attribute(policy: str) -> str:
    """Keep the policy readable: its single quotes may stand in a double-quoted attribute."""
    return html.escape(policy, quote=False)
