"""Settings of the documentation (文档); built by `make docs`, without a network."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "landmarket"
author = "landmarket contributors"
version = release = version_of("landmarket")
language = "zh_CN"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "numpydoc",
    "chinese_lines",
    "data_tables",
    "formulas",
    "public_names",
]
exclude_patterns = ["_build", "extensions", "accuracy.ipynb"]
default_role = "py:obj"
primary_domain = "py"

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

nb_execution_mode = "off"  # the notebooks come here with what they gave
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # widgets would be fetched from elsewhere

autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "alabaster"
html_title = "landmarket 文档"
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "description": "农村集体经营性建设用地：入市、地价、交易、收益分配、乡镇地图",
    "fixed_sidebar": True,
    "page_width": "1200px",
    "sidebar_width": "260px",
    "font_family": "'Noto Sans CJK SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif",
    "head_font_family": "'Noto Sans CJK SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif",
}
