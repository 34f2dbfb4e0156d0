"""Programs that want to see, change or reach what is not theirs.

Each returns ``"succeeded"`` if it could; otherwise the system's refusal is its own error.
"""

from __future__ import annotations

TRESPASSES: dict[str, str] = {
    "reads the user's file": """
def solve(x):
    return "succeeded" if open(FOLDER + "/private.txt").read() else ""
""",
    "lists the user's folder": """
import os
def solve(x):
    return "succeeded" if "private.txt" in os.listdir(FOLDER) else ""
""",
    "writes into the user's folder": """
def solve(x):
    open(FOLDER + "/planted", "w").write("x")
    return "succeeded"
""",
    "removes the user's file": """
import os
def solve(x):
    os.unlink(FOLDER + "/private.txt")
    return "succeeded"
""",
    "changes the mode of the user's file": """
import os
def solve(x):
    os.chmod(FOLDER + "/private.txt", 0)
    return "succeeded"
""",
    "reaches the user's file by a link": """
import os
def solve(x):
    os.symlink(FOLDER + "/private.txt", "/tmp/link")
    return "succeeded" if open("/tmp/link").read() else ""
""",
    "reads the home folder": """
import os
def solve(x):
    names = []
    for folder in (HOME, "/home", "/Users"):
        for place, _, files in os.walk(folder):
            if not place.startswith(os.__file__.rsplit("/lib/", 1)[0]):
                names += [name for name in files if open(os.path.join(place, name), "rb").read(1)]
    return "succeeded" if names else ""
""",
    "reads the users of the machine": """
def solve(x):
    return "succeeded" if open("/etc/passwd").read() else ""
""",
    "finds a secret in the environment": """
import os
def solve(x):
    return "succeeded" if any("SECRET" in name for name in os.environ) else ""
""",
    "finds secrets in the environments of others": """
import os
def solve(x):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with open(f"/proc/{pid}/environ", "rb") as file:
            if b"SLM_EVAL_TEST_SECRET" in file.read():
                return "succeeded"
    return ""
""",
    "writes into the library": """
import os
def solve(x):
    open(os.path.join(os.path.dirname(os.__file__), "planted.py"), "w").write("x = 1")
    return "succeeded"
""",
    "has the kernel kill its parent, as the owner of a pipe": """
import fcntl, os, signal, time
def solve(x):
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, os.getppid())
    fcntl.fcntl(reading, 10, signal.SIGKILL)
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC)
    os.write(writing, b"x")
    time.sleep(0.1)
    return "succeeded"
""",
    "has the kernel stop its parent, as the owner of a pair of sockets": """
import fcntl, os, socket, struct, time
def solve(x):
    near, far = socket.socketpair()
    fcntl.ioctl(near, 0x8901, struct.pack("i", os.getppid()))
    fcntl.fcntl(near, fcntl.F_SETFL, os.O_ASYNC)
    far.send(b"x")
    time.sleep(0.1)
    return "succeeded"
""",
    "opens a socket": """
import socket
def solve(x):
    socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    return "succeeded"
""",
    "connects to this machine": """
import socket
def solve(x):
    socket.create_connection(("127.0.0.1", 22), timeout=1)
    return "succeeded"
""",
    "asks for a name": """
import socket
def solve(x):
    return "succeeded" if socket.getaddrinfo("localhost", 80) and socket.socket() else ""
""",
    "opens a local socket": """
import socket
def solve(x):
    socket.socket(socket.AF_UNIX).bind("\\0hostile")
    return "succeeded"
""",
    "starts a shell": """
import subprocess
def solve(x):
    subprocess.run(["/bin/sh", "-c", "exit 0"], check=True)
    return "succeeded"
""",
    "becomes another program": """
import os
def solve(x):
    for path in ("/bin/true", "/usr/bin/true", "/lib64/ld-linux-x86-64.so.2"):
        if os.path.exists(path):
            os.execv(path, ["true"])
    os.execv("/proc/self/exe", ["python"])
""",
    "leaves a daemon": """
import os, time
def solve(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(3600)
        os._exit(0)
    return "succeeded"
""",
    "forks by a raw system call": """
import ctypes, platform
def solve(x):
    libc = ctypes.CDLL(None, use_errno=True)
    fork = {"x86_64": 57}.get(platform.machine(), 220)
    child = libc.syscall(fork, 17, 0, 0, 0, 0)
    if child == 0:
        libc._exit(0)
    return "succeeded" if child > 0 else ""
""",
    "kills its parent": """
import os, signal
def solve(x):
    os.kill(os.getppid() or 1, signal.SIGKILL)
    return "succeeded"
""",
    "kills everything": """
import os, signal
def solve(x):
    os.kill(-1, signal.SIGKILL)
    return "succeeded"
""",
    "traces its parent": """
import ctypes, os
def solve(x):
    attached = ctypes.CDLL(None).ptrace(16, os.getppid() or 1, 0, 0)
    return "succeeded" if attached == 0 else ""
""",
    "writes into its parent's memory": """
import os
def solve(x):
    open(f"/proc/{os.getppid()}/mem", "r+b")
    return "succeeded"
""",
    "takes a file of its parent's": """
import ctypes, os
def solve(x):
    libc = ctypes.CDLL(None)
    process = libc.syscall(434, os.getppid() or 1, 0)
    return "succeeded" if libc.syscall(438, process, 1, 0) >= 0 else ""
""",
    "makes a user namespace of its own": """
import ctypes
def solve(x):
    return "succeeded" if ctypes.CDLL(None).unshare(0x10000000) == 0 else ""
""",
    "mounts over its root": """
import ctypes
def solve(x):
    done = ctypes.CDLL(None).mount(b"none", b"/tmp", b"tmpfs", 0, None)
    return "succeeded" if done == 0 else ""
""",
    "changes its root": """
import os
def solve(x):
    os.chroot("/tmp")
    return "succeeded"
""",
    "becomes root": """
import os
def solve(x):
    if os.geteuid() == 0:
        os.sethostname("hostile") if hasattr(os, "sethostname") else os.chroot("/")
    os.setuid(0)
    os.chroot("/")
    return "succeeded"
""",
    "raises its limits": """
import resource
def solve(x):
    resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))
    return "succeeded"
""",
    "outlives its parent's death": """
import ctypes
def solve(x):
    return "succeeded" if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0 else ""
""",
    "imports what is installed": """
def solve(x):
    import numpy
    return "succeeded"
""",
    "imports the evaluation": """
def solve(x):
    import slm_eval
    return "succeeded"
""",
    "shares memory with other processes": """
import ctypes
def solve(x):
    return "succeeded" if ctypes.CDLL(None).shmget(0, 4096, 0o1600) >= 0 else ""
""",
    "queues its calls in a ring": """
import ctypes
def solve(x):
    parameters = ctypes.create_string_buffer(120)
    return "succeeded" if ctypes.CDLL(None).syscall(425, 4, parameters) >= 0 else ""
""",
}
