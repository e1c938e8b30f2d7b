#!/usr/bin/env python3
"""Start-up of the release binary: `agentrun --version` and a scripted hello run, beside the floor (`true`).

    cargo build --release && python3 tests/bench/startup.py

Prints the median and the spread of whole-process wall times in milliseconds. Goals: --version under 10 ms, hello
under 30 ms.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.join(ROOT, "target", "release", "agentrun")
DATA = tempfile.TemporaryDirectory()
ENV = {"XDG_DATA_HOME": DATA.name, "PATH": os.environ["PATH"], "HOME": "/nonexistent",
       "OLLAMA_BASE_URL": "http://127.0.0.1:9/v1", "LLAMACPP_BASE_URL": "http://127.0.0.1:9/v1"}


def measure(name, command, runs=60, goal=None):
    times = []
    for _ in range(runs + 5):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1000)
        if done.returncode != 0:
            sys.exit(f"{name}: exit code {done.returncode}")
    times = sorted(times[5:])
    median = statistics.median(times)
    print(f"{name:<24} median {median:6.2f} ms   min {times[0]:6.2f}   p95 {times[int(runs * 0.95)]:6.2f}"
          + (f"   goal {goal} ms" if goal else ""))


measure("true (the floor)", ["true"])
measure("agentrun --version", [BINARY, "--version"], goal=10)
measure("scripted hello", [BINARY, "--quiet", "examples/01_hello"], goal=30)
measure("... without a journal", [BINARY, "--quiet", "examples/01_hello", "--no-journal"])
