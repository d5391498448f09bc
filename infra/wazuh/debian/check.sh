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
dpkg-deb -f "$deb" Depends | tr ',' '\n' | grep -vE '^ *(libc6|libgcc-s1|ca-certificates)( |$)' && fail "it depends on more than libc and root certificates"
dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./conffiles | grep -qx /etc/default/wazuh-publisher || fail "no conffile"

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
"$manager/usr/bin/wazuh-publisher" install --root "$manager" --queue-url https://sqs.eu-central-1.amazonaws.com/1/alerts >/dev/null
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

# With a second argument, a clean Debian root (debootstrap --variant=minbase --include=ca-certificates): the same as its own dpkg does it, with
# dependencies and in its place.
root=${2:-}
[ -n "$root" ] || exit 0
echo "in $root"
inside() { chroot "$root" "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "$* failed"; }; }
# The program finds itself by /proc/self/exe.
mount --bind /proc "$root/proc"
trap 'umount "$root/proc"; rm -rf "$work"' EXIT
cp "$deb" "$root/tmp/wazuh-publisher.deb"
inside groupadd --force --system wazuh
grep -q ^wazuh: "$root/etc/passwd" || inside useradd --system --no-create-home --home-dir /var/ossec -g wazuh wazuh
mkdir -p "$root"/var/ossec/{etc/rules,etc/lists,queue,integrations,logs,backup}
printf '<ossec_config>\n</ossec_config>\n' >"$root/var/ossec/etc/ossec.conf"
whole() { (cd "$root" && find etc usr var/ossec -printf '%p %m %U:%G %l\n' | sort); }
whole >"$work/before"
chroot "$root" dpkg-query -W ca-certificates >/dev/null 2>&1 || fail "debootstrap it with --include=ca-certificates"
inside dpkg -i /tmp/wazuh-publisher.deb
inside wazuh-publisher install --queue-url https://sqs.eu-central-1.amazonaws.com/1/alerts
chroot "$root" wazuh-publisher doctor >"$work/doctor" 2>&1 && fail "doctor finds nothing to say without analysisd"
grep -q '^ok   /var/ossec/integrations/custom-wazuh-triage is in its place, root:wazuh 0750$' "$work/doctor" ||
    { cat "$work/doctor"; fail "doctor"; }
# As integratord calls it: no queue can be reached, and the alert is kept.
printf '{"id":"1.1","rule":{"id":"5763","level":10}}\n' >"$root/tmp/custom-wazuh-triage-1--1.alert"
inside runuser -u wazuh -- env -i /var/ossec/integrations/custom-wazuh-triage /tmp/custom-wazuh-triage-1--1.alert \
    '' https://sqs.eu-central-1.amazonaws.com/1/alerts '' '' 10 3 '> /dev/null 2>&1'
find "$root/var/ossec/queue/wazuh-triage" -path '*/new/*' | grep -q . || fail "the alert is not in the spool"
inside dpkg -r wazuh-publisher
[ ! -e "$root/var/ossec/integrations/custom-wazuh-triage" ] || fail "the integration is still there"
find "$root/var/ossec/queue/wazuh-triage" -path '*/new/*' | grep -q . || fail "the alert went with the package"
rm -rf "$root/var/ossec/queue/wazuh-triage" "$root"/tmp/*wazuh* "$root/var/ossec/logs/integrations.log"
inside dpkg -P wazuh-publisher
whole >"$work/after"
diff "$work/before" "$work/after" || fail "it left something, or took something away"
rm -rf "$root/var/ossec"
inside userdel wazuh
echo "the same on a clean Debian"
