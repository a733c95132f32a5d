#!/usr/bin/env bash
# Make .venv from the lock file: pip brings uv, uv brings the rest, bytecode compiled once.
# The torch wheel: from the folder that pip's own configuration names, where it names one
# (hospital mirrors do); otherwise uv picks the build for this machine (CPU where there is no GPU).
set -euo pipefail
cd "$(dirname "$0")/.."

missing() { echo "radvigil: $1 is missing. Debian/Ubuntu: sudo apt-get install $2 · macOS: brew install $3" >&2; exit 1; }
command -v git >/dev/null || missing git git git
python=""
for candidate in "${PYTHON:-}" python3.11 python3; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && python="$candidate" && break
done
[ -n "$python" ] || missing "Python 3.11" "python3.11 python3.11-venv" python@3.11
"$python" -c 'import venv, ensurepip' 2>/dev/null || missing "Python's venv module" python3.11-venv python@3.11

"$python" -m venv --clear .venv
quiet=(--quiet --disable-pip-version-check)
.venv/bin/python -m pip install "${quiet[@]}" "$(grep -E '^uv==' requirements.txt)" 2> .venv/pip.log ||
    { cat .venv/pip.log >&2; exit 1; }
links="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-$(.venv/bin/python -m pip config get global.find-links 2>/dev/null || true)}}"
torch=(--torch-backend=auto)
if [ -n "$links" ]; then export UV_FIND_LINKS="$links"; torch=(); fi
# A PYTHONDONTWRITEBYTECODE in the environment would silently switch the compilation off,
# and every later start would take two to three times as long.
unset PYTHONDONTWRITEBYTECODE
export VIRTUAL_ENV="$PWD/.venv"
.venv/bin/uv pip install --quiet --compile-bytecode ${torch[@]+"${torch[@]}"} -r requirements.txt
.venv/bin/uv pip install --quiet --no-deps --editable .
touch .venv/.complete
