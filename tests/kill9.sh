#!/usr/bin/env bash
# kill -9 of a real agentrun process at random instants while its tools write, 200 times (or as often as the first
# argument says); each run is taken up again, must end, must have written once, and its journal must be sound.
set -euo pipefail
cd "$(dirname "$0")/.."
AGENTRUN_KILL_ROUNDS="${1:-200}" cargo test --quiet --test suite -- --nocapture journal::kill
