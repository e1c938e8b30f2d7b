#!/usr/bin/env bash
# Neovim without a screen, configured by the lines of docs/reference/editor.md and nothing else: `nvim.lua` says what it
# must show. `tests/editor/nvim.sh [path of agentrun]`.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
binary=$(realpath "${1:-$root/target/debug/agentrun}")
if ! command -v nvim > /dev/null; then
  echo "skipped: this machine has no nvim"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/home" "$work/project"
ln -s "$binary" "$work/bin/agentrun"
sed -n '/^```lua$/,/^```$/p' "$root/docs/reference/editor.md" | sed '/^```/d' > "$work/init.lua"
[ -s "$work/init.lua" ] || { echo "the manual has no lines for Neovim"; exit 1; }
cat > "$work/project/shared.agent" << 'END'
edition 1

type Paid { id: string  sum: money }

## Pays.
tool pay(id: string): Paid { exec: ["./pay.sh", id]  effect: write }
END
cat > "$work/project/main.agent" << 'END'
edition 1
import "shared.agent" { pay, Paid }

model fast { use: ["openai/gpt-5-mini"] }

agent Main(msg: string): Paid {
  ask first { model: fast  prompt: "😀 é ${mgs} ${msg}"  -> second }
  call second { tool: pay(first)  -> return second }
}
END
cd "$work/project"
HOME="$work/home" XDG_CONFIG_HOME="$work/home" XDG_STATE_HOME="$work/home" XDG_DATA_HOME="$work/home" \
  PATH="$work/bin:$PATH" timeout 120 \
  nvim --headless -u "$work/init.lua" --noplugin -n main.agent -S "$root/tests/editor/nvim.lua"
