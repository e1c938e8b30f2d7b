#!/usr/bin/env python3
"""Keystroke to findings: `agentrun lsp` with a file of 2,000 lines, one letter typed and taken back again and again.

    cargo build --release && python3 tests/bench/keystroke.py [path of agentrun]

Each figure is from the write of `didChange` to the read of its `publishDiagnostics`, over the pipes of a real process.
"""

import json
import pathlib
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES = 2000
KEYS = 200


def text():
    """The support example's declarations again and again under names of their own."""
    example = (ROOT / "examples/03_support/main.agent").read_text()
    body = re.sub(r"\ntest \".*", "\n", example.replace("edition 1", "", 1), flags=re.S)
    names = re.findall(r"^(?:type|model|tool|agent)\s+(\w+)", body, flags=re.M)
    out = "edition 1\n"
    copy = 0
    while out.count("\n") < LINES:
        out += re.sub(r"\b(" + "|".join(names) + r")\b(?!\")", lambda found: f"{found.group(1)}_{copy}", body)
        copy += 1
    return out


class Client:
    def __init__(self, binary):
        self.server = subprocess.Popen([binary, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, **message):
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self.server.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.server.stdout.readline().strip()) != b"":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.server.stdout.read(length))

    def findings(self):
        while (message := self.receive()).get("method") != "textDocument/publishDiagnostics":
            pass
        return message["params"]["diagnostics"]


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/release/agentrun")
    client = Client(binary)
    client.send(id=1, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}})
    client.receive()
    client.send(method="initialized", params={})
    uri, whole = "file:///nowhere/big.agent", text()
    client.send(
        method="textDocument/didOpen",
        params={"textDocument": {"uri": uri, "languageId": "agent", "version": 1, "text": whole}},
    )
    found = client.findings()
    errors = [finding for finding in found if finding["severity"] == 1]
    assert not errors, errors[:3]
    lines = whole.split("\n")
    line = next(at for at in range(len(lines) // 2, len(lines)) if "Classify this message" in lines[at])
    spent = []
    for key in range(KEYS):
        start = {"line": line, "character": 6}
        end = start if key % 2 == 0 else {"line": line, "character": 7}
        change = {"range": {"start": start, "end": end}, "text": "x" if key % 2 == 0 else ""}
        begun = time.perf_counter()
        client.send(
            method="textDocument/didChange",
            params={"textDocument": {"uri": uri, "version": key + 2}, "contentChanges": [change]},
        )
        client.findings()
        spent.append((time.perf_counter() - begun) * 1000)
    client.send(id=2, method="shutdown")
    client.receive()
    client.send(method="exit")
    spent.sort()
    print(f"{whole.count(chr(10))} lines, {len(whole)} bytes, {KEYS} keys")
    print(f"median {statistics.median(spent):.1f} ms, 95th percentile {spent[KEYS * 95 // 100]:.1f} ms, most {spent[-1]:.1f} ms")


if __name__ == "__main__":
    main()
