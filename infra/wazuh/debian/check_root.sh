#!/usr/bin/env bash
# The package on a clean Debian (`debootstrap --variant=minbase bookworm DIR`), as docs/publisher.md has it: installed by the
# root's own dpkg, put to work, alerts sent to an SQS on this host both ways, taken away without a trace. As root.
# There is no systemd in the root: the service is started as its unit would start it.
set -euo pipefail
deb=$(realpath "${1:?the .deb}")
root=$(realpath "${2:?the folder of the clean Debian}")
here=$(dirname "$(realpath "$0")")
queue=https://sqs.eu-central-1.amazonaws.com/123456789012/wazuh-triage-alerts
work=$(mktemp -d)
started=()
cleanup() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    umount "$root/proc" || true
    rm -rf "$work"
}
fail() { echo "check_root.sh: $*" >&2; exit 1; }
clean=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin)
inside() { chroot "$root" "${clean[@]}" "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "$* failed"; }; }
as_wazuh() { chroot --userspec=wazuh:wazuh "$root" "${clean[@]}" "$@"; }
until_true() { # what, command
    local what=$1; shift
    for _ in $(seq 100); do "$@" && return; sleep 0.1; done
    tail -5 "$root/var/ossec/logs/integrations.log" >&2
    fail "$what: not within 10 s"
}
arrived() { grep -qx "$1" "$work/arrived"; }
files() { (cd "$root" && find etc usr var/ossec ! -name '*.log' -printf '%p %m %U:%G %l\n' | sort); }
waiting() { find "$root/var/ossec/queue/wazuh-triage" -path '*/new/*' | grep -q .; }
call() { # id: as integratord calls it
    local file="/tmp/custom-wazuh-triage-1791030127--$1.alert"
    printf '{"id":"%s","rule":{"id":"5763","level":10}}\n' "$1" >"$root$file"
    inside chown wazuh:wazuh "$file"
    as_wazuh env -C /var/ossec integrations/custom-wazuh-triage "$file" '' "$queue" '' '' 10 3 '> /dev/null 2>&1' ||
        fail "the integration ended with $?"
    rm "$root$file"
}

echo "in $root"
# The program finds itself by /proc/self/exe.
mount --bind /proc "$root/proc"
trap cleanup EXIT

# What Wazuh's own package makes, as far as it is looked at.
inside groupadd --force --system wazuh
grep -q ^wazuh: "$root/etc/passwd" || inside useradd --system --no-create-home --home-dir /var/ossec -g wazuh wazuh
mkdir -p "$root"/var/ossec/{etc/rules,etc/lists,queue,integrations,logs/alerts,backup}
printf '<ossec_config>\n  <global>\n    <jsonout_output>yes</jsonout_output>\n  </global>\n</ossec_config>\n' >"$root/var/ossec/etc/ossec.conf"
: >"$root/var/ossec/logs/alerts/alerts.json"
inside chown -R root:wazuh /var/ossec
inside chown -R wazuh:wazuh /var/ossec/queue /var/ossec/logs
inside chmod -R u=rwX,g=rwX,o= /var/ossec/etc /var/ossec/logs
files >"$work/before"

: >"$work/arrived"
python3 "$here/fake_sqs.py" "$work/port" "$work/arrived" &
started+=($!)
until_true "the fake SQS listens" test -s "$work/port"

cp "$deb" "$root/tmp/wazuh-publisher.deb"
inside dpkg -i /tmp/wazuh-publisher.deb
printf '[default]\naws_access_key_id = AKIDTEST\naws_secret_access_key = none\n' >"$root/tmp/credentials"
inside install -o root -g wazuh -m 0640 /tmp/credentials /var/ossec/etc/wazuh-triage.credentials
files >"$work/installed"
inside wazuh-publisher install --intake integration --queue-url "$queue" --dry-run
files | diff "$work/installed" - || fail "a dry run changed something"
inside wazuh-publisher install --intake integration --queue-url "$queue"
inside wazuh-publisher install --intake integration --queue-url "$queue"
grep -qE '^(write|changed) ' "$work/out" && fail "a second install changed something"
cmp "$root/usr/lib/wazuh-publisher/custom-wazuh-triage" "$root/var/ossec/integrations/custom-wazuh-triage" ||
    fail "integratord does not call the static program"
printf '%s\n' 'credentials_file = "/var/ossec/etc/wazuh-triage.credentials"' \
    "endpoint_url = \"http://127.0.0.1:$(cat "$work/port")\"" >>"$root/var/ossec/etc/wazuh-triage.toml"

chroot "$root" "${clean[@]}" wazuh-publisher doctor >"$work/doctor" 2>&1 && fail "doctor finds nothing to say without analysisd"
for finding in '/var/ossec/integrations/custom-wazuh-triage is in its place, root:wazuh 0750' \
    "the alerts queue answers: $queue"; do
    grep -qx "ok   $finding" "$work/doctor" || { cat "$work/doctor" >&2; fail "doctor does not say: $finding"; }
done
[ -e "$root/etc/ssl/certs/ca-certificates.crt" ] || grep -q '^warn this host has no root certificates' "$work/doctor" ||
    fail "doctor does not miss the root certificates"

if systemd-analyze --version >/dev/null 2>&1; then
    # On this host, where the units are that it names; its program is not here.
    sed 's|^ExecStart=/usr/bin/wazuh-publisher|ExecStart=/bin/true|' "$root/usr/lib/systemd/system/wazuh-publisher.service" >"$work/wazuh-publisher.service"
    systemd-analyze verify "$work/wazuh-publisher.service" || fail "systemd does not take the unit"
else
    echo "the unit: not checked, there is no systemd-analyze"
fi

# Not by the function: the signal that ends it is for the program, not for a shell around it.
chroot --userspec=wazuh:wazuh "$root" "${clean[@]}" WAZUH_TRIAGE_INTAKE=follow wazuh-publisher run >"$work/service" 2>&1 &
service=$!
started+=("$service")
until_true "the service listens" test -S "$root/var/ossec/queue/wazuh-triage/doorbell"
call 1.1
printf '{"timestamp":"2026-10-03T14:22:07.123+0000","id":"2.2","rule":{"id":"5763","level":10}}\n' >>"$root/var/ossec/logs/alerts/alerts.json"
until_true "the alert of integratord arrives" arrived 1.1
until_true "the alert of the file arrives" arrived 2.2
as_wazuh wazuh-publisher status >"$work/status"
grep -q 'sent 1, rejected 0, waiting 0' "$work/status" || grep -q 'sent 2, rejected 0, waiting 0' "$work/status" ||
    { cat "$work/status" >&2; fail "the service did not count the alerts"; }
kill "$service"
wait "$service" || fail "the service ended with $?"
kill "${started[0]}"

# Nobody answers now. What was accepted outlives even the package.
call 3.3
until_true "the shipper tells" grep -q 'could not send alert 3.3' "$root/var/ossec/logs/integrations.log"
until_true "the shipper ends" flock --nonblock "$root/var/ossec/queue/wazuh-triage/lock" true
inside wazuh-publisher uninstall
[ ! -e "$root/var/ossec/integrations/custom-wazuh-triage" ] || fail "the integration is still there"
inside dpkg -P wazuh-publisher
waiting || fail "the alert went with the package"
# Without an alert, everything goes; without `uninstall`, the package does it.
inside dpkg -i /tmp/wazuh-publisher.deb
inside wazuh-publisher install --intake integration --queue-url "$queue"
find "$root/var/ossec/queue/wazuh-triage" -path '*/new/*' -delete
inside dpkg -P wazuh-publisher
rm "$root/var/ossec/etc/wazuh-triage.credentials"
files | diff "$work/before" - || fail "it left something, or took something away"
rm -rf "$root/var/ossec" "$root/tmp/wazuh-publisher.deb" "$root/tmp/credentials"
inside userdel wazuh
echo "the same on a clean Debian, with alerts both ways"
