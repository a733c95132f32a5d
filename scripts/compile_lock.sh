#!/usr/bin/env bash
# Compile requirements.txt, the lock of everything that .venv holds (product and developer tools).
# Versions already locked are kept unless UPGRADE=1. torch is locked as the CPU build resolves it
# (no CUDA packages), but without its local version tag: "+cpu" exists on no public index.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-$(python3 -m pip config get global.find-links 2>/dev/null || true)}}"
backend=(); [ -n "$UV_FIND_LINKS" ] || backend=(--torch-backend=cpu)
keep="$(mktemp)"; fresh="$(mktemp)"; trap 'rm -f "$keep" "$fresh"' EXIT
[ -n "${UPGRADE:-}" ] || grep -vE '^(torch|#)' "${CONSTRAINTS:-requirements.txt}" > "$keep"
.venv/bin/uv pip compile pyproject.toml --group dev --python-version 3.11 --quiet \
    --no-annotate --no-header -c "$keep" ${backend[@]+"${backend[@]}"} -o "$fresh" >/dev/null
if grep -qE '^(nvidia-|triton)' "$fresh"; then echo "compile_lock: CUDA packages in the lock" >&2; exit 1; fi
{ echo "# The lock of the environment, made by 'make lock'."; sed -E 's/^(torch==[0-9.]+)\+cpu$/\1/' "$fresh"; } > requirements.txt
