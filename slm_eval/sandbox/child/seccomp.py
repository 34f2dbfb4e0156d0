"""A filter of system calls: no new processes, no sockets, no signals to others, no privileges.

The filter is a list of what is refused (with EPERM), and every call newer than the list is refused
as unknown. Processes cannot be made at all, threads can. Numbers: Linux 6.17, `asm/unistd_64.h`
for x86_64 and `asm-generic/unistd.h` for aarch64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from . import kernel

NEWEST = 469
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000

# name: (x86_64, aarch64); None where the architecture has no such call.
_PROCESSES = {
    "fork": (57, None), "vfork": (58, None), "setsid": (112, 157), "setpgid": (109, 154),
    "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "kcmp": (312, 272), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "migrate_pages": (256, 238), "move_pages": (279, 239),
}  # fmt: skip
_CHANNELS = {
    "socket": (41, 198), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}  # fmt: skip
_PRIVILEGES = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "open_tree_attr": (467, 467),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "syslog": (103, 116), "acct": (163, 89),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "iopl": (172, None), "ioperm": (173, None),
    "modify_ldt": (154, None), "personality": (135, 92), "fanotify_init": (300, 262),
    "mknod": (133, None), "mknodat": (259, 33),
}  # fmt: skip
# Landlock does not rule who may change a file's mode, owner or times.
_ATTRIBUTES = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "removexattrat": (466, 466), "file_setattr": (469, 469), "utime": (132, None),
    "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88), "truncate": (76, 45),
}  # fmt: skip
_EXECUTION = {"execve": (59, 221), "execveat": (322, 281)}
_REFUSED = {**_PROCESSES, **_CHANNELS, **_PRIVILEGES, **_ATTRIBUTES}
_CLONE, _CLONE3, _TGKILL = (56, 220), (435, 435), (234, 131)
_PRLIMIT, _PRCTL, _IOCTL, _FCNTL = (302, 261), (157, 167), (16, 29), (72, 25)
CLONE_THREAD = 0x00010000
TIOCSTI, FIOSETOWN, SIOCSPGRP = 0x5412, 0x8901, 0x8902
F_SETOWN, F_SETSIG, F_SETOWN_EX = 8, 10, 15

# BPF: load a word of seccomp_data, jump if equal / greater / any bit set, return.
_LOAD, _EQUAL, _GREATER, _BITS, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

Instruction = tuple[int, int, int, int]


def supported() -> bool:
    """Return whether there is a filter for this machine's architecture."""
    return platform.machine() in AUDIT_ARCH


def program(pid: int, *, may_execute: bool) -> list[Instruction]:
    """Return the filter for a process that sees itself as `pid`: (code, if true, if false, value).

    may_execute: leaves `execve`, for an interpreter that is not this one; without `fork` it can
        only replace the process.
    """
    machine = platform.machine()
    column = 0 if machine == "x86_64" else 1
    refused = _REFUSED if may_execute else {**_REFUSED, **_EXECUTION}
    code = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if machine == "x86_64":
        code += [(_GREATER, 0, 1, X32 - 1), (_RETURN, 0, 0, _KILL)]
    code += [(_GREATER, 0, 1, NEWEST), _fail(errno.ENOSYS)]
    # glibc falls back to `clone`, whose flags a filter can read.
    code += [(_EQUAL, 0, 1, _CLONE3[column]), _fail(errno.ENOSYS)]
    code += _only_if(_CLONE[column], 0, _BITS, CLONE_THREAD)
    code += _only_if(_TGKILL[column], 0, _EQUAL, pid)
    code += _only_if(_PRLIMIT[column], 0, _EQUAL, 0)
    code += _unless(_PRCTL[column], 0, kernel.PR_SET_PDEATHSIG)
    # A file's owner is sent a signal of choice when there is something to read.
    code += _unless(_FCNTL[column], 1, F_SETOWN, F_SETSIG, F_SETOWN_EX)
    code += _unless(_IOCTL[column], 1, TIOCSTI, FIOSETOWN, SIOCSPGRP)
    numbers = (row[column] for row in refused.values())
    for number in sorted(number for number in numbers if number is not None):
        code += [(_EQUAL, 0, 1, number), _fail(errno.EPERM)]
    return [*code, (_RETURN, 0, 0, _ALLOW)]


def install(*, may_execute: bool) -> None:
    """Put the filter over this process for good. Raises OSError where the kernel has none."""
    code = program(os.getpid(), may_execute=may_execute)
    data = b"".join(struct.pack("HBBI", *instruction) for instruction in code)
    instructions = ctypes.create_string_buffer(data, len(data))
    header = struct.pack("HxxxxxxP", len(code), ctypes.addressof(instructions))
    buffer = ctypes.create_string_buffer(header, len(header))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_SECCOMP, 2, ctypes.addressof(buffer))


def _fail(number: int) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | number)


def _only_if(call: int, argument: int, test: int, value: int) -> list[Instruction]:
    """Return the lines that refuse `call` unless its `argument` passes the test."""
    return _guard(call, argument, [(test, 1, 0, value)])


def _unless(call: int, argument: int, *values: int) -> list[Instruction]:
    """Return the lines that refuse `call` when its `argument` is one of `values`."""
    return _guard(call, argument, [(_EQUAL, 0, 1, value) for value in values])


def _guard(call: int, argument: int, tests: list[Instruction]) -> list[Instruction]:
    """Return the lines that refuse `call` where a test does not jump over the refusal."""
    refusals = [line for test in tests for line in (test, _fail(errno.EPERM))]
    low_word = _ARGUMENTS_AT + 8 * argument
    return [
        (_EQUAL, 0, len(refusals) + 2, call),
        (_LOAD, 0, 0, low_word),
        *refusals,
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
