use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn found_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    scan(text, &mut |indicator| found.push(indicator.to_string()));
    found
}

fn check(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(found_in(text), *expected, "{text}");
    }
}

#[test]
fn addresses_are_found_where_they_stand_as_words() {
    check(&[
        ("Failed password for root from 203.0.113.9 port 22", &["203.0.113.9"]),
        ("10.0.0.1:443", &["10.0.0.1"]),
        ("203.0.113.9, then (198.51.100.7).", &["203.0.113.9", "198.51.100.7"]),
        ("[client 203.0.113.9:4711] AH01797", &["203.0.113.9"]),
        ("src=203.0.113.9 dst='198.51.100.7'", &["203.0.113.9", "198.51.100.7"]),
        ("rhost=203.0.113.9;lip=198.51.100.7", &["203.0.113.9", "198.51.100.7"]),
        ("root@203.0.113.9", &["203.0.113.9"]),
        ("range 203.0.113.1-203.0.113.9", &["203.0.113.1", "203.0.113.9"]),
        ("type: 5 a;::ffff:203.0.113.9;", &["203.0.113.9"]),
        ("/203.0.113.9:9000 java", &["203.0.113.9"]),
        ("host/203.0.113.9:9000", &["203.0.113.9"]),
        (r"\\203.0.113.9\c$", &["203.0.113.9"]),
        ("ClientIP 203.0.113.9", &["203.0.113.9"]),
        ("来自203.0.113.9的", &["203.0.113.9"]),
        ("from \u{201c}203.0.113.9\u{201d}", &["203.0.113.9"]),
    ]);
}

#[test]
fn ipv6_is_found_in_each_of_its_forms() {
    check(&[
        ("[2001:db8::5]:8443", &["2001:db8::5"]),
        ("fe80::1%eth0", &["fe80::1"]),
        ("::ffff:203.0.113.9", &["203.0.113.9"]),
        ("::ffff:203.0.113.9:443", &["203.0.113.9"]),
        ("jsmith@[IPv6:2001:db8::1]", &["2001:db8::1"]),
        ("from 2001:db8::1: refused", &["2001:db8::1"]),
        ("2001:0DB8:85a3:0:0:8a2e:370:7334.", &["2001:db8:85a3::8a2e:370:7334"]),
        ("-ip6:(2001:db8::2,", &["2001:db8::2"]),
        ("::1 and ::", &[]),
        ("Dead::Beef Cafe::Add std::string a::b", &[]),
        ("mac aa:bb:cc:dd:ee:ff 00:11:22:33:44:55:66:77", &[]),
        ("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", &[]),
        ("Dec 10 01:02:02 host", &[]),
        ("2026-10-03T14:41:18.512", &[]),
        ("11:04:10 -0500", &[]),
        ("SolarWinds...dll ...", &[]),
        ("cafe:1", &[]),
    ]);
}

#[test]
fn versions_times_and_numbers_are_no_addresses() {
    check(&[
        ("OpenSSL 1.0.2.4", &[]),
        ("Chrome/120.0.6099.109 Chrome/126.0.0.0 Safari", &[]),
        ("Windows 10.0.19041.1", &[]),
        ("ver=1.2.3.4 version=1.2.3.4 version: 1.2.3.4 version:1.2.3.4 \"version\":\"1.2.3.4\"", &[]),
        ("version 1.2.3.4, v1.2.3.4, release 1.2.3.4, FileVersion 1.2.3.4", &[]),
        ("libfoo-1.2.3.4.so openssl-1.0.2.4-1.el7 foo_1.2.3.4_amd64.deb", &[]),
        ("less than 1.2.3.4, >=1.2.3.4, ==1.2.3.4", &[]),
        ("rv:1.9.2.3", &[]),
        (r"C:\app\1.2.3.4\app.bin C:\\app\\1.2.3.4\\x", &[]),
        ("/opt/app/1.2.3.4/bin", &[]),
        ("1.2.3.4.5 oid 1.3.6.1 .1.3.6.1 1.3.6.1.4.1", &[]),
        ("2018.12.15.14.05.43 111.12.15.14.05.43 15.14.05.1112", &[]),
        ("256.1.1.1 01.2.3.4 1.1.1.1.a 192.168.1 85.85", &[]),
        ("10.0.0.0/8 and 2001:db8::/32", &[]),
        ("inet 203.0.113.9/24 and 203.0.113.9/32", &["203.0.113.9", "203.0.113.9"]),
    ]);
}

#[test]
fn names_are_found_below_public_suffixes() {
    check(&[
        ("query: evil.example IN A", &["evil.example"]),
        ("a.b.Example.co.uk, EXAMPLE.COM.", &["a.b.example.co.uk", "example.com"]),
        ("host=evil.com;x", &["evil.com"]),
        ("evil.com:8080 evil.com/path", &["evil.com", "evil.com"]),
        ("*.evil.com", &["evil.com"]),
        ("пример.рф и müller.de", &["xn--e1afmkfd.xn--p1ai", "xn--mller-kva.de"]),
        ("163.com 1337.io", &["163.com"]),
        ("www.evil.zip evil[.]zip shop.com.py", &["www.evil.zip", "evil.zip", "shop.com.py"]),
        ("owner.github.io", &["owner.github.io"]),
        ("some text with a domain.like.uk in it", &["domain.like.uk"]),
        ("a bad domain.like.iandom in it, smtp.mailfrom", &[]),
        ("srv.lan dc01.corp.local db.internal localhost", &[]),
    ]);
}

