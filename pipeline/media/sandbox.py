"""How a ``Command`` becomes a real command line that can see and do as little as possible. Pure.

With bubblewrap the process has its own mount, network, process and user namespaces: the system's programs and
libraries, its inputs below ``/in``, its output folder and the devices it was given (an encoder in hardware) are all it
sees. Without it the inputs are links below a folder of their own; what is left then are resource limits, ffmpeg's
format and protocol lists, and a cleared environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.media.command import Command, Tools

_LAUNCHER = Path(__file__).with_name("launch.py")
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")
"""Where programs and their libraries are; bound where they exist, a symbolic link as what it leads to."""


@dataclass(frozen=True)
class Confined:
    """A command line ready to be started.

    Attributes:
        argv: absolute program and arguments.
        environment: the whole environment.
        links: symbolic links that must exist first: where -> to what.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    links: Mapping[Path, Path]


def confine(command: Command, tools: Tools, view: Path) -> Confined:
    """The command line that runs ``command`` confined; ``view`` is an empty folder of its own for links."""
    python = Path(sys.executable).resolve()
    program = {"ffmpeg": tools.ffmpeg, "python": python}[command.argv[0]]
    launcher = (str(python), "-I", "-S", "-B", str(_LAUNCHER), str(os.getpid()), _limits(command), "--")
    if tools.bwrap is not None:
        inner = (*_bubblewrap(command, tools.bwrap, program), str(program), *command.argv[1:])
        return Confined((*launcher, *inner), {}, {})
    argv = (str(program), *(_seen(word, view) for word in command.argv[1:]))
    environment = {name: _seen(value, view) for name, value in command.environment.items()}
    links = {view / "in" / name: real.absolute() for name, real in command.inputs.items()}
    return Confined((*launcher, *argv), environment, links)


def _limits(command: Command) -> str:
    limits = command.limits
    values = {
        "RLIMIT_CPU": limits.cpu_s,
        # Drivers of graphics cards reserve far more addresses than they use: only what can be written counts then.
        "RLIMIT_DATA" if command.devices else "RLIMIT_AS": limits.memory_bytes,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_CORE": 0,
        "nice": limits.nice,
    }
    return json.dumps({name: value for name, value in values.items() if value is not None})


def _bubblewrap(command: Command, bwrap: Path, program: Path) -> list[str]:
    argv = [str(bwrap), "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name, value in command.environment.items():
        argv += ["--setenv", name, value]
    for folder in _SYSTEM:
        argv += ["--ro-bind-try", folder, folder]
    argv += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 -- a private one inside
    for device in command.devices:
        argv += ["--dev-bind", device, device]
    if command.devices:
        argv += ["--ro-bind", "/sys", "/sys"]  # where drivers look up which card a device file is
    home = Path(sys.base_prefix) if command.argv[0] == "python" else program
    if not str(home).startswith("/usr/"):
        argv += ["--ro-bind", str(home), str(home)]  # after /tmp, which may be where the program is
    for name, real in command.inputs.items():
        argv += ["--ro-bind", str(real.absolute()), f"/in/{name}"]
    if command.output is not None:
        argv += ["--bind", str(command.output.absolute()), "/out", "--chdir", "/out"]
    return [*argv, "--remount-ro", "/"]  # else the root, which lives in memory, could be filled


def _seen(word: str, view: Path) -> str:
    """Where ``/in/…`` is when there is no namespace to put it in."""
    prefix, separator, rest = word.partition("/in/")
    return f"{prefix}{view}/in/{rest}" if separator and prefix in {"", "file:"} else word
