"""The lines that every test group prints and tests/run.sh adds up: `ok NAME`, `not ok NAME reason`, `skip NAME reason`."""
import sys
import threading

_lock = threading.Lock()


class Report:
    def __init__(self):
        self.counts = {"ok": 0, "not ok": 0, "skip": 0}

    def _line(self, kind, name, reason=""):
        with _lock:
            self.counts[kind] += 1
            print(kind, name, " ".join(str(reason).split()), flush=True)

    def ok(self, name, remark=""):
        self._line("ok", name, remark)

    def failed(self, name, reason):
        self._line("not ok", name, reason)

    def skip(self, name, reason):
        self._line("skip", name, reason)

    def exit(self):
        sys.exit(1 if self.counts["not ok"] or not sum(self.counts.values()) else 0)
