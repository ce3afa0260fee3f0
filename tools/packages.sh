#!/bin/sh
# Installs the Debian or Ubuntu packages of the programs that are missing: as root, through sudo, or by
# printing the line and stopping. Arguments: PROGRAM=PACKAGE [PACKAGE ...]
set -eu

have() {
    case "$1" in
        libclang) ls /usr/lib/llvm-*/lib/libclang.so* /usr/lib/llvm-*/lib/libclang-*.so* /usr/lib/*/libclang*.so* 2>/dev/null | grep -qv libclang-cpp ;;
        postgres) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing=
for pair in "$@"; do
    program=${pair%%=*}
    have "$program" || missing="$missing ${pair#*=}"
done
[ -n "$missing" ] || exit 0

# Ubuntu names the packages of its own clang version; take the newest that is there.
if echo "$missing" | grep -q libclang1-14 && ! apt-cache show libclang1-14 >/dev/null 2>&1; then
    newest=$(apt-cache search --names-only '^libclang1-[0-9]+$' 2>/dev/null | sed -E 's/libclang1-([0-9]+).*/\1/' | sort -n | tail -1)
    [ -z "$newest" ] || missing=$(echo "$missing" | sed "s/libclang1-14/libclang1-$newest/; s/libclang-common-14-dev/libclang-common-$newest-dev/")
fi

line="apt-get update && apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
    run="sh -c"
elif command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    run="sudo sh -c"
else
    echo "These packages are missing and can't be installed without root. Run, then try again:" >&2
    echo "    sudo sh -c '$line'" >&2
    exit 1
fi
echo "installing:$missing" >&2
DEBIAN_FRONTEND=noninteractive $run "$line" >&2
