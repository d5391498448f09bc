"""Starts MiniStack and dies with whoever holds the other end of standard input, even if that one was killed."""

import os
import signal
import sys
import threading


def follow_parent():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


# The Rust program starts this as the leader of a process group of its own; never kill another group.
if os.getpgid(0) != os.getpid():
    sys.exit("start this as a process group leader")
threading.Thread(target=follow_parent, daemon=True).start()

from ministack.app import main  # noqa: E402  the watcher has to run before the slow import

main()
