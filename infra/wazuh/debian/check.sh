#!/usr/bin/env bash
# Installs, upgrades, removes and purges the package in folders of its own, with and without Wazuh in them. dpkg runs
# the maintainer scripts of this system's shell with DPKG_ROOT set (--force-script-chrootless): what it does not cover
# is systemd, and dependencies (there is no libc in the folders). As root, or under fakeroot.
set -euo pipefail
deb=$(realpath "${1:?the .deb}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "check.sh: $*" >&2; exit 1; }

new_root() {
    local root=$1
    mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers} "$root/etc"
    touch "$root"/var/lib/dpkg/{status,available}
}
package() { # root, words
    local root=$1; shift
    dpkg --root="$root" --force-script-chrootless --force-depends --force-not-root --log=/dev/null "$@" >"$work/out" 2>&1 ||
        { cat "$work/out" >&2; fail "dpkg $* failed in $root"; }
}
files() { (cd "$1" && find . -path ./var/lib/dpkg -prune -o -printf '%p %m %l\n' | sort); }

echo "contents"
dpkg-deb -c "$deb" | awk '{print $1, $2, $6}'
dpkg-deb -f "$deb" Package Version Architecture Depends
dpkg-deb -f "$deb" Depends | tr ',' '\n' | grep -vE '^ *(libc6|libgcc-s1)( |$)' && fail "it depends on more than libc"
dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./conffiles | grep -qx /etc/default/wazuh-publisher || fail "no conffile"

echo "custom-wazuh-triage"
small="$work/small/usr/lib/wazuh-publisher/custom-wazuh-triage"
dpkg-deb -x "$deb" "$work/small"
# 7f 45 4c 46 is an ELF file; a program header of the kind 3 (INTERP) names the loader of a dynamic one.
[ "$(head -c 4 "$small" | od -An -tx1)" = " 7f 45 4c 46" ] || fail "custom-wazuh-triage is no ELF program"
readelf -lW "$small" | grep -q INTERP && fail "custom-wazuh-triage is not static"
[ "$(stat -c %s "$small")" -le 400000 ] || fail "custom-wazuh-triage has more than 400 kB"
# Without the whole program it can do an ordinary call, and nothing else.
mkdir -p "$work/ossec"/{etc,integrations,logs,queue}
cp "$small" "$work/ossec/integrations/"
printf '{"id":"1.1","rule":{"id":"5763","level":10}}\n' >"$work/alert"
code=0
(cd "$work/ossec" && env -i WAZUH_TRIAGE_PUBLISHER="$work/nobody" integrations/custom-wazuh-triage "$work/alert" '' \
    https://sqs.eu-central-1.amazonaws.com/1/alerts) >"$work/out" 2>&1 || code=$?
# 71: accepted, but there is nobody who could ship it.
[ "$code" = 71 ] || { cat "$work/out" >&2; fail "custom-wazuh-triage ended with $code"; }
find "$work/ossec/queue/wazuh-triage" -path '*/new/*' | grep -q . || fail "custom-wazuh-triage kept no alert"

echo "without Wazuh"
bare="$work/bare"; new_root "$bare"
package "$bare" -i "$deb"
[ ! -e "$bare/var/ossec" ] || fail "it made /var/ossec"
"$bare/usr/bin/wazuh-publisher" --version >/dev/null || fail "the program does not run"
grep -q '^ExecStart=/usr/bin/wazuh-publisher run$' "$bare/usr/lib/systemd/system/wazuh-publisher.service" || fail "no unit"
package "$bare" -P wazuh-publisher

echo "with Wazuh"
manager="$work/manager"; new_root "$manager"
mkdir -p "$manager"/var/ossec/{etc/rules,etc/lists,queue,integrations,logs,backup}
printf 'wazuh:x:998:997::/var/ossec:/sbin/nologin\n' >"$manager/etc/passwd"
printf 'wazuh:x:997:\n' >"$manager/etc/group"
printf '<ossec_config>\n</ossec_config>\n' >"$manager/var/ossec/etc/ossec.conf"
files "$manager" >"$work/before"
package "$manager" -i "$deb"
[ "$(stat -c '%u:%g %a' "$manager/var/ossec/queue/wazuh-triage")" = "998:997 750" ] || fail "no spool folder"
"$manager/usr/bin/wazuh-publisher" install --intake integration --root "$manager" --queue-url https://sqs.eu-central-1.amazonaws.com/1/alerts >/dev/null
[ "$(stat -c '%u:%g %a' "$manager/var/ossec/integrations/custom-wazuh-triage")" = "0:997 750" ] || fail "no integration"
[ ! -e "$manager/usr/local" ] && [ ! -e "$manager/etc/systemd" ] || fail "a second program or unit"
echo '# changed' >>"$manager/etc/default/wazuh-publisher"
package "$manager" -i "$deb"
grep -q '^# changed$' "$manager/etc/default/wazuh-publisher" || fail "an upgrade overwrote a conffile"
package "$manager" -r wazuh-publisher
[ ! -e "$manager/usr/bin/wazuh-publisher" ] || fail "the program is still there"
[ ! -e "$manager/var/ossec/integrations/custom-wazuh-triage" ] || fail "the integration is still there"
package "$manager" -P wazuh-publisher
files "$manager" >"$work/after"
diff "$work/before" "$work/after" || fail "it left something, or took something away"
echo "installs, upgrades and goes without a trace"

# With a second argument, a clean Debian root: the same as its own dpkg does it, and alerts through all of it.
[ -z "${2:-}" ] || bash "$(dirname "$0")/check_root.sh" "$deb" "$2"
