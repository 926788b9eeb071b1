"""Run a command in its own process, and measure it with all the processes that it starts."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

_LOOK_EVERY: Final = 0.05
_MB: Final = 1024 * 1024


class TooMuchMemory(RuntimeError):
    """The processes of a command used more memory than allowed, and were stopped."""


@dataclasses.dataclass(frozen=True)
class Cost:
    """One run: wall seconds, CPU seconds, peak memory and bytes read in MB of the whole tree of processes.

    Measured from outside every 50 ms, because Spark ends its Python workers without waiting for them, and
    the resources of a process are added to its parent's only if the parent waits for it.
    """

    wall: float
    cpu: float
    peak: float
    read: float


def run(
    command: list[str],
    environment: Mapping[str, str],
    folder: Path,
    cores: int | None = None,
    memory: int | None = None,
) -> Cost:
    """Run a command to its end. If it fails, exit with the end of its output.

    Args:
        command: what to run.
        environment: its variables.
        folder: where to run it; its output goes to log.txt there.
        cores: how many cores it may use; all when None.
        memory: the maximum number of bytes for all its processes; None for no limit.

    Raises:
        TooMuchMemory: it used more.
    """
    log = folder / "log.txt"
    with log.open("wb") as output:
        started = time.perf_counter()
        process = psutil.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        if cores is not None:
            process.cpu_affinity(list(range(cores)))
        watch = _Watch(process, memory)
        watch.start()
        code = process.wait()
        wall = time.perf_counter() - started
        watch.join()
    if watch.was_ended:
        raise TooMuchMemory(f"{command} took {watch.peak:,} bytes")
    if code:
        raise SystemExit(f"{command} failed:\n{log.read_text()[-4000:]}")
    if os.environ.get("BENCH_LOGS"):
        sys.stderr.write(log.read_text())
    return Cost(wall, watch.cpu, watch.peak / _MB, watch.read / _MB)


class _Watch(threading.Thread):
    """Measures a tree of processes until its root ends."""

    def __init__(self, root: psutil.Popen, memory: int | None) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.was_ended = False
        self._memory = memory
        self._root = root
        self._seconds: dict[tuple[int, float], float] = {}
        self._bytes: dict[tuple[int, float], int] = {}

    @property
    def cpu(self) -> float:
        """The CPU seconds of all processes of the tree."""
        return sum(self._seconds.values())

    @property
    def read(self) -> int:
        """The bytes that all processes of the tree have read, from files and sockets."""
        return sum(self._bytes.values())

    def run(self) -> None:
        """Measure until the root ends; stop it if all processes together use too much memory."""
        while True:
            with contextlib.suppress(psutil.NoSuchProcess):
                processes = [self._root, *self._root.children(recursive=True)]
                self._look(processes)
                if self._memory is not None and self.peak > self._memory:
                    self.was_ended = True
                    for each in processes:
                        each.kill()
            if not self._root.is_running() or self._root.status() == psutil.STATUS_ZOMBIE:
                return
            time.sleep(_LOOK_EVERY)

    def _look(self, processes: list[psutil.Process]) -> None:
        memory = 0
        for each in processes:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                times = each.cpu_times()
                key = each.pid, each.create_time()
                self._seconds[key] = times.user + times.system
                self._bytes[key] = each.io_counters().read_chars
                memory += each.memory_info().rss
        self.peak = max(self.peak, memory)
