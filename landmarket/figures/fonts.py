"""A Chinese font for figures (图件字体), found among those installed and checked glyph by glyph."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from matplotlib.font_manager import FontPath, FontProperties, findSystemFonts, get_font
from matplotlib.ft2font import FT2Font

from landmarket.errors import FontError

SAMPLE = "禹州市集体建设用地（元/㎡）Ⅰ级"
"""What a font must be able to write."""

_TRUETYPE, _DRAWN = 42, 3
_VARIANTS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


@dataclass(frozen=True)
class FontCandidate:
    """One font that may be installed (备选字体).

    Attributes
    ----------
    family : str
        Name of the face.
    platform : str
        Where it is at home.
    files : tuple of str
        Names of its file, lower case.
    cure : str
        How to install it, in Chinese.
    """

    family: str
    platform: str
    files: tuple[str, ...]
    cure: str


def font_candidates() -> list[FontCandidate]:
    """List the fonts that are looked for (备选字体), best first.

    Returns
    -------
    list of FontCandidate
        From ``data/fonts.csv``.
    """
    text = files("landmarket.figures").joinpath("data/fonts.csv").read_text(encoding="utf-8-sig")
    return [
        FontCandidate(row["family"], row["platform"], tuple(row["files"].split("|")), row["cure"])
        for row in csv.DictReader(text.splitlines())
    ]


def chinese_font(path: Path | None = None) -> FontProperties:
    """Find a font that can write Chinese (中文字体), without touching any setting of matplotlib.

    Parameters
    ----------
    path : Path, optional
        A font file to use. Default: the first of `font_candidates` that is installed.

    Returns
    -------
    matplotlib.font_manager.FontProperties
        The file, and the face within it.

    Raises
    ------
    FontError
        If none is installed, or the named file is no font or lacks Chinese characters.

    Notes
    -----
    Of a collection (``.ttc``) the face for simplified Chinese is taken: the same character is drawn otherwise in the
    Japanese face, which comes first in some.
    """
    candidates = font_candidates()
    if path is not None:
        return FontProperties(fname=_named_face(path, [one.family for one in candidates]))
    installed = {Path(file).name.lower(): Path(file) for file in sorted(findSystemFonts(), reverse=True)}
    for one in candidates:
        for file in (installed[name] for name in one.files if name in installed):
            faces = [face for face, family in _faces(file) if family == one.family]
            if faces:
                return FontProperties(fname=faces[0])
    cures = dict.fromkeys(f"{one.platform}：{one.cure}" for one in candidates)
    raise FontError(
        f"没有找到能写中文的字体（需要“{SAMPLE}”各字）。办法：安装其中一种，{'；'.join(cures)}；"
        "或用 chinese_font(path=...) 指明字体文件。"
    )


def drawable(text: str, font: FontProperties) -> str:
    """Write a text with the characters that a font has, none as an empty box.

    Parameters
    ----------
    text : str
        Any text; ends of lines are kept.
    font : matplotlib.font_manager.FontProperties
        From `chinese_font`.

    Returns
    -------
    str
        Control characters are left out; a character the font lacks, such as a rare one in the name of a village, is
        written as its number, ``[U+20164]``.
    """
    face = get_font(_file(font))
    return "".join(_drawn(character, face) for character in text)


def has_cubic_outlines(font: FontProperties) -> bool:
    """Say whether the outlines of a font are PostScript ones (CFF 轮廓), which PDF embeds in another way.

    Parameters
    ----------
    font : matplotlib.font_manager.FontProperties
        Any font.

    Returns
    -------
    bool
        False for TrueType outlines.
    """
    table = get_font(_file(font)).get_sfnt_table("maxp")
    return table is None or table["version"] < (1, 0)


def pdf_font_type(fonts: Iterable[FontProperties]) -> int:
    """Choose how a PDF embeds fonts (字体嵌入方式): as TrueType, or drawn where one has PostScript outlines.

    Parameters
    ----------
    fonts : iterable of matplotlib.font_manager.FontProperties
        Fonts of the page.

    Returns
    -------
    int
        Value of matplotlib's ``pdf.fonttype``.
    """
    return _DRAWN if any(has_cubic_outlines(font) for font in fonts) else _TRUETYPE


def _file(font: FontProperties) -> str:
    file = font.get_file()
    if file is None:
        raise FontError("图中文字没有指明字体文件。办法：字体用 chinese_font() 取得。")
    return str(file) if not isinstance(file, FontPath) else file


def _drawn(character: str, face: FT2Font) -> str:
    if character == "\n":
        return character
    code, kind = ord(character), unicodedata.category(character)
    if kind in {"Cc", "Zl", "Zp"}:
        return " "
    if kind == "Cf" or any(code in variants for variants in _VARIANTS):
        return ""
    return character if face.get_char_index(code) else f"[U+{code:04X}]"


def _faces(file: Path) -> Iterator[tuple[FontPath, str]]:
    """Yield the faces of a file that can write the sample, and their families."""
    try:
        count = FT2Font(file).num_faces
        for at in range(count):
            face = FT2Font(file, face_index=at)
            if all(face.get_char_index(ord(character)) for character in SAMPLE):
                yield FontPath(str(file), at), face.family_name
    except (OSError, RuntimeError):
        return


def _named_face(path: Path, families: Sequence[str]) -> FontPath:
    if not path.is_file():
        raise FontError(f"{path}：没有这个字体文件。办法：核对路径。")
    faces = list(_faces(path))
    if not faces:
        raise FontError(f"{path}：不是字体文件，或缺少“{SAMPLE}”中的字。办法：换一个中文字体文件（.ttf、.ttc、.otf）。")
    return next((face for face, family in faces if family in families), faces[0][0])
