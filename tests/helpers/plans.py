"""A call of ``fit`` for schedules to follow, and their values in it."""

import numpy as np

from fastbp.schedules import Plan

#: A call of 100 steps, ten to an epoch, after 40 that were made before.
PLAN = Plan(40, 140, 10)


def values(schedule, places, plan=PLAN):
    """What it is when so many steps are done: of the call, or of all where it goes on from call to call."""
    begin = plan.begin if schedule.follows_fit else 0
    return schedule(np.array(places) + begin + 1, plan).tolist()
