"""What tests let other processes do: each start imports this file, and so next to nothing."""

import os
import signal
import time


def answer(item: int) -> str:
    """Stands for a codec: 13 kills the process, 99 never comes back."""
    if item == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    if item == 99:
        time.sleep(600)
    return f"done {item}"
