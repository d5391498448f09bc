#!/usr/bin/env bash
# Checks every Terraform module, example and environment: format, validity, tests, and what tflint says where it is installed. Needs no account and, with a provider mirror, no
# internet. Nothing is left behind in this folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=$here/../target/terraform-data
mkdir -p "$data"
data=$(cd "$data" && pwd)

if ! command -v terraform >/dev/null; then
  echo "terraform: not found on PATH; install 1.11 or newer: https://developer.hashicorp.com/terraform/install" >&2
  exit 1
fi

# A CLI configuration that is named but missing only produces warnings.
if [[ -n ${TF_CLI_CONFIG_FILE:-} && ! -e $TF_CLI_CONFIG_FILE ]]; then
  unset TF_CLI_CONFIG_FILE
fi
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1

# Prints the folder that holds registry.terraform.io/hashicorp/aws on this machine; nothing if there is none.
find_mirror() {
  local candidate
  for candidate in \
    "${HOME:-}/.terraform.d/plugins" \
    "${XDG_DATA_HOME:-${HOME:-}/.local/share}/terraform/plugins" \
    "${HOME:-}/Library/Application Support/io.terraform/plugins" \
    /usr/local/share/terraform/plugins \
    /usr/share/terraform/plugins; do
    if [[ -d $candidate/registry.terraform.io/hashicorp/aws ]]; then
      echo "$candidate"
      return
    fi
  done
  candidate=$(find /opt /usr/share -maxdepth 6 -type d -path '*/registry.terraform.io/hashicorp/aws' -print -quit 2>/dev/null || true)
  if [[ -n $candidate ]]; then
    echo "${candidate%/registry.terraform.io/hashicorp/aws}"
  fi
}

init=(terraform init -backend=false -input=false -no-color)
mirror=${TERRAFORM_PLUGIN_MIRROR-$(find_mirror)} # set but empty: download, whatever is here
if [[ -n $mirror ]]; then
  init+=("-plugin-dir=$mirror")
fi

# init writes a lock file next to the configuration; take away those that were not there before.
new_locks=()
remove_new_locks() {
  if ((${#new_locks[@]})); then
    rm -f "${new_locks[@]}"
  fi
}
trap remove_new_locks EXIT

# Runs one step of a module; its output is shown only if it fails.
step() {
  local name=$1 log=$TF_DATA_DIR/check.log
  shift
  if ! "$@" >"$log" 2>&1; then
    echo "terraform: $module: $name failed" >&2
    cat "$log" >&2
    return 1
  fi
}

check() {
  local module=$1 started=$SECONDS tests=""
  export TF_DATA_DIR=$data/$module
  mkdir -p "$TF_DATA_DIR"
  cd "$here/$module" || return 1
  step fmt terraform fmt -check -diff -recursive -no-color || return 1
  step init "${init[@]}" || return 1
  step validate terraform validate -no-color || return 1
  if command -v tflint >/dev/null; then
    step tflint tflint --no-color --minimum-failure-severity=warning || return 1
  fi
  if compgen -G 'tests/*.tftest.hcl' >/dev/null; then
    step test terraform test -no-color || return 1
    tests=", $(sed -n 's/^Success! \([0-9]*\) passed.*/\1/p' "$TF_DATA_DIR/check.log") tests"
  fi
  echo "terraform: $module: ok$tests ($((SECONDS - started)) s)"
}

command -v tflint >/dev/null || echo "terraform: tflint is not installed, so it says nothing (https://github.com/terraform-linters/tflint)"

passed=0
failed=0
for folder in "$here"/modules/*/ "$here"/examples/*/ "$here"/environments/*/ "$here"/bootstrap/; do
  [[ -e $folder/main.tf ]] || continue
  module=${folder#"$here"/}
  module=${module%/}
  [[ -e $folder/.terraform.lock.hcl ]] || new_locks+=("$folder.terraform.lock.hcl")
  if (check "$module"); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done

if ! "$here/variables.sh"; then
  failed=$((failed + 1))
fi

echo "terraform: $passed passed, $failed failed"
((failed == 0))
