#!/usr/bin/env python3
"""Times `agentrun test` on 1,000 generated flow tests (goal: under 2 s on two cores).

    cargo build --release && tests/bench/tests.py

The tests are those of a support agent: a typed answer, a tool, an approval and a second answer, with mocks; 50 files of
20 tests each, copied into a folder of their own.
"""
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "target/release/agentrun"
AGENT = (ROOT / "examples/03_support/main.agent").read_text().split('test "')[0]
TEST = """
test "refund {n}" {{
  agent: Support(msg: "Money back for A-{n}, please.")
  mock triage    = {{ intent: "refund", urgency: 2, order_id: "A-{n}" }}
  mock order     = {{ id: "A-{n}", total: $40, email: "ana@mail.example" }}
  mock refund_ok = {{ approved: true, by: "dana" }}
  mock do_refund = {{ id: "R-{n}", amount: $40 }}
  mock answer    = {{ text: "Your $40 are on their way." }}
  expect path == [triage, order, refund_ok, do_refund, answer]
  expect calls(refund) == 1 and not contains(prompts, "ana@mail.example")
}}
"""


def main():
    with tempfile.TemporaryDirectory() as folder:
        for file in range(50):
            tests = "".join(TEST.format(n=file * 20 + n) for n in range(20))
            pathlib.Path(folder, f"support_{file}.agent").write_text(AGENT + tests)
        times = []
        for _ in range(5):
            began = time.perf_counter()
            done = subprocess.run([BINARY, "test", folder, "--quiet"], capture_output=True, text=True)
            times.append(time.perf_counter() - began)
            assert done.returncode == 0 and "1000 tests, all hold" in done.stderr, done.stdout + done.stderr
        times.sort()
        print(f"1,000 flow tests: median {times[2]:.2f} s, best {times[0]:.2f} s")


main()
