#!/bin/bash
# A peer of the publisher for `make bench`: what docs/parity.md A3 says of the first system's publisher, with builtins
# wherever bash has one. Reads the alert with a limit of two seconds, pushes it raw, and logs what became of it.
# Called as integratord calls an integration: <alert file> <api key> <hook url>; the hook is Redis's socket.
log="$(dirname "$3")/integrations.log"
say() { printf '%(%Y %b %d %H:%M:%S)T %s\n' -1 "redis-publisher: $*" >> "$log"; }

say "triggered"
IFS= read -r -t 2 alert < "$1"
if [ -z "$alert" ]; then
  say "error: empty input"
  exit 1
fi
id=$(grep -o '"id":"[0-9]*\.[0-9]*"' <<< "$alert")
if redis-cli -s "$3" LPUSH wazuh-parity "$alert" > /dev/null; then
  say "pushed alert $id to wazuh-parity"
else
  say "failure $? for alert $id"
fi
