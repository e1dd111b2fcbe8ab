#!/bin/sh
# Compiles requirements.lock from pyproject.toml: every platform and Python of the project, with
# hashes and no registry's address. Pins stay where they are unless UPGRADE=1.
set -eu
cd "$(dirname "$0")/.."

uv=uv
if ! command -v uv >/dev/null; then
    [ -x .cache/locker/bin/uv ] || {
        "$(sh scripts/environment.sh --python)" -m venv .cache/locker
        PIP_CACHE_DIR="$PWD/.cache/pip" .cache/locker/bin/python -m pip install --quiet uv
    }
    uv=.cache/locker/bin/uv
fi
part=.cache/requirements.part
mkdir -p .cache
[ "${UPGRADE:-}" ] || cp requirements.lock "$part" 2>/dev/null || true
[ -z "${UPGRADE:-}" ] || rm -f "$part"
UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.cache/uv}" "$uv" pip compile pyproject.toml --all-extras \
    --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
    --quiet --output-file "$part"
{
    echo "# Compiled from pyproject.toml by make lock; not edited by hand."
    cat "$part"
} > "$part.whole"
rm -f "$part"
mv "$part.whole" requirements.lock
echo "requirements.lock: $(grep -c '^[A-Za-z0-9].*==' requirements.lock) pins"
