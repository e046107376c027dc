"""While it is on, messages are looked after by a thread that counts as none that computes; off, it is gone."""

import threading
import time

from fastbp.distributed.pump import Pump
from fastbp.processors.process import _is_idle


def test_it_looks_while_it_is_on():
    looks, others = [], threading.active_count()
    pump = Pump(lambda: looks.append(threading.current_thread()))
    pump.off()
    for _ in range(2):
        looks.clear()
        pump.on()
        pump.on()
        assert threading.active_count() == others + 1
        end = time.monotonic() + 10
        while not looks:
            assert time.monotonic() < end
            time.sleep(0.001)
        pump.off()
        count = len(looks)
        assert threading.active_count() == others and _is_idle(looks[0])
        time.sleep(0.005)
        assert len(looks) == count
