"""Signals to other rooms about changes that the models' own signals miss."""

from django.dispatch import Signal

# `policies`: the keys of the policies of which something that is shown may have changed, in the
# transaction that changes it; None means all of them.
policies_changed = Signal()
# `policies`: likewise, of which other findings or risks than before are known, while all else of
# them is as it was.
policies_judged = Signal()
# After policies were brought in, outside of the transaction: a room that keeps something of them
# where they are too many for memory brings it up to date, and returns of how many it did.
import_finished = Signal()
