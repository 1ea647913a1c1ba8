"""A deployment in small, for the tests: Redis and two parts under a supervisor, in a process.

Usage: python supervised.py DATA_DIR STOP_SECONDS WEB_PROGRAM
"""

import logging
import sys
from pathlib import Path

from anthyx_server.embedded import answers, redis_part, socket_path
from anthyx_server.environment import ConfigurationError
from anthyx_server.parts import Part, PartError
from anthyx_server.supervisor import Supervisor

# Ready once it has written a line. Asked to end, it finishes what it is at, which takes a while,
# and notes whether Redis still answers.
PART = """
import pathlib, signal, sys, time
from anthyx_server.embedded import answers
name, data_dir, socket = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
def end(number, frame):
    time.sleep(0.2)
    (data_dir / f"{name}.end").write_text(str(answers(socket)))
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
with (data_dir / f"{name}.starts").open("a") as file:
    print(time.monotonic(), file=file)
signal.pause()
"""


def main() -> None:
    """Run until a signal."""
    data_dir, stop_seconds, web_program = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    logging.basicConfig(level=logging.INFO)
    try:
        with Supervisor(data_dir, stop_seconds) as supervisor:
            supervisor.start(redis_part(data_dir))
            supervisor.start(_part("web", web_program, data_dir), _part("worker", PART, data_dir))
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            supervisor.watch()
    except (ConfigurationError, PartError) as error:
        sys.exit(f"error: {error}")
    still_there = answers(socket_path(data_dir))
    sys.stdout.write(f"ended, Redis {'lives' if still_there else 'is gone'}\n")


def _part(name: str, program: str, data_dir: Path) -> Part:
    starts = data_dir / f"{name}.starts"
    starts.unlink(missing_ok=True)
    argv = (sys.executable, "-c", program or PART, name, str(data_dir), str(socket_path(data_dir)))
    return Part(name, argv, starts.exists)


if __name__ == "__main__":
    main()
