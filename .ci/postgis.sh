#!/bin/sh
# Make sure there is a PostgreSQL with PostGIS for the tests; say what is missing where that is impossible.
set -eu
found() {
    for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null) $(dirname "$(command -v initdb 2>/dev/null || echo /none/x)"); do
        [ -x "$folder/initdb" ] || continue
        shared=$("$folder/pg_config" --sharedir 2>/dev/null || echo "/usr/share/postgresql/$(basename "$(dirname "$folder")")")
        [ -f "$shared/extension/postgis.control" ] && return 0
    done
    return 1
}
if found; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql postgresql-postgis >/dev/null
fi
if found; then
    exit 0
fi
echo "缺少 PostgreSQL 或 PostGIS，数据库测试无法进行。请安装：postgresql、postgresql-postgis（或 postgresql-15-postgis-3）。" >&2
exit 1
