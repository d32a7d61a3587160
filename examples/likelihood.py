"""A likelihood as a filter: the parameters of one walker per line in, one number per line out.

    smap --filter 'python3 -u examples/likelihood.py' < walkers.txt                   # serially
    smap --procs 8 --filter 'python3 -u examples/likelihood.py' < walkers.txt         # 8 processes
    mpirun -n 64 smap --mpi --filter 'python3 -u examples/likelihood.py' -a walkers.txt

Python and the data are loaded once per process, not once per walker; line k of the output answers
line k of the input. The script knows nothing of smap. It must not keep its answers to itself: that
is what -u is for.

The model is a straight line with scatter: SLOPE, INTERCEPT and the logarithm of SIGMA.
"""
import math
import random
import sys


def load_data():  # in earnest: from a file
    generator = random.Random(1)
    for _ in range(500):
        x = generator.uniform(0, 10)
        yield x, 0.7 * x + 2 + generator.gauss(0, 0.5)


DATA = list(load_data())


def log_likelihood(slope, intercept, log_sigma):
    variance = math.exp(2 * log_sigma)
    chi2 = sum((y - slope * x - intercept) ** 2 for x, y in DATA) / variance
    return -0.5 * (chi2 + len(DATA) * math.log(2 * math.pi * variance))


for line in sys.stdin:
    try:
        print(log_likelihood(*map(float, line.split())))
    except (TypeError, ValueError, OverflowError):
        print("-inf")  # an answer for every line: what cannot be is not likely
