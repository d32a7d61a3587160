#!/usr/bin/env python3
"""Efficiency of smap --mpi at sizes that are not at hand: a discrete-event simulation of what backend/ranks.c, schedule.c and serve.c do.

    mpi_scaling.py [--up US] [--down US] [--task US] [--node SLOTS] [--command]

Rank 0 is one server with a queue. A message from a rank costs it `up` and each task in it `task`, a batch it sends `down`: what
scripts/bench/mpi.sh and glost_like -p show for the machine at hand. Ranks hold a batch a slot, and two once tasks are known to be short; a batch
begins with one task, doubles while tasks prove short, and aims at TARGET, longer where there are so many slots that rank 0 would have
more than half of its time to do with messages. A rank that waited w seconds notices a message w/32 later (nap.h). The number of tasks is not known
to rank 0, as with a file, so batches do not shrink towards the end.

Three figures describe a run. The beginning, in which batches find their size, loses some seconds; the middle, the second half of the tasks until
the last batch is handed out, has an efficiency; the end is as long as two batches or the longest task. Printed are the first two.

A rank of several slots cuts its batches into parts of 10 ms for them (whole tasks if longer); its results leave as parts end. That many small
messages wait at rank 0 in a window of 4 a rank once it has no time for all of them, and their contents come together then.

--command: tasks are commands, each of which ends with a message of its own. Otherwise functions, whose results come in runs.
"""
import argparse
import collections
import heapq
import multiprocessing
import random

TARGET, PER_SLOT, QUEUE, WINDOW, PART = 0.010, 40e-6, 2, 4, 0.010
LATENCY = 10e-6
SIZES = (100, 1000, 10000, 100000)
TIMES = (0.001, 0.010, 0.100, 1.0, 10.0)