#[test]
fn files_modules_and_people_are_no_names() {
    check(&[
        ("cmd.exe svchost.dll install.sh app.py lib.so lib.so.6 report.zip index.php README.md", &[]),
        ("/usr/lib/python3.11/site.py /home/me/evil.com ./evil.com", &[]),
        (r"C:\Windows\command.com", &[]),
        ("java.net.SocketException at org.apache.tools com.apple.security System.Net", &[]),
        ("Microsoft-Windows-Security-Auditing Microsoft.Exchange.Support ASP.NET", &[]),
        ("user@microsoft.com first.me@corp.com", &[]),
        ("object.name=1 get.info(x) $event.id", &[]),
        ("multi-user.target id_rsa.pub log4j.properties mail.info", &[]),
        ("It is finished.The next. e.g. i.e. 3.am 1.2.pm", &[]),
        ("ec2.amazonaws.com bucket.s3.amazonaws.com", &["bucket.s3.amazonaws.com"]),
    ]);
}

#[test]
fn urls_end_where_their_writer_ended_them() {
    check(&[
        ("GET http://evil.com/a.php?b=c#d HTTP/1.1", &["http://evil.com/a.php?b=c", "evil.com"]),
        ("(see https://evil.com/a_(b)).", &["https://evil.com/a_(b)", "evil.com"]),
        ("<a href=\"http://evil.com/a\">", &["http://evil.com/a", "evil.com"]),
        ("curl 'https://evil.com/x'", &["https://evil.com/x", "evil.com"]),
        ("http://evil.com/a,http://b.com/", &["http://evil.com/a", "evil.com", "http://b.com/", "b.com"]),
        ("http://evil.com!", &["http://evil.com/", "evil.com"]),
        ("http://evil.com/?", &["http://evil.com/", "evil.com"]),
        ("http://evil.com/?q=test???", &["http://evil.com/?q=test", "evil.com"]),
        ("u=http://me:pw@evil.com:88/a&quot;", &["http://evil.com:88/a", "evil.com"]),
        ("http://198.51.100.7/x", &["http://198.51.100.7/x", "198.51.100.7"]),
        ("http://[2001:db8::1]:80/x", &["http://[2001:db8::1]/x", "2001:db8::1"]),
        (
            "https://www.virustotal.com/ip-address/90.156.201.27/information/",
            &[
                "https://www.virustotal.com/ip-address/90.156.201.27/information/",
                "www.virustotal.com",
                "90.156.201.27",
            ],
        ),
        ("/r?to=http%3A%2F%2Fevil%2Ecom%2Fwhite.hta&x=1", &["http://evil.com/white.hta", "evil.com"]),
        ("${jndi:ldap://203.0.113.9:1389/a}", &["203.0.113.9"]),
        ("${jndi:ldap://[2001:db8::1]:1389/a} tcp://[2001:db8::2]/", &["2001:db8::1", "2001:db8::2"]),
        ("tcp://evil.com:80 http://web-01/ http://localhost/ http://123/", &["evil.com"]),
        (
            "http://evil.example/index.php?page=http://bad.example/sh.txt",
            &[
                "http://evil.example/index.php?page=http://bad.example/sh.txt",
                "evil.example",
                "http://bad.example/sh.txt",
                "bad.example",
            ],
        ),
        ("http://2130706433/", &["http://127.0.0.1/", "127.0.0.1"]),
        ("http:// ://x http://", &[]),
    ]);
}

#[test]
fn hashes_are_words_of_the_right_length() {
    const MD5: &str = "68b329da9893e34099c7d8ad5cb9c940";
    const SHA1: &str = "adc83b19e793491b1c6ea0fd8b46cd9f32e592fc";
    const SHA256: &str = "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b";
    for (before, hash, after, expected) in [
        ("", MD5, "", true),
        ("MD5=", MD5, ",", true),
        ("sha256:", SHA256, "", true),
        ("0x", SHA1, "", true),
        ("https://a.example/file/", SHA256, "/detection", true),
        ("", SHA256, ".exe", true),
        ("IMPHASH=", MD5, "", false),
        ("PHPSESSID=", MD5, "", false),
        ("commit ", SHA1, "", false),
        ("/var/lib/docker/overlay2/", SHA256, "/merged", false),
        ("systemd-private-", MD5, "-apache2.service", false),
        ("", MD5, "hash", false),
        ("", SHA1, "ab", false),
        ("aad3b435b51404eeaad3b435b51404ee:", MD5, "", false),
        ("", MD5, ":aad3b435b51404eeaad3b435b51404ee", false),
    ] {
        let found = found_in(&format!("{before}{hash}{after}")).contains(&hash.to_owned());
        assert_eq!(found, expected, "{before}{hash}{after}");
    }
    check(&[
        ("adc83b191b1c6ea0fd8b46cd9f32e592fc", &[]),
        ("d41d8cd98f00b204e9800998ecf8427e", &[]),
        ("00000000000000000000000000000000 12345678901234567890123456789012", &[]),
        ("54849625-5478-4994-a5ba-3e3b0328c30d S-1-5-21-3623811015-3361044348-30300820-1013", &[]),
    ]);
}

