"""Commands in a separate process that reports its calls, so that a test can kill it.

The process is forked from a server that has the libraries loaded, and then runs the very files a
user runs. Each phase's beginning and end is a byte in a pipe, which outlives the process.
"""

import functools
import multiprocessing
import os
import runpy
import sys
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[2]
PHASES = (
    "collection",
    "token store",
    "noising",
    "training step",
    "checkpoint",
    "evaluating",
    "results",
    "report",
    "between",
)
KINDS = {
    "tokens": "token store",
    "tokenizers": "token store",
    "noise": "noising",
    "latent_semantics": "noising",
    "content_hash": "noising",
}
END = 128

processes = multiprocessing.get_context("forkserver")


def preload():
    """Lets the server load the project before it forks; it starts with the first command."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    processes.set_forkserver_preload(
        [
            "pytest",
            "cells.training.fit",
            "cells.tasks.train",
            "cells.training.evaluator",
            "watched_sweep",
        ]
    )


class Watched:
    """Running commands, one after the other; each is a file of the project and its arguments.

    Attributes:
        log: file of all it prints.
        phase: the phase it is in, as far as its messages were read.
    """

    def __init__(self, commands, folder, log):
        self.log, self._open = log, []
        self._events, writer = processes.Pipe(duplex=False)
        self.process = processes.Process(
            target=_run, args=(commands, str(folder), str(log), writer)
        )
        self.process.start()
        writer.close()

    @property
    def phase(self):
        return self._open[-1] if self._open else "between"

    def began(self, timeout=300):
        """Returns the next phase that begins; None: the command has ended."""
        while self._events.poll(timeout):
            try:
                code = self._events.recv_bytes()[0]
            except EOFError:
                return None
            if code < END:
                self._open.append(PHASES[code])
                return self.phase
            self._open.pop()
        raise TimeoutError(self.log.read_text())

    def finish(self):
        """Waits for the end and returns the exit status."""
        while self.began():
            pass
        self.process.join()
        return self.process.exitcode

    def kill(self):
        """Kills it and returns the phase it was in."""
        self.process.kill()
        self.finish()
        return self.phase


def _run(commands, folder, log, events: Connection):
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    watch(events)
    for file, *arguments in commands:
        sys.argv = [str(ROOT / file), *arguments]
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise


def watch(events):
    """Wraps the functions that do the work of each phase."""
    import cells.tasks.train
    import cells.training.evaluator
    import reporting.command
    from cells.training.checkpoints import Checkpoints
    from cells.training.evaluator import Evaluator
    from data.storage.cache import Cache
    from lightning_modules import RankingModule
    from noise import Audit

    def reported(owner, name, phase):
        function = getattr(owner, name)

        @functools.wraps(function)
        def inner(*arguments, **keywords):
            code = PHASES.index(phase(*arguments) if callable(phase) else phase)
            events.send_bytes(bytes([code]))
            try:
                return function(*arguments, **keywords)
            finally:
                events.send_bytes(bytes([code + END]))

        setattr(owner, name, inner)

    reported(
        Cache, "_build", lambda _self, target, *_rest: KINDS.get(target.parent.name, "collection")
    )
    reported(Audit, "write", "noising")
    reported(RankingModule, "training_step", "training step")
    reported(Checkpoints, "_save", "checkpoint")
    reported(Evaluator, "_retrieve", "evaluating")
    reported(reporting.command, "_write", "report")
    for owner, name in (
        (cells.training.evaluator, "write_trec"),
        (cells.training.evaluator, "write_per_query"),
        (cells.tasks.train, "write_scores"),
    ):
        reported(owner, name, "results")