class Job:
    """One run; all times in seconds."""

    def __init__(self, a, slots, per_rank, mean):
        # Of very many slots one stands for several: what they ask of rank 0 is the same in all.
        grain = max(1, slots // 10000)
        self.a, self.slots, self.k, self.mean = a, slots // grain, per_rank, mean
        self.up, self.down, self.task = a.up * grain, a.down * grain, a.task * grain
        self.ranks = max(1, self.slots // per_rank)
        self.target = max(TARGET, slots * PER_SLOT)
        self.draw = random.Random(slots * 31 + per_rank)
        # Enough for the middle to be one, few enough for a simulation of a minute.
        self.left = int(self.slots * max(8, 60000 // slots) * max(1, self.target / mean))
        self.half, self.at_half, self.done_half = self.left // 2, None, 0.0
        self.size, self.estimate = 1, None
        self.clock = self.work = self.given = 0.0
        self.batches = [0] * self.ranks
        self.slot = [[0.0] * per_rank for _ in range(self.ranks)] # when each will be idle
        self.free, self.spare = collections.deque(range(self.ranks)), collections.deque()
        self.place = ['free'] * self.ranks
        self.heap, self.number = [], 0
        # Results that leave before their batch has ended: they keep rank 0 busy up to all its time, and what matters waits behind a window of them.
        early = 0.0 if a.command or self.target < 2 * max(PART, mean) else self.slots / max(PART, mean) * self.up
        self.behind = self.ranks * WINDOW * self.up if early > 1 else 0.0

    def duration(self, tasks):
        d = self.draw
        if tasks < 8:
            t = sum(0.5 + d.random() for _ in range(tasks))
        else:
            t = tasks + d.gauss(0, (tasks / 12) ** 0.5)
        t *= self.mean
        self.work += t
        return t

    def note(self, tasks, elapsed):
        """schedule_note"""
        one = elapsed / tasks
        if self.estimate is not None and one < self.estimate:
            one = (one + self.estimate) / 2
        self.estimate = one
        most = max(self.size, tasks * 2)
        self.size = max(1, min(most, int(self.target / one)))

    def deep(self):
        """schedule_depth"""
        return self.estimate is not None and self.estimate * self.size < 2 * self.target

    def stand(self, rank):
        n = self.batches[rank]
        where = 'free' if n < self.k else 'spare' if n < QUEUE * self.k else None
        if where == self.place[rank]:
            return
        self.place[rank] = where
        if where:
            (self.free if where == 'free' else self.spare).append(rank)

    def next_rank(self):
        for name, q in (('free', self.free), ('spare', self.spare)):
            if name == 'spare' and not self.deep():
                return None
            while q and self.place[q[0]] != name:
                q.popleft()
            if q:
                return q.popleft()
        return None

    def hand_out(self):
        while self.left:
            rank = self.next_rank()
            if rank is None:
                return
            self.place[rank] = None
            tasks = min(self.size, self.left)
            self.left -= tasks
            self.given = self.clock
            if self.left <= self.half and self.at_half is None:
                self.at_half, self.done_half = self.clock, self.done()
            self.batches[rank] += 1
            self.clock += self.down
            end, work = self.serve(rank, self.clock + LATENCY, tasks)
            self.number += 1
            heapq.heappush(self.heap, (end + LATENCY + self.behind, self.number, rank, tasks, work))
            self.stand(rank)

    def serve(self, rank, arrived, tasks):
        """The slots of a rank share a batch, in parts: its end, and the time it took of all of them."""
        slot = self.slot[rank]
        last = max(slot)
        if last < arrived:
            arrived += (arrived - last) / 32
        part, left, end, work = max(1, int(PART / self.mean)), tasks, arrived, 0.0
        if left > 4 * part:
            part = -(-left // min(4, self.k)) # coarser parts of long batches, to keep the simulation short
        while left:
            n = min(part, left)
            left -= n
            t = self.duration(n)
            work += t
            done = max(slot[0], arrived) + t
            heapq.heapreplace(slot, done)
            end = max(end, done)
        return end, work

    def run(self):
        self.hand_out()
        while self.heap:
            now, _, rank, tasks, elapsed = heapq.heappop(self.heap)
            messages = tasks if self.a.command else 1
            self.clock = max(now, self.clock) + messages * self.up + tasks * self.task
            self.batches[rank] -= 1
            self.stand(rank)
            self.note(tasks, elapsed)
            self.hand_out()
        done, all_slots = self.done(), self.ranks * self.k
        return (done - self.done_half) / (all_slots * (self.given - self.at_half)), self.at_half - self.done_half / all_slots

    def done(self):
        """Work done by the time of the last batch given."""
        return self.work - sum(max(0.0, t - self.given) for slot in self.slot for t in slot)


def cell(arguments):
    a, slots, per_rank, mean = arguments
    return Job(a, slots, min(per_rank, slots), mean).run()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--up', type=float, default=10, help='us rank 0 needs for a message from a rank (10)')
    p.add_argument('--down', type=float, default=10, help='us for a batch to a rank (10)')
    p.add_argument('--task', type=float, default=0.05, help='us for a task (0.05)')
    p.add_argument('--node', type=int, default=64, help='slots of one rank a node (64)')
    p.add_argument('--command', action='store_true', help='tasks are commands')
    a = p.parse_args()
    a.up, a.down, a.task = a.up * 1e-6, a.down * 1e-6, a.task * 1e-6
    cells = [(a, w, k, d) for w in SIZES for k in (1, a.node) for d in TIMES]
    # The largest first, so that all processors end together.
    order = sorted(range(len(cells)), key=lambda i: -cells[i][1])
    with multiprocessing.Pool() as pool:
        found = dict(zip(order, pool.map(cell, [cells[i] for i in order], chunksize=1)))
    for title, part in (('efficiency', 0), ('seconds lost at the beginning', 1)):
        print('%-29s %s' % (title, ' '.join('%7s' % ('%g s' % d) for d in TIMES)))
        for i in range(0, len(cells), len(TIMES)):
            _, w, k, _ = cells[i]
            kind = 'one rank a slot' if k == 1 else 'one rank for %d' % k
            print('%8d slots, %-14s %s' % (w, kind, ' '.join('%7.2f' % found[i + j][part] for j in range(len(TIMES)))))


if __name__ == '__main__':
    main()