#[test]
fn what_is_broken_is_made_whole() {
    check(&[
        ("203[.]0[.]113[.]9 203(.)0(.)113(.)9 203{.}0{.}113{.}9", &["203.0.113.9"; 3]),
        ("203[dot]0(dot)113[DOT]9", &["203.0.113.9"]),
        (r"203\.0\.113\.9", &["203.0.113.9"]),
        ("203[.0[.113.]9", &["203.0.113.9"]),
        ("10[[[[.]]]]10[[[.]]10[.10 10(((.]]]]10([[.)10.)10", &["10.10.10.10"; 2]),
        ("10.10.10.]]]10 10[.]10(.10\\.10", &["10.10.10.10"; 2]),
        ("203 [.] 0 [.] 113 [.] 9", &["203.0.113.9"]),
        ("2001[:]db8[:][:]7", &["2001:db8::7"]),
        ("evil[.]example evil(dot)example, evil [.] example", &["evil.example"; 3]),
        (
            "hxxp://evil.example hXXps[:]//evil[.]example/a[.]b",
            &["http://evil.example/", "evil.example", "https://evil.example/a[.]b", "evil.example"],
        ),
        ("hxxp[://]evil.example/x", &["http://evil.example/x", "evil.example"]),
        ("http://evil[.]example[/]x", &["http://evil.example/x", "evil.example"]),
        ("206.123[.]1[.]com", &["206.123.1.com"]),
        (r"file\.h|proc\.py", &[]),
        ("file[.]txt list[0].name f(x).id see (a).b", &[]),
    ]);
}

/// The texts in which integrations that others wrote find what is not there, or nothing.
#[test]
fn texts_that_other_integrations_misread() {
    check(&[
        ("Failed password for root from 203.0.113.9 port 22", &["203.0.113.9"]),
        ("203.0.113.9,", &["203.0.113.9"]),
        ("1.2.3.4.5", &[]),
        ("Dec 10 01:02:02", &[]),
        ("2026-10-03T14:41:18.512+0200", &[]),
        ("00:1b:44:11:3a:b7", &[]),
        ("2001:db8::", &["2001:db8::"]),
        ("101.36.97.1 104.16.0.1", &["101.36.97.1", "104.16.0.1"]),
        ("bad@[192.168.7.3]aaaaa", &["192.168.7.3"]),
        ("1.1.1.1.", &["1.1.1.1"]),
        (".1.1.1.1 1.1.1.1.1", &[]),
        ("bar.com.", &["bar.com"]),
    ]);
}

fn broken(indicator: &str, separator: &str) -> String {
    indicator.replace('.', separator)
}

proptest! {
    #[test]
    fn a_written_address_is_found_again(bits: u32, separator in separator()) {
        let address = Ipv4Addr::from(bits).to_string();
        let text = format!("from {} port 22", broken(&address, separator));
        prop_assert_eq!(found_in(&text), vec![address]);
    }

    #[test]
    fn a_written_v6_address_is_found_again(bits in 1_u128 << 100..) {
        let address = Ipv6Addr::from(bits);
        prop_assert_eq!(found_in(&format!("src=[{address}]:443")), vec![address.to_canonical().to_string()]);
    }

    #[test]
    fn a_written_name_is_found_again(name in "[a-z][a-z0-9]{0,12}(-[a-z0-9]{1,5})?\\.(com|net|co\\.uk|ru|example)", separator in separator()) {
        prop_assume!(!matches!(name.split('.').next(), Some("com" | "net" | "org" | "edu" | "gov" | "io" | "java" | "javax" | "jdk" | "sun" | "system" | "kotlin")));
        prop_assume!(!["asp.net", "ado.net", "vb.net"].contains(&name.as_str()));
        prop_assert_eq!(found_in(&format!("query {}: refused", broken(&name, separator))), vec![name]);
    }

    #[test]
    fn a_written_url_is_found_again(host in "[a-z]{3,9}", path in "(/[a-z0-9]{1,8}){0,3}", separator in separator(), scheme in prop_oneof![Just("http"), Just("hxxp"), Just("hXXp")]) {
        let text = format!("get {scheme}://{} now", broken(&format!("{host}.example"), separator) + &path);
        let slash = if path.is_empty() { "/" } else { &path };
        let expected = format!("http://{host}.example{slash}");
        prop_assert_eq!(found_in(&text).into_iter().next(), Some(expected));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        found_in(&text);
    }

    #[test]
    fn no_text_of_separators_panics(text in "[a-f0-9.:\\[\\](){}/\\\\%@ dothxp-]{0,80}") {
        found_in(&text);
    }
}

fn separator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        ".", "[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}", "\\.", "[.", ".]", " [.] ", "[[.]]",
    ])
}
