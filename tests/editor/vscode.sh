#!/usr/bin/env bash
# Packages the VS Code extension with the official tool, loads what was packaged, and reads every example with its grammar.
# Needs node, npm and a package registry.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
if ! command -v npm > /dev/null; then
  echo "skipped: this machine has no npm"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/lang/editors/vscode" "$work/extension"
rm -rf "$work/extension/node_modules"
cd "$work/extension"
npm install --no-audit --no-fund --silent
npm run --silent package -- --out "$work/agentrun.vsix"

mkdir "$work/packaged"
cd "$work/packaged"
python3 -m zipfile -e "$work/agentrun.vsix" .
for file in package.json extension.js syntaxes/agent.tmLanguage.json snippets/agent.json language-configuration.json; do
  cmp "extension/$file" "$root/lang/editors/vscode/$file"
done
# The editor's own module is all that a package may lack.
mkdir -p extension/node_modules/vscode
echo 'module.exports = new Proxy(class {}, { get: (of, name) => of[name] ?? class {} })' > extension/node_modules/vscode/index.js
node -e 'const { activate, deactivate } = require("./extension/extension.js"); if (!activate || !deactivate) process.exit(1)'
echo "the packaged extension loads"

mkdir "$work/grammar"
cd "$work/grammar"
npm install --no-audit --no-fund --silent vscode-textmate@9.3.2 vscode-oniguruma@2.0.1
node "$root/tests/editor/grammar.cjs" "$work/grammar"
