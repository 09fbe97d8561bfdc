"""Watch over one program: ``python -IS launch.py PARENT LIMITS -- PROGRAM ARGUMENTS…``.

Limits the program, dies with its own parent and takes the program along, and waits for every descendant, so that
whoever waits for this process is told the processor time of the whole tree (bubblewrap alone does not add up the time
of what ran inside). A program of its own, standard library only, because code between ``fork`` and ``exec`` is not
safe in a process that has threads. It must lead a process group of its own.

PARENT is the process id of whoever starts it; LIMITS is JSON: names of ``resource.RLIMIT_*`` and ``nice`` -> value.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def main(argv: list[str]) -> int:
    """Run ``argv[4:]`` under the limits ``argv[2]``; the exit status, 128 + N for signal N."""
    # Bubblewrap's first process hangs for good when its parent dies before it has set itself up. It is still of this
    # group then; so the group is killed as one, and not each process by the death of the one before it.
    signal.signal(signal.SIGTERM, _kill_group)
    on_death_of(int(argv[1]), signal.SIGTERM)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    watcher = os.getpid()
    program = os.fork()
    if program == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        on_death_of(watcher, signal.SIGKILL)
        _limit(json.loads(argv[2]))
        os.execve(argv[4], argv[4:], dict(os.environ))  # noqa: S606 -- no shell is the point
    return _wait_for_all(program)


def _kill_group(*_: object) -> None:
    os.killpg(0, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def on_death_of(parent: int, sign: signal.Signals) -> None:
    """Let this process be sent ``sign`` when the one that started it dies."""
    _prctl(PR_SET_PDEATHSIG, sign)
    if os.getppid() != parent:  # it died before it could be watched
        os._exit(128 + signal.SIGKILL)


def _limit(limits: dict[str, int]) -> None:
    os.nice(limits.pop("nice", 0))
    for name, value in limits.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def _wait_for_all(program: int) -> int:
    result = 0
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return result
        if pid == program:
            code = os.waitstatus_to_exitcode(status)
            result = code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv))
