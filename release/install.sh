#!/bin/sh
# Install landmarket from this folder, without a network: sh install.sh [folder of the environment]
set -eu
target=${1:-"$PWD/landmarket"}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
if ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "需要 Python 3.11 以上并带 venv（Debian、Ubuntu：python3-venv）。可用 PYTHON=… 指定。" >&2
    exit 1
fi
"$python" -m venv "$target"
"$target/bin/python" -m pip --disable-pip-version-check install --quiet --no-index --find-links "$here/wheelhouse" \
    --require-hashes -r "$here/requirements.txt"
"$target/bin/python" -m pip --disable-pip-version-check install --quiet --no-index --no-deps "$here"/landmarket-*.whl
"$target/bin/landmarket" --version
echo "已安装。试运行：$target/bin/landmarket demo"
