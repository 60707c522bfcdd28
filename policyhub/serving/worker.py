"""gunicorn's worker, patient at the end."""

from types import FrameType

from gunicorn.workers.sync import SyncWorker


class PatientWorker(SyncWorker):
    """Ends on Ctrl-C when it has answered what it is answering, instead of in the midst of it."""

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Take no further request; the one at hand is finished."""
        self.handle_exit(sig, frame)
