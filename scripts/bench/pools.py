# usage: pools.py pool|joblib|futures|schwimmbad FILE: squares of the integers in FILE, in order, to stdout, by a pool of 2 processes; on stderr the best time in
# seconds over some chunk sizes. Reading and printing are part of it, as they are of what it stands beside; starting Python is not.
import sys
import time


def square(line):
    return b"%d\n" % int(line) ** 2


def once(run, path):
    begin = time.perf_counter()
    with open(path, "rb") as f:
        lines = f.readlines()
    sys.stdout.buffer.writelines(run(lines))
    sys.stdout.buffer.flush()
    return time.perf_counter() - begin


def pool(path):
    import multiprocessing

    with multiprocessing.Pool(2) as p:
        return min(once(lambda lines: p.map(square, lines, chunk), path) for chunk in (1000, 10000, 100000))


def joblib(path):
    from joblib import Parallel, delayed

    return once(lambda lines: Parallel(n_jobs=2)(delayed(square)(line) for line in lines), path)


def futures(path):
    from mpi4py.futures import MPIPoolExecutor

    with MPIPoolExecutor() as p:
        return once(lambda lines: p.map(square, lines, chunksize=1000), path)


def schwimmbad(path):
    from schwimmbad import MPIPool

    with MPIPool() as p:
        if not p.is_master():
            p.wait()
            sys.exit(0)
        return once(lambda lines: p.map(square, lines), path)


if __name__ == "__main__":
    seconds = {"pool": pool, "joblib": joblib, "futures": futures, "schwimmbad": schwimmbad}[sys.argv[1]](sys.argv[2])
    print(seconds, file=sys.stderr)
