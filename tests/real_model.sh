#!/usr/bin/env bash
# Runs examples against a real model: whatever OPENAI_BASE_URL points at, or a small model that the scripts in
# MODEL_TOOLS (get-model.sh, start-model.sh) fetch and start on loopback. Not part of .ci/run: it needs minutes.
#
#   MODEL_TOOLS=../shared/tools tests/real_model.sh            # fetches and starts qwen1.5b, once about 12 minutes
#   OPENAI_BASE_URL=http://127.0.0.1:8080/v1 MODEL=name tests/real_model.sh
set -euo pipefail
cd "$(dirname "$0")/.."
MODEL=${MODEL:-qwen1.5b}
if [ -z "${OPENAI_BASE_URL:-}" ]; then
  : "${MODEL_TOOLS:?set OPENAI_BASE_URL to a running server, or MODEL_TOOLS to the folder with get-model.sh}"
  bash "$MODEL_TOOLS/get-model.sh" "$MODEL" server
  started=$(bash "$MODEL_TOOLS/start-model.sh" "$MODEL" 8187)
  OPENAI_BASE_URL=${started%% (*}
  OPENAI_BASE_URL=${OPENAI_BASE_URL#already running: }
  stop() { kill "$(cat "${AGENTRUN_MODELS:-$HOME/.cache/agentrun-models}/run/8187.pid")" 2>/dev/null || true; }
  trap stop EXIT
fi
export OPENAI_BASE_URL
cargo build --release --locked --quiet
passed=0 failed=0
try() { # name, what must be true of the JSON result (python), arguments…
  local name=$1 test=$2 out; shift 2
  echo "== $name"
  if out=$(target/release/agentrun "$@" --model "openai/$MODEL") && printf '%s' "$out" | python3 -c "$test"; then
    printf '%s\n' "$out"; passed=$((passed + 1))
  else
    printf '%s\n' "$out"; echo "-- $name FAILED"; failed=$((failed + 1))
  fi
}
try hello 'import sys; assert len(sys.stdin.read().strip()) > 20' examples/01_hello
try extract 'import sys, json; r = json.load(sys.stdin); assert r.get("reason") or (len(r["lines"]) == 2 and r["total"]["amount"] == 57), r' \
  examples/02_extract < examples/02_extract/invoice.txt
record=$(mktemp -d)/planner.jsonl
try planner 'import sys, json; r = json.load(sys.stdin); assert isinstance(r["answer"], str) and isinstance(r["files"], list), r' \
  examples/04_planner --record "$record"
# An answer of the right type may be made up; that the notes were read may not.
if grep -q '"kind":"tool"' "$record"; then passed=$((passed + 1)); else echo "-- no tool was called"; failed=$((failed + 1)); fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
