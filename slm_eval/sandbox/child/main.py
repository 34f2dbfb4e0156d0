"""The order of things: walls first, then the candidate behind more of them, then the tests.

    starter   new namespaces; waits, and dies with the process that started it
    judge     first process of the new process namespace: when it ends, all in it end
    candidate first process of a further one, in which the judge has no number

The candidate is forked before the judge reads the job, so that no test was ever in its memory.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from . import candidate, confine, frames, judge, kernel, root

JOB, VERDICT = 0, 1
AGAIN_S = 0.5


class OutOfTime(BaseException):
    """The wall time is over."""


def main() -> None:
    """Read a header and a job from standard input, write the verdict to standard output."""
    header = frames.receive(JOB)
    if header["level"] == "namespaces":
        _enter_namespaces(header)
    elif header["level"] == "landlock":
        kernel.die_with_parent(header["parent"])
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    _judge(header)


def _enter_namespaces(header: dict[str, Any]) -> None:
    kernel.die_with_parent(header["parent"])
    header["real_root"] = _unshare()
    # A user of its own for each program: limits of threads are counted by user.
    header["unused_id"] = confine.FIRST_UNUSED_ID + os.getpid()
    starter = os.getpid()
    child = os.fork()
    if child:
        os.close(VERDICT)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    # The starter has no number in the new namespace: 0 says that it lives.
    kernel.prctl(kernel.PR_SET_PDEATHSIG, kernel.SIGKILL)
    if os.getppid() not in {0, starter}:
        os._exit(1)
    readable = [*header["readable"], *header["executables"]]
    root.build(header["base"], readable, header["hidden"], header["limits"])
    kernel.unshare(kernel.CLONE_NEWPID)


def _unshare() -> bool:
    """Enter new namespaces; return whether it took root's own rights, not a user namespace."""
    user, group = os.geteuid(), os.getegid()
    flags = (
        kernel.CLONE_NEWNS
        | kernel.CLONE_NEWPID
        | kernel.CLONE_NEWNET
        | kernel.CLONE_NEWIPC
        | kernel.CLONE_NEWUTS
    )
    if user == 0:
        try:
            kernel.unshare(flags)
        except OSError:
            pass
        else:
            return True
    kernel.unshare(flags | kernel.CLONE_NEWUSER)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    return False


def _judge(header: dict[str, Any]) -> None:
    to_candidate, to_judge = os.pipe(), os.pipe()
    output = os.memfd_create("output") if hasattr(os, "memfd_create") else os.open("/dev/null", 1)
    node = header["language"] != "python"
    child = os.fork()
    if child == 0:
        _be_candidate(header, to_candidate[0], to_judge[1], output, node=node)
    os.close(to_candidate[0])
    os.close(to_judge[1])
    confine.close_all_but({to_candidate[1], to_judge[0], output})
    limits = {**header["limits"], **header["judge_limits"]}
    confine.limit(limits, reserves_memory=False, counts_threads=False)
    confine.lock(header)
    remote = judge.Candidate(to_judge[0], to_candidate[1])
    verdict = _timed(header, remote, to_judge[0])
    verdict["output"] = _end_of(output, header["output_bytes"])
    if not verdict["passed"] and verdict["outcome"] == "exited":
        verdict["why"] += _how_it_ended(child)
    frames.send(VERDICT, verdict)
    # With the judge its namespace ends, and everything the program left running.
    os._exit(0)


def _be_candidate(
    header: dict[str, Any], reading: int, writing: int, output: int, *, node: bool
) -> None:
    try:
        if header["level"] == "landlock":
            kernel.prctl(kernel.PR_SET_PDEATHSIG, kernel.SIGKILL)
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        confine.close_all_but({reading, writing})
        os.chdir(header["folder"])
        confine.forget_paths()
        counts = confine.counts_alone(header)
        confine.limit(header["limits"], reserves_memory=node, counts_threads=counts)
        confine.lock(header, may_execute=node)
        if node:
            candidate.be_node(header, reading, writing)
        candidate.serve(reading, writing)
    except BaseException as error:
        os.write(2, f"candidate: {type(error).__name__}: {error}".encode()[:500])
    finally:
        os._exit(0)


def _timed(header: dict[str, Any], remote: judge.Candidate, reading: int) -> dict[str, Any]:
    wall_s = header["limits"]["wall_s"]
    late = _refusal("timeout", f"not done after {wall_s:g} s")
    over = False

    def stop(_signal: int, _frame: Any) -> None:
        nonlocal over
        over = True
        raise OutOfTime

    signal.signal(signal.SIGALRM, stop)
    started_s = time.monotonic()
    try:
        # Again and again after the first time: a test with a bare `except` catches it.
        signal.setitimer(signal.ITIMER_REAL, wall_s, AGAIN_S)
        try:
            if frames.receive(reading) != {"ready": True}:
                raise frames.FrameError("no greeting")
        except frames.FrameError as error:
            verdict = _refusal("no_start", f"the candidate did not start: {error}")
        else:
            verdict = judge.judge(frames.receive(JOB), remote)
    except OutOfTime:
        verdict = late
    except MemoryError:
        verdict = _refusal("error", "MemoryError: the results do not fit the judge's memory")
    signal.setitimer(signal.ITIMER_REAL, 0)
    if over:
        verdict = late
    verdict["seconds"] = time.monotonic() - started_s
    return verdict


def _refusal(outcome: str, why: str) -> dict[str, Any]:
    return {"passed": False, "outcome": outcome, "why": why}


def _end_of(output: int, size: int) -> str:
    """Return the last bytes that the program printed."""
    try:
        end = os.lseek(output, 0, os.SEEK_END)
        return os.pread(output, size, max(0, end - size)).decode("utf-8", "replace")
    except OSError:
        return ""


def _how_it_ended(child: int) -> str:
    # Its files are closed a moment before it can be waited for.
    for _ in range(50):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.002)
    else:
        return ""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f" (exit status {code})"
    try:
        return f" ({signal.Signals(-code).name})"
    except ValueError:
        return f" (signal {-code})"
