//! Public suffixes: below which names anybody can register one. The rules are those of the
//! [Public Suffix List](https://publicsuffix.org/list/), and how they are read is
//! [described there](https://github.com/publicsuffix/list/wiki/Format#formal-algorithm).

use std::sync::LazyLock;

/// The end of a name below which names are registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suffix<'name> {
    pub(super) text: &'name str,
    pub(super) section: Section,
}

/// Who says that the names below a suffix have different owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The registry of a top-level domain.
    Icann,
    /// The suffix's own owner, as GitHub of `github.io`.
    Private,
}

/// The suffix of a name in lower case, IDNs in their ASCII form; none where no rule says so.
pub(super) fn suffix(name: &str) -> Option<Suffix<'_>> {
    let mut longest = None;
    let mut above = ("", Node::default());
    for end in Ends::of(name) {
        let (parent, Node { children, .. }) = above;
        let Some(node) = RULES.node(end) else {
            return children.map(|section| Suffix { text: end.text, section }).or(longest);
        };
        if node.is_excepted {
            return children.map(|section| Suffix { text: parent, section });
        }
        longest = node.itself.or(children).map(|section| Suffix { text: end.text, section }).or(longest);
        above = (end.text, node);
    }
    longest
}

/// What the rules say about one name; about most there is nothing but the rule for itself.
#[derive(Clone, Copy, Default)]
struct Node {
    itself: Option<Section>,
    /// The rule is `*.name`.
    children: Option<Section>,
    /// The rule is `!name`: its parent's `*` does not hold for it.
    is_excepted: bool,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::of(include_str!("suffix/public_suffix_list.txt")));

/// All names of the rules and, so that a search knows where to stop, those that they stand below. A `HashMap` would hash
/// every end of a name from its beginning. A test sees that half of the slots are free.
struct Rules(Vec<Option<(&'static str, Node)>>);

impl Rules {
    const SLOTS: usize = 1 << 15;

    fn of(list: &'static str) -> Self {
        let mut rules = Self(vec![None; Self::SLOTS]);
        let mut section = Section::Icann;
        for line in list.lines() {
            if line.starts_with("//") {
                if line == "// ===BEGIN PRIVATE DOMAINS===" {
                    section = Section::Private;
                }
            } else if let Some(name) = line.strip_prefix("*.") {
                rules.add(name, |node| node.children = Some(section));
            } else if let Some(name) = line.strip_prefix('!') {
                rules.add(name, |node| node.is_excepted = true);
            } else {
                rules.add(line, |node| node.itself = Some(section));
            }
        }
        rules
    }

    fn add(&mut self, name: &'static str, rule: impl FnOnce(&mut Node)) {
        let mut last = None;
        for end in Ends::of(name) {
            let slot = self.slot(end);
            last = self.0.get_mut(slot).map(|slot| slot.get_or_insert((end.text, Node::default())));
        }
        if let Some((_, node)) = last {
            rule(node);
        }
    }

    fn node(&self, end: End<'_>) -> Option<Node> {
        let (_, node) = (*self.0.get(self.slot(end))?)?;
        Some(node)
    }

    /// Where the name is, or would be.
    fn slot(&self, end: End<'_>) -> usize {
        let mut slot = end.hash % Self::SLOTS;
        while let Some(Some((other, _))) = self.0.get(slot)
            && *other != end.text
        {
            slot = (slot + 1) % Self::SLOTS;
        }
        slot
    }
}

/// `uk`, `co.uk`, `evil.co.uk` of `evil.co.uk`, each hashed by going on from the one before.
struct Ends<'name> {
    /// Nothing once the whole name was given.
    name: Option<&'name str>,
    start: usize,
    hash: usize,
}

#[derive(Clone, Copy)]
struct End<'name> {
    text: &'name str,
    hash: usize,
}

impl<'name> Ends<'name> {
    fn of(name: &'name str) -> Self {
        Self { name: Some(name), start: name.len(), hash: 0xcbf2_9ce4_8422_2325 }
    }
}

impl<'name> Iterator for Ends<'name> {
    type Item = End<'name>;

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.name?;
        let before = name.as_bytes().get(..self.start)?;
        for (at, &byte) in before.iter().enumerate().rev() {
            // The first dot belongs to the end before.
            if byte == b'.' && at + 1 < self.start {
                self.start = at + 1;
                return Some(End { text: name.get(self.start..)?, hash: self.hash });
            }
            // FNV-1a
            self.hash = (self.hash ^ usize::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.name = None;
        Some(End { text: name, hash: self.hash })
    }
}

#[cfg(test)]
mod tests;
