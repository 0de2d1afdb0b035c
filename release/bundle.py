"""Make the bundles for machines that reach no package index (离线安装包): `make bundle`.

One archive for Linux and one for Windows, each with the wheel of landmarket, the wheels of all it needs as locked in
``requirements/core.txt``, an installer and a page that says how::

    python release/bundle.py              # both, into dist/
    python release/bundle.py linux DIR    # one of them, into a folder
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
LOCK = ROOT / "requirements" / "core.txt"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
INSTALLERS = {"linux": "install.sh", "windows": "install.bat"}
FORMATS = {"linux": "gztar", "windows": "zip"}


def pip(*arguments: str) -> None:
    """Run pip, and stop where it fails."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, "--quiet"]
    subprocess.run(command, check=True)  # noqa: S603


def collect(system: str, wheelhouse: Path) -> None:
    """Download the locked wheels: for this Python on Linux, for every supported one on Windows."""
    locked = ["download", "--no-deps", "--require-hashes", "--only-binary=:all:", "-r", str(LOCK)]
    if system == "linux":
        pip(*locked, "--dest", str(wheelhouse))
        return
    for python in PYTHONS:
        foreign = ["--platform", "win_amd64", "--implementation", "cp", "--python-version", python]
        pip(*locked, *foreign, "--dest", str(wheelhouse))


def bundle(system: str, out: Path) -> Path:
    """Put a bundle together and pack it; give the archive."""
    name = f"landmarket-{version('landmarket')}-{system}-offline"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / name
        wheelhouse = folder / "wheelhouse"
        wheelhouse.mkdir(parents=True)
        collect(system, wheelhouse)
        pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
        shutil.copyfile(LOCK, folder / "requirements.txt")
        shutil.copyfile(HERE / "read_me.txt", folder / "安装说明.txt")
        installer = shutil.copyfile(HERE / INSTALLERS[system], folder / INSTALLERS[system])
        installer.chmod(0o755)
        out.mkdir(parents=True, exist_ok=True)
        return Path(shutil.make_archive(str(out / name), FORMATS[system], root_dir=scratch, base_dir=name))


def main(arguments: list[str]) -> None:
    """Make the bundles asked for, and say where they are."""
    systems = [name for name in arguments if name in INSTALLERS] or list(INSTALLERS)
    folders = [Path(name) for name in arguments if name not in INSTALLERS] or [ROOT / "dist"]
    for system in systems:
        sys.stdout.write(f"{bundle(system, folders[0])}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
