"""A worker of the comparisons that answers at once; as the peer "spins" it computes on for a while, out of turn."""

import json
import sys
import threading
import time


def spin():
    end = time.perf_counter() + 0.6
    while time.perf_counter() < end:
        pass


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        if sys.argv[1] == "spins" and asked["cmd"] == "round":
            threading.Thread(target=spin).start()
        print(json.dumps({"seconds": 0.01, "cpu": 0.01}), flush=True)


if __name__ == "__main__":
    main()
