#!/usr/bin/env bash
# Compares what each function reads with what Terraform sets: a variable that only one of them knows is an error. What
# Terraform sets stands in the pipeline module's tests, which assert the whole environment of each function.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
test=terraform/modules/pipeline/tests/pipeline.tftest.hcl

# The folder of a function, whose module may be part of another.
folder() { [[ $1 == feeds ]] && echo ingest || echo "$1"; }

# Files that read the configuration of a function: its own, and the shared ones that it calls.
readers() {
  grep -rlE '\bReader\b' --include='*.rs' "functions/$1/src" | grep -v '/tests'
  if grep -rq 'Settings::read(&mut reader)' "functions/$1/src/config.rs"; then echo shared/lambda/src/worker.rs; fi
  if grep -q 'Policy::read' "functions/$1/src/config.rs"; then echo shared/intel/src/settings.rs; fi
}

# Names in upper case, in quotes, outside of tests.
read_by() {
  readers "$1" | sort | while read -r file; do
    sed '/#\[cfg(test)\]/,$d' "$file" | { grep -oE '"[A-Z][A-Z0-9_]{3,}"' || true; }
  done | tr -d '"' | sort -u
}

# The names on the left of `module.NAME.environment == { ... }`, not those of what is nested in it.
set_for() {
  sed -n "/condition = module\.$1\.environment == {/,/^    }/p" "$test" |
    { grep -oE '^      [A-Z][A-Z0-9_]+ ' || true; } | tr -d ' ' | sort -u
}

failed=0
for function in $(sed -n 's/^ *condition = module\.\([a-z]*\)\.environment == {$/\1/p' "$test"); do
  difference=$(comm -3 <(read_by "$(folder "$function")") <(set_for "$function"))
  if [[ -n $difference ]]; then
    failed=1
    sed -E "s/^\t(.*)/variables: $function never reads \1, which Terraform sets/; t; s/(.*)/variables: Terraform never sets \1, which $function reads/" <<<"$difference" >&2
  fi
done
((failed == 0)) && echo "variables: every function reads what Terraform sets"
