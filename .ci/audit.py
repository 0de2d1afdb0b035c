"""Known vulnerabilities of the locked packages, as pip-audit finds them.

A found one fails. Where nothing can be asked, as on a machine without internet, that is said, and does not fail: the
check is for whoever has a network. Packages that could not be looked up are counted, never silent.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements/core.txt", "requirements/test.txt", "requirements/hunt.txt")
NO_NETWORK = ("ConnectionError", "Failed to establish", "Name or service", "timed out", "ProxyError", "getaddrinfo")


def installed(folder: Path) -> Path | None:
    """pip-audit in an environment of its own: the locked one stays as it is locked."""
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], check=False)  # noqa: S603
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "pip-audit"]
    if made.returncode or subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode:  # noqa: S603
        return None
    return python


def audited(python: Path, lock: Path) -> list[dict[str, object]] | None:
    """What is known of each package of a lock; None where nothing could be asked."""
    command = [str(python), "-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner"]
    done = subprocess.run([*command, "off", "-r", str(lock)], check=False, capture_output=True, text=True)  # noqa: S603
    try:
        found: list[dict[str, object]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        if any(sign in done.stderr for sign in NO_NETWORK):
            return None
        raise SystemExit(f"{lock}: pip-audit failed\n{done.stderr[-2000:]}") from None
    return found


def main() -> int:
    """Say what was found, lock by lock; 1 where a package has a known vulnerability."""
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        python = installed(Path(folder) / "audit")
        for name in LOCKS:
            packages = None if python is None else audited(python, ROOT / name)
            if packages is None:
                sys.stdout.write(f"{name}: not audited, pip-audit or its database cannot be reached\n")
                continue
            skipped = [str(one["name"]) for one in packages if "skip_reason" in one]
            bad = [one for one in packages if one.get("vulns")]
            sys.stdout.write(
                f"{name}: {len(packages) - len(skipped)} packages audited, {len(skipped)} not found there\n"
            )
            for one in bad:
                sys.stdout.write(
                    f"  {one['name']} {one['version']}: {json.dumps(one['vulns'], ensure_ascii=False)[:500]}\n"
                )
            failed |= bool(bad)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
