// Reads every example with the TextMate grammar, by the library that VS Code reads it with.
//
// What a line must say is told here by other means: a scan of the text by its quotes, marks and holes.
"use strict";

const fs = require("fs");
const path = require("path");

const root = path.resolve(__dirname, "../..");
const modules = process.argv[2];
const from = (name) => require(require.resolve(name, { paths: [modules] }));
const oniguruma = from("vscode-oniguruma");
const textmate = from("vscode-textmate");

const grammar = path.join(root, "lang/editors/vscode/syntaxes/agent.tmLanguage.json");
const STATES = /^\s*(ask|plan|call|loop|branch|parallel|run|approve|wait|recall|remember|forget|open|let)\s+([a-z_]\w*)\s*[:{]/;
const DECLARATIONS = /^(type|model|guard|memory|tool|mcp|skill|agent)\s+(\w+)/;

/** For each character of a text: code, comment, string or hole. */
function sorts(text) {
  const sorts = [];
  const open = ["code"];
  for (let at = 0; at < text.length; ) {
    const mode = open[open.length - 1];
    const take = (length, sort) => {
      for (let i = 0; i < length; i++) sorts.push(sort);
      at += length;
    };
    const rest = text.slice(at);
    if (mode === "string" || mode === "block") {
      const end = mode === "block" ? '"""' : '"';
      if (rest[0] === "\\") take(2, "string");
      else if (rest.startsWith("${")) (take(2, "hole"), open.push("hole"));
      else if (rest.startsWith(end)) (take(end.length, "string"), open.pop());
      else take(1, "string");
      continue;
    }
    const sort = open.includes("hole") ? "hole" : "code";
    if (rest[0] === "#") take(rest.search(/\n|$/), "comment");
    else if (rest.startsWith('"""')) (take(3, "string"), open.push("block"));
    else if (rest[0] === '"') (take(1, "string"), open.push("string"));
    else if (rest[0] === "{") (take(1, sort), open.push("brace"));
    else if (rest[0] === "}") take(1, open.pop() === "hole" ? "hole" : sort);
    else take(1, sort);
  }
  return sorts;
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

function check(file, tokenizer) {
  const text = fs.readFileSync(file, "utf8");
  const expected = sorts(text);
  let stack = textmate.INITIAL;
  let offset = 0;
  let checked = 0;
  text.split("\n").forEach((line, index) => {
    const place = `${path.relative(root, file)}:${index + 1}`;
    const { tokens, ruleStack } = tokenizer.tokenizeLine(line, stack);
    stack = ruleStack;
    const scopesAt = (column) => tokens.find((token) => token.startIndex <= column && column < token.endIndex)?.scopes ?? [];
    for (let column = 0; column < line.length; column++) {
      const scopes = scopesAt(column).join(" ");
      const sort = expected[offset + column];
      const inside = scopes.slice(Math.max(0, scopes.lastIndexOf("meta.embedded.hole")));
      const found = /comment\./.test(inside) ? "comment" : /string\.quoted/.test(inside) ? "string" : scopes.includes("meta.embedded.hole") ? "hole" : "code";
      if (found !== sort) fail(`${place}:${column + 1} is ${sort}, and colored as ${found}: ${scopes}`);
      checked++;
    }
    offset += line.length + 1;
    const state = STATES.exec(line);
    if (state && expected[offset - line.length - 1 + state[0].indexOf(state[1])] === "code") {
      const at = line.indexOf(state[1]);
      if (!scopesAt(at).includes("storage.type.state.agent")) fail(`${place} \`${state[1]}\` is no state's kind`);
      const name = line.indexOf(state[2], at + state[1].length);
      if (!scopesAt(name).includes("entity.name.function.state.agent")) fail(`${place} \`${state[2]}\` is no state's name`);
    }
    const declared = DECLARATIONS.exec(line);
    if (declared && expected[offset - line.length - 1] === "code") {
      if (!scopesAt(0).includes("storage.type.declaration.agent")) fail(`${place} \`${declared[1]}\` declares nothing`);
    }
  });
  if (stack.depth !== 1) fail(`${file}: something is still open at the end`);
  return checked;
}

async function main() {
  const wasm = fs.readFileSync(path.join(path.dirname(require.resolve("vscode-oniguruma", { paths: [modules] })), "onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) =>
      scope === "source.agent" ? textmate.parseRawGrammar(fs.readFileSync(grammar, "utf8"), grammar) : null,
  });
  const tokenizer = await registry.loadGrammar("source.agent");
  const folders = ["examples", "stdlib"].map((folder) => path.join(root, folder));
  const files = folders.flatMap((folder) => fs.readdirSync(folder, { recursive: true }).map((file) => path.join(folder, file)));
  const agents = files.filter((file) => file.endsWith(".agent"));
  let checked = 0;
  for (const file of agents) checked += check(file, tokenizer);
  if (agents.length < 7) fail(`only ${agents.length} files were found`);
  console.log(`${agents.length} files, ${checked} characters colored${process.exitCode ? ", not all as they should be" : " as they should be"}`);
}

main();
