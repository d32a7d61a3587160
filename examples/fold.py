"""The hook of sweep.yaml: reads results as lines of JSON, in the order of the tasks, and writes a table.

Each line is a task of its own: its input (the values of the sweep), how it ended, what it printed.
"""
import json
import sys

CHAOS = 0.01  # Lyapunov exponents above this

table = {}
for line in sys.stdin:
    result = json.loads(line)
    if result["status"] != 0:
        continue
    damping, drive = result["input"].split()
    _, velocity, exponent, periods = result["stdout"].split()
    table.setdefault(damping, []).append((drive, float(exponent)))

with open(sys.argv[1], "w") as out:
    for damping, runs in table.items():
        chaotic = [drive for drive, exponent in runs if exponent > CHAOS]
        print(f"damping {damping}: {len(chaotic)} of {len(runs)} drives:", *chaotic, file=out)
