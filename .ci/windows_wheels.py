"""List the Windows wheel of every locked package: `make lock` writes ``requirements/windows.csv``.

Reads on standard input a lock file in the form of PEP 751, and writes the names and fingerprints of the wheels that
64-bit Windows can install on the Python versions we support. The test compares them with ``requirements/core.txt``.
"""

from __future__ import annotations

import csv
import sys
import tomllib

from packaging.markers import Marker
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

VERSIONS = (11, 12, 13, 14)
SYSTEM = "win_amd64"


def fits(tag: Tag, minor: int) -> bool:
    """Whether a wheel of this tag installs on 64-bit Windows with CPython 3.``minor``."""
    if tag.platform not in (SYSTEM, "any"):
        return False
    if tag.abi == "abi3":
        return tag.interpreter.startswith("cp3") and int(tag.interpreter[3:]) <= minor
    return tag.interpreter in ("py3", "py2.py3", f"py3{minor}", f"cp3{minor}")


def wanted(package: dict[str, str], minor: int) -> bool:
    """Whether Windows with CPython 3.``minor`` needs a package."""
    version = f"3.{minor}"
    machine = {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "sys_platform": "win32",
        "platform_system": "Windows",
        "os_name": "nt",
    }
    return "marker" not in package or Marker(package["marker"]).evaluate(machine)


def main() -> None:
    """Write one line a package and Python version; stop where there is no wheel."""
    lock = tomllib.loads(sys.stdin.read())
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["package", "version", "python", "wheel", "sha256"])
    for package in lock["packages"]:
        wheels = {wheel["url"].rsplit("/", 1)[-1]: wheel["hashes"]["sha256"] for wheel in package.get("wheels", [])}
        for minor in (minor for minor in VERSIONS if wanted(package, minor)):
            fitting = [name for name in wheels if any(fits(tag, minor) for tag in parse_wheel_filename(name)[3])]
            if not fitting:
                sys.exit(f"{package['name']} {package['version']} 没有 Windows（Python 3.{minor}）可用的 wheel。")
            writer.writerow([package["name"], package["version"], f"3.{minor}", fitting[0], wheels[fitting[0]]])


if __name__ == "__main__":
    main()
