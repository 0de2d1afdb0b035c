#!/bin/sh
# Make the Linux bundle, install it in an empty environment that reaches no network, and run the command from it.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" release/bundle.py linux "$work"
tar -xzf "$work"/landmarket-*-linux-offline.tar.gz -C "$work"
real=$("$python" -c 'import sys; print(sys._base_executable)')
if unshare -rn true 2>/dev/null; then
    alone="unshare -rn"
else # no name space of our own: whoever reaches for the network meets a closed door
    alone="env http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9"
fi
empty="env -i PATH=/usr/bin:/bin HOME=$work LANG=C.UTF-8 PYTHON=$real"
$empty $alone sh "$work"/landmarket-*-linux-offline/install.sh "$work/env"
$empty $alone "$work/env/bin/landmarket" price "$work"/env/lib/python3*/site-packages/landmarket/sample_data/yuzhou \
    >"$work/prices.csv" 2>"$work/notes.txt"
lines=$(wc -l <"$work/prices.csv")
if [ "$lines" -lt 2000 ]; then
    cat "$work/notes.txt" >&2
    echo "离线安装后计价只有 $lines 行。" >&2
    exit 1
fi
echo "离线安装包可用：计价 $lines 行"
