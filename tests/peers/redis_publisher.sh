#!/bin/bash
# A peer of the publisher for `make bench`: pushes the alert's file onto a Redis list.
# Called as integratord calls an integration: <alert file> <api key> <hook url>; the hook is Redis's socket.
set -euo pipefail

redis-cli -s "$3" -x LPUSH wazuh-alerts < "$1" > /dev/null
