#!/bin/sh
# Makes .venv agree with requirements.lock; silent and quick when it already does.
# "--python" only prints the interpreter that would be used.
set -eu
cd "$(dirname "$0")/.."

# A name on PATH is not enough: version managers leave shims that only print an error,
# and some systems ship Python without ensurepip.
suits='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'

first_python() {
    found=""
    for name in ${PRRT_PYTHON:-python3.13 python3.12 python3.11 python3}; do
        case $name in */*) places=${name%/*} ;; *) places=$PATH ;; esac
        old_ifs=$IFS; IFS=:
        for folder in $places; do
            candidate=$folder/${name##*/}
            [ -x "$candidate" ] && [ ! -d "$candidate" ] || continue
            if "$candidate" -I -c "$suits" </dev/null >/dev/null 2>&1; then
                IFS=$old_ifs
                echo "$candidate"
                return 0
            fi
            found="$found $candidate"
        done
        IFS=$old_ifs
    done
    {
        echo "No usable Python was found."
        echo "  found:    ${found:-nothing named python3 on PATH}"
        echo "  expected: Python 3.11, 3.12 or 3.13 that runs and has venv and ensurepip"
        echo "  what to do: on Debian or Ubuntu install the package python3-venv, on macOS the"
        echo "  Homebrew formula python@3.13; or name one: make env PRRT_PYTHON=/path/to/python3.12"
    } >&2
    return 2
}

if [ "${1:-}" = "--python" ]; then
    first_python
    exit
fi

# The stamp is a copy of the lock and is written last: a build that was killed has none, and a
# lock that was only touched still equals it.
if cmp -s requirements.lock .venv/installed.lock && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi
python=$(first_python) || exit 2
exec "$python" -I scripts/environment.py
