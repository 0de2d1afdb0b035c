#!/bin/sh
# Make sure there is a Chromium and a Chinese font for the browser tests; say what is missing where that is impossible.
set -eu
found() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}
cjk() {
    command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh-cn family)" ]
}
if found && cjk; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-wqy-microhei fontconfig >/dev/null
fi
if found && cjk; then
    exit 0
fi
echo "缺少 Chromium 或中文字体，浏览器测试无法进行。请安装：chromium、fonts-wqy-microhei（或 Noto Sans CJK SC）。" >&2
exit 1
