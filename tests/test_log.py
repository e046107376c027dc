"""What the package says, it says once."""

import logging
import threading
import time

from fastbp import _log


def test_said_once_at_the_level_asked_for(monkeypatch, caplog):
    monkeypatch.setattr(_log, "_said", {})
    with caplog.at_level(logging.INFO, "fastbp"):
        for message in ("a", "b", "a"):
            _log.tell_once(message)
        _log.tell_once("c", logging.INFO)
    assert caplog.record_tuples == [("fastbp", 30, "a"), ("fastbp", 30, "b"), ("fastbp", 20, "c")]


def test_said_once_by_threads_that_speak_at_the_same_time(monkeypatch):
    class Slow(logging.Handler):
        def emit(self, record):
            said.append(record.getMessage())
            time.sleep(0.05)

    said, handler = [], Slow()
    monkeypatch.setattr(_log, "_said", {})
    monkeypatch.setattr(logging.getLogger("fastbp"), "handlers", [handler])
    threads = [threading.Thread(target=_log.tell_once, args=("a",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["a"]
