"""How a test group begins that builds and runs models on one target."""
import argparse

from report import Report
from targets import TARGETS, best_host, missing


def parser(description, default):
    """Its options: --target, and whatever the group adds."""
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--target", default=default, help="a target, or 'host' for the widest that this processor runs")
    return p


def begin(a, group):
    """The target that the arguments name, and the report. Ends the group as skipped where the target cannot be run here."""
    target = best_host() if a.target == "host" else TARGETS[a.target]
    report = Report()
    reason = missing(target)
    if reason:
        report.skip(f"{group}/{target.name}", reason)
        report.exit()
    return target, report
