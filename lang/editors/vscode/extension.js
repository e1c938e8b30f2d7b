"use strict";

// Starts `agentrun lsp`, and gives its lenses something to do: run an agent, run a test, show the graph beside the text.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;
/** Graphs that are shown, by the address of their file. */
const panels = new Map();

async function activate(context) {
  const register = (name, run) => context.subscriptions.push(vscode.commands.registerCommand(name, run));
  register("agentrun.run", run);
  register("agentrun.test", test);
  register("agentrun.graph", graph);
  register("agentrun.restart", async () => {
    await stop();
    await start();
  });
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("agentrun.path")) {
        await stop();
        await start();
      }
    }),
    vscode.languages.onDidChangeDiagnostics((event) => {
      // the findings of a text come when it was compiled: its graph may be another now
      for (const uri of event.uris) {
        const panel = panels.get(uri.toString());
        if (panel) draw(panel);
      }
    }),
  );
  await start();
}

function command() {
  return vscode.workspace.getConfiguration("agentrun").get("path") || "agentrun";
}

async function start() {
  const server = { command: command(), args: ["lsp"] };
  const watcher = vscode.workspace.createFileSystemWatcher("**/{*.agent,agentrun.toml}");
  client = new LanguageClient("agentrun", "agentrun", server, {
    documentSelector: [{ language: "agent" }],
    synchronize: { fileEvents: watcher },
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    watcher.dispose();
    const choice = await vscode.window.showErrorMessage(
      `\`${command()} lsp\` does not start: ${error.message ?? error}. Install agentrun, or say where it is.`,
      "Open Settings",
    );
    if (choice) await vscode.commands.executeCommand("workbench.action.openSettings", "agentrun.path");
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

/** The file and the name that a lens names; from the palette the file in the editor and no name. */
function target(uri, name) {
  const file = uri ? vscode.Uri.parse(uri) : vscode.window.activeTextEditor?.document.uri;
  return file && { file, name };
}

async function run(uri, name) {
  const wanted = target(uri, name);
  if (wanted) await execute(wanted, name ? `run ${name}` : "run", (file) => ["run", file, ...(name ? [name] : [])]);
}

async function test(uri, name) {
  const wanted = target(uri, name);
  if (wanted) await execute(wanted, name ? `test ${name}` : "test", (file) => ["test", file, ...(name ? ["--filter", name] : [])]);
}

/** Runs agentrun in a terminal, without a shell in between. */
async function execute({ file }, title, args) {
  if (!vscode.workspace.isTrusted) {
    await vscode.commands.executeCommand("workbench.trust.manage");
    return;
  }
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === file.toString());
  if (file.scheme !== "file" || (document?.isDirty && !(await document.save()))) {
    await vscode.window.showWarningMessage("Only a file that is saved can be run.");
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(file);
  const cwd = folder ? folder.uri.fsPath : vscode.Uri.joinPath(file, "..").fsPath;
  const execution = new vscode.ProcessExecution(command(), args(file.fsPath), { cwd });
  const task = new vscode.Task({ type: "agentrun" }, folder ?? vscode.TaskScope.Global, title, "agentrun", execution);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: true };
  await vscode.tasks.executeTask(task);
}

async function graph(uri, name) {
  const wanted = target(typeof uri === "string" ? uri : undefined, name);
  if (!wanted) return;
  const key = wanted.file.toString();
  let panel = panels.get(key);
  if (!panel) {
    const file = wanted.file.path.split("/").pop();
    const view = vscode.window.createWebviewPanel("agentrun.graph", `Graph of ${file}`, vscode.ViewColumn.Beside, {
      enableScripts: false,
    });
    panel = { view, uri: key };
    panels.set(key, panel);
    view.onDidDispose(() => panels.delete(key));
  }
  panel.agent = name;
  panel.view.reveal(undefined, true);
  await draw(panel);
}

async function draw(panel) {
  if (!client) return;
  let svg;
  try {
    svg = await client.sendRequest("agentrun/graph", { textDocument: { uri: panel.uri }, agent: panel.agent });
  } catch {
    // the file is closed: what is shown stays
    return;
  }
  // a text that does not compile keeps the graph it had
  if (svg) panel.view.webview.html = page(svg);
}

function page(svg) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body { background: white; color: black; padding: 1em } svg { max-width: 100%; height: auto }</style>
</head>
<body>${svg}</body>
</html>`;
}

async function deactivate() {
  await stop();
}

module.exports = { activate, deactivate };
