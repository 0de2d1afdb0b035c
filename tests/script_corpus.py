"""Texts that try to become something else: script, style, markup, template, formula; all of our own writing."""

from __future__ import annotations

SCRIPTS = (
    # elements
    "<script>document.title='run'</script>",
    "</script><script>document.title='run'</script>",
    "<SCRIPT >document.title='run'</SCRIPT\t>",
    "<scr<script>ipt>document.title='run'</scr</script>ipt>",
    "<!--<script>",
    "--><script>document.title='run'</script>",
    "<![CDATA[<script>document.title='run'</script>]]>",
    "]]><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</noscript><script>alert(1)</script>",
    "</td></tr></table><script>alert(1)</script>",
    "<img src=x onerror=document.title='run'>",
    "<img src=`x` onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    '"><iframe src=javascript:alert(1)>',
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<base href=https://example.invalid/>",
    "<meta http-equiv=refresh content=0;url=https://example.invalid>",
    "<link rel=stylesheet href=https://example.invalid/x.css>",
    "<style>*{display:none}</style>",
    "<style>@import 'https://example.invalid/x.css';</style>",
    "<b style=background:url(https://example.invalid/x.png)>x</b>",
    "<template><script>alert(1)</script></template>",
    # attributes
    "' onmouseover='alert(1)' x='",
    '" onmouseover="alert(1)" x="',
    "` onmouseover=alert(1) x=`",
    "javascript:alert(1)",
    "JaVaScRiPt&colon;alert(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    # scripts, strings and templates
    "${alert(1)}",
    "`;alert(1);`",
    "'-alert(1)-'",
    '";alert(1);//',
    "\\';alert(1);//",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\\x3cimg src=x onerror=alert(1)\\x3e",
    "{{7*7}}",
    "{{constructor.constructor('alert(1)')()}}",
    "{{ ''.__class__.__mro__ }}",
    "{% raw %}{{ config }}",
    "{#x",
    "<%= 7*7 %>",
    "#{7*7}",
    "$$\\alpha$$",
    "\\",
    "__proto__",
    "constructor",
    # entities
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3c;img src=x onerror=alert(1)&#x3e;",
    "&amp;lt;b&amp;gt;",
    "&notanentity;&",
    # characters that hide, turn or break
    "\u202egnp.exe",
    "\u2066a\u2069\u200f甲",
    "a\u200bb\u200cc\u200dd\ufeffe",
    "a\u2028alert(1)\u2029b",
    "e\u0301\u0301\u0301\u0301",
    "\U0001f468\u200d\U0001f33e\ufe0f",
    "\ue000\uffff",
)  # fmt: skip

FORMULAS = (
    "=1+1", "=HYPERLINK(\"https://example.invalid\",\"x\")", "=cmd|'/c calc'!A1", "+1+1", "+86-0374-1234567", "-1+1",
    "-甲", "@SUM(A1)", "@甲", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "＝1+1", "＋1", "－1", "＠甲", "'=1+1", "%0A=1+1",
    "=WEBSERVICE(\"https://example.invalid\")", "=DDE(\"a\";\"b\";\"c\")", "|calc", "{=1+1}", ";=1+1", "\"=1+1\"",
)  # fmt: skip
"""Texts that a spreadsheet might take for a formula."""


def told(text: str) -> str:
    """Text as a browser gives it back from a line: white space folded."""
    return " ".join(text.split())
