"""Signals that ask a cell to stop: it stops where it can be taken up again.

During training a signal is held until the end of the step; elsewhere (preparing, retrieving) it
ends the work at once, because all files are written aside and renamed. A second signal changes
nothing: neither a checkpoint being written nor the way out is disturbed.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, NoReturn, ParamSpec, Self, TypeVar

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)
Given = ParamSpec("Given")
Result = TypeVar("Result")
DEFAULTS = (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler, None)


class Interrupted(SystemExit):
    """A signal ended the cell. The exit status is the shell's, 128 + the signal's number; no `except Exception` catches it."""

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signum = signum


class Interruption:
    """Receives the signals while it is entered. Who handled them before (submitit requeues on USR2) is called when the cell is left."""

    def __init__(self) -> None:
        self._previous: dict[int, Any] = {}
        self._received: int | None = None
        self._held = False

    def __enter__(self) -> Self:
        """Take the signals over; only a process's main thread can."""
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
        """Give the signals back, and hands on the one that ended the cell."""
        for signum, handler in self._previous.items():
            signal.signal(signum, handler if handler is not None else signal.SIG_DFL)
        if isinstance(error, Interrupted):
            handler = self._previous.get(error.signum)
            if callable(handler) and handler not in DEFAULTS:
                handler(error.signum, None)

    def install(self) -> None:
        """Put the handlers in place, again if a library has put its own there."""
        for signum in self._previous:
            signal.signal(signum, self._receive)

    @property
    def requested(self) -> bool:
        """Whether a signal has come."""
        return self._received is not None

    def leave(self) -> NoReturn:
        """Ends the cell, for the signal that has come here or, in a distributed run, to another process.

        Raises:
            Interrupted: always.
        """
        raise Interrupted(self._received or signal.SIGTERM)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside the block a signal is only noted; whoever can stop calls `leave`."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self.requested:
            self.leave()

    def released(self, work: Callable[Given, Result]) -> Callable[Given, Result]:
        """Return the work such that a signal ends it at once, although it is done inside a held block."""

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
        if not self._held:
            raise Interrupted(signum)
