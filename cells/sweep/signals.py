"""Signals that ask a cell to stop: it stops where it can continue later.

During training a signal is held until the end of the step. Elsewhere (preparing, retrieving) it
ends the work at once, because files are written under temporary names and renamed. Further signals
change nothing, so that they cannot disturb a checkpoint or the exit.
"""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, NoReturn, ParamSpec, Self, TypeVar

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)
Given = ParamSpec("Given")
Result = TypeVar("Result")
DEFAULTS = (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler, None)


class Interrupted(SystemExit):
    """A signal ended the cell; `except Exception` does not catch this.

    The exit status is 128 + the signal's number, as in a shell.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signum = signum


class Interruption:
    """Receives the signals inside its block, and passes them on to processes started from here.

    The earlier handler of a signal (submitit requeues on USR2) is called when the block is left.

    Args:
        received: called when the first signal comes.
    """

    def __init__(self, received: Callable[[], None] = lambda: None) -> None:
        self._tell = received
        self._previous: dict[int, Any] = {}
        self._received: int | None = None
        self._held = False

    def __enter__(self) -> Self:
        """Take over the signals, which only the main thread of a process can."""
        if threading.current_thread() is threading.main_thread():
            self._previous = {signum: signal.getsignal(signum) for signum in SIGNALS}
            self.install()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the earlier handlers, and pass on the signal that ended the cell."""
        ended_by = error.signum if isinstance(error, Interrupted) else None
        handler = None if ended_by is None else self._previous.get(ended_by)
        around = getattr(handler, "__self__", None)
        if isinstance(around, Interruption) and self._received is not None:
            around.take_over(self._received)  # before it is asked: it ignores a second one
        for signum, previous in self._previous.items():
            signal.signal(signum, previous if previous is not None else signal.SIG_DFL)
        if callable(handler) and handler not in DEFAULTS and not isinstance(around, Interruption):
            handler(ended_by, None)

    def install(self) -> None:
        """Install the handlers, again if a library has installed its own."""
        for signum in self._previous:
            signal.signal(signum, self._receive)

    @property
    def requested(self) -> bool:
        """Whether a signal has come."""
        return self._received is not None

    def leave(self) -> NoReturn:
        """End the cell, because this process or another one that trains it received a signal.

        Raises:
            Interrupted: always.
        """
        raise Interrupted(self._received or signal.SIGTERM)

    def hold(self) -> None:
        """From now on a signal is only noted."""
        self._held = True

    def take_over(self, signum: int) -> None:
        """Note a signal that a block inside has received and acts upon."""
        self._received = signum

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only note signals inside the block; code that can stop calls `leave`."""
        self._held = True
        try:
            yield
        except Exception as error:
            if not self.requested:
                raise
            log.warning("while stopping: %s", next(iter(str(error).strip().splitlines()), error))
        finally:
            self._held = False
        if self.requested:
            self.leave()

    def released(self, work: Callable[Given, Result]) -> Callable[Given, Result]:
        """Return the work so that a signal ends it at once, even inside a held block."""

        def interruptible(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            held, self._held = self._held, False
            try:
                if self.requested:
                    self.leave()
                return work(*args, **kwargs)
            finally:
                self._held = held

        return interruptible

    def _receive(self, signum: int, frame: FrameType | None) -> None:
        del frame
        if self._received is not None:
            return
        self._received = signum
        log.warning(
            "%s received: stopping; the same command continues the cell",
            signal.Signals(signum).name,
        )
        for child in multiprocessing.active_children():
            hand_on(signum, child.pid)
        self._tell()
        if not self._held:
            raise Interrupted(signum)


def hand_on(signum: int, pid: int | None) -> None:
    """Send a signal to a process that may have ended."""
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signum)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Around all that a process does: the first signal ends it, and it ignores further ones."""
    try:
        with Interruption():
            yield
    except Interrupted:
        for signum in SIGNALS:
            signal.signal(signum, signal.SIG_IGN)
        raise
