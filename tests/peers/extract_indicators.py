"""A peer of extraction for `make bench`: finds indicators as integrations in Python do.

Called with a file of one alert per line. Parses each line, walks it, searches every text with compiled patterns and
classifies addresses. Prints the seconds of the quickest and of the median pass, and how many indicators it found.
"""

import ipaddress
import json
import re
import statistics
import sys
import time

PATTERNS = [
    ("ip", re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")),
    ("ip", re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")),
    ("url", re.compile(r"\bhttps?://[^\s\"'<>]+")),
    ("hash", re.compile(r"\b(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{40}|[0-9a-fA-F]{32})\b")),
    ("domain", re.compile(r"\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|ru|cn|info|example)\b")),
]
SKIPPED = {"agent", "manager", "cluster", "rule", "decoder", "id", "timestamp", "location", "predecoder"}


def walk(value, path, found):
    if isinstance(value, str):
        for kind, pattern in PATTERNS:
            for match in pattern.findall(value):
                if kind == "ip":
                    try:
                        address = ipaddress.ip_address(match)
                    except ValueError:
                        continue
                    found.setdefault((kind, str(address)), (path, address.is_global))
                else:
                    found.setdefault((kind, match.lower()), (path, True))
    elif isinstance(value, dict):
        for key, member in value.items():
            if path or key not in SKIPPED:
                walk(member, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list):
        for item in value:
            walk(item, path, found)


def extract(line):
    found = {}
    walk(json.loads(line), "", found)
    return found


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.read().splitlines()
    passes = []
    for _ in range(int(sys.argv[2])):
        begin = time.perf_counter()
        count = sum(len(extract(line)) for line in lines)
        passes.append(time.perf_counter() - begin)
    print(min(passes), statistics.median(passes), count)


if __name__ == "__main__":
    main()
