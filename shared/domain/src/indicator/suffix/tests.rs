use std::collections::HashSet;

use proptest::prelude::*;
use psl::{Psl as _, Type};

use super::*;

const LIST: &str = include_str!("public_suffix_list.txt");

/// What stands for a rule's `*`, and below its name.
const LABELS: [&str; 3] = ["evil", "www", "co"];

fn rules() -> impl Iterator<Item = &'static str> {
    LIST.lines().filter(|line| !line.starts_with("//"))
}

/// What `psl` says, which is the same list as code; that an unknown name's last label is its suffix is nothing we say.
fn as_psl_says(name: &str) -> Option<Suffix<'_>> {
    let suffix = psl::List.suffix(name.as_bytes())?;
    let section = match suffix.typ()? {
        Type::Icann => Section::Icann,
        Type::Private => Section::Private,
    };
    Some(Suffix { text: str::from_utf8(suffix.as_bytes()).unwrap(), section })
}

fn check(name: &str) {
    let expected = if psl_forgets(name) {
        Some(Suffix { text: name, section: Section::Private })
    } else {
        as_psl_says(name)
    };
    assert_eq!(suffix(name), expected, "{name}");
}

/// `psl` takes the suffix of `mtls.run.app` to be `app`: as there is a `*.mtls.run.app`, it does not see `*.run.app`. The
/// list has 22 such names, all private.
fn psl_forgets(name: &str) -> bool {
    static RULES: LazyLock<HashSet<&str>> = LazyLock::new(|| rules().collect());
    let has_children = |name: &str| RULES.contains(format!("*.{name}").as_str());
    has_children(name) && name.split_once('.').is_some_and(|(_, parent)| has_children(parent))
}

#[test]
fn the_list_is_that_of_psl_in_the_lock_file() {
    let version = LIST.lines().find_map(|line| line.strip_prefix("// psl ")).unwrap();
    let lock = include_str!("../../../../../Cargo.lock");
    let locked = format!("name = \"psl\"\nversion = \"{version}\"\n");
    assert!(
        lock.contains(&locked),
        "the list is that of psl {version}, Cargo.lock has another: run `make suffixes`"
    );
    assert!(rules().count() > 10_000, "{} rules", rules().count());
}

#[test]
fn half_of_the_slots_are_free() {
    let taken = RULES.0.iter().flatten().count();
    assert!(taken < Rules::SLOTS / 2, "{taken} of {} slots are taken: double them", Rules::SLOTS);
}

#[test]
fn each_rule_means_what_it_means_to_psl() {
    for rule in rules() {
        let name = rule.trim_start_matches("*.").trim_start_matches('!');
        for End { text: end, .. } in Ends::of(name) {
            check(end);
            for label in LABELS {
                check(&format!("{label}.{end}"));
                check(&format!("a.{label}.{end}"));
                check(&format!("a.b.c.{label}.{end}"));
                check(&format!("{label}{end}"));
            }
        }
    }
}

#[test]
fn exceptions_wildcards_and_sections() {
    let icann = |text| Some(Suffix { text, section: Section::Icann });
    let private = |text| Some(Suffix { text, section: Section::Private });
    for (name, expected) in [
        ("evil.com", icann("com")),
        ("www.evil.co.uk", icann("co.uk")),
        ("a.evil.ck", icann("evil.ck")),
        ("a.www.ck", icann("ck")),
        ("city.kawasaki.jp", icann("kawasaki.jp")),
        ("xn--e1afmkfd.xn--p1ai", icann("xn--p1ai")),
        ("owner.github.io", private("github.io")),
        ("ec2-203-0-113-9.eu-west-1.compute.amazonaws.com", private("eu-west-1.compute.amazonaws.com")),
        ("s3.amazonaws.com", private("s3.amazonaws.com")),
        ("evil.amazonaws.com", icann("com")),
        ("mtls.run.app", private("mtls.run.app")),
        ("cmd.exe", None),
        ("srv.lan", None),
        ("", None),
    ] {
        assert_eq!(suffix(name), expected, "{name}");
    }
}

proptest! {
    #[test]
    fn any_name_has_the_suffix_that_psl_gives_it(
        labels in prop::collection::vec("[a-z0-9_-]{1,12}", 0..4),
        rule in prop::sample::select(rules().collect::<Vec<_>>()),
        from in 0..4_usize,
    ) {
        let end: Vec<&str> = rule.trim_start_matches('!').split('.').skip(from).collect();
        let name = [labels.iter().map(String::as_str).collect(), end].concat().join(".").replace('*', "any");
        check(&name);
    }
}
