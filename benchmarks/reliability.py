"""What ballgen promises of what comes from outside, measured: python -m benchmarks.reliability

Takes hours with its own counts; `--kills 30 --links 200` takes twenty minutes. The table is that of
docs/reliability.md. What the tests measure whole (damage, text from outside) is not repeated here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from ballgen.util.wording import text_table
from benchmarks.hostile_archives import archives
from benchmarks.reliability_links import links
from benchmarks.reliability_runs import (
    kill_at_random,
    look_from_elsewhere,
    stop_everywhere,
    two_commands,
)


def rows(kills: int, link_count: int) -> Iterator[tuple[str, str, str]]:
    """What is promised, what was measured, and what is asked; the quick ones come first."""
    looks, lost = look_from_elsewhere()
    yield (
        "second host, clock step: live run shown lost",
        f"{lost} of {looks} looks",
        "never",
    )
    status, words = two_commands()
    yield "two commands on one output folder", f"exit status {status}: {words}", "refused, one line"
    seconds = stop_everywhere()
    part = max(seconds, key=seconds.get)
    yield (
        f"stop heard, {len(seconds)} parts, one busy process beside",
        f"{seconds[part]:.1f} s at most ({part})",
        "2 s",
    )
    worst = archives()
    yield (
        f"hostile archives, {len(worst)}: the process that reads",
        f"{max(one.memory for one in worst):.0f} MB, {max(one.seconds for one in worst):.0f} s",
        "1,024 MB, 60 s",
    )
    yield "the process that asked for it", f"+{max(one.growth for one in worst):.0f} MB", "+200 MB"
    found = links(link_count)
    yield (
        f"links with hostile parameters, {link_count:,}",
        f"{found['boxes']:.0f} boxes, growth {found['growth_mb']:.0f} MB",
        "0 boxes, 200 MB",
    )
    killed, lost = kill_at_random(kills)
    yield "worker, server, both killed at random", f"{killed} kills, {lost} lost", "0 lost"


def main() -> None:
    """Print each figure when it is known, and the table at the end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300, metavar="N")
    parser.add_argument("--links", type=int, default=2000, metavar="N")
    args = parser.parse_args()
    table = [["what", "measured", "asked"]]
    for row in rows(args.kills, args.links):
        print(*row, sep=" | ", flush=True)
        table.append([*row])
    print(f"\n{text_table(table)}")


if __name__ == "__main__":
    main()
