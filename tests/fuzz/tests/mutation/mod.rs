//! Small changes of seeds, as libFuzzer makes them, and which proptest can shrink.

use proptest::prelude::*;
use proptest::sample::Index;

/// One change. Places are told as parts of a text, whatever its length.
#[derive(Clone, Debug)]
pub enum Mutation {
    /// Begins with this seed; the first has no effect but this.
    Seed(Index),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    /// A word of the dictionary.
    Word(Index, Index),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
    /// The end of another seed.
    Splice(Index, Index),
}

pub fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let index = any::<Index>;
    let change = prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        (index(), prop::collection::vec(any::<u8>(), 1..8))
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (index(), "\\PC{1,4}").prop_map(|(at, text)| Mutation::Insert(at, text.into_bytes())),
        (index(), index()).prop_map(|(at, word)| Mutation::Word(at, word)),
        (index(), 1_usize..32).prop_map(|(at, count)| Mutation::Remove(at, count)),
        (index(), 1_usize..64).prop_map(|(at, count)| Mutation::Repeat(at, count)),
        index().prop_map(Mutation::Cut),
        (index(), index()).prop_map(|(at, seed)| Mutation::Splice(at, seed)),
    ];
    let seed = index().prop_map(Mutation::Seed);
    (seed, prop::collection::vec(change, 1..6)).prop_map(|(seed, mut changes)| {
        changes.insert(0, seed);
        changes
    })
}

pub fn mutated(seeds: &[Vec<u8>], words: &[Vec<u8>], mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for mutation in mutations {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match mutation {
            Mutation::Seed(seed) => bytes.clone_from(seed.get(seeds)),
            Mutation::Flip(at, byte) => {
                let at = place(at);
                if let Some(there) = bytes.get_mut(at) {
                    *there ^= byte;
                }
            }
            Mutation::Insert(at, inserted) => insert(&mut bytes, *at, inserted),
            Mutation::Word(at, word) => insert(&mut bytes, *at, word.get::<Vec<u8>>(words)),
            Mutation::Remove(at, count) => {
                let at = place(at);
                let end = bytes.len().min(at + count);
                bytes.drain(at..end);
            }
            Mutation::Repeat(at, count) => {
                let at = place(at);
                let end = bytes.len().min(at + count);
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            Mutation::Cut(at) => {
                let at = place(at);
                bytes.truncate(at);
            }
            Mutation::Splice(at, seed) => {
                let (at, other) = (place(at), seed.get(seeds));
                bytes.truncate(at);
                bytes.extend_from_slice(other.get(at.min(other.len())..).unwrap_or_default());
            }
        }
    }
    bytes
}

fn insert(bytes: &mut Vec<u8>, at: Index, inserted: &[u8]) {
    let at = at.index(bytes.len() + 1);
    bytes.splice(at..at, inserted.iter().copied());
}

/// The words of a dictionary of libFuzzer: one in quotes on each line, with `\\`, `\"` and `\xNN`.
pub fn words(dictionary: &str) -> Vec<Vec<u8>> {
    let quoted = |line: &str| line.strip_prefix('"')?.strip_suffix('"').map(word);
    dictionary.lines().filter_map(quoted).collect()
}

fn word(escaped: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = escaped.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                rest = after;
            }
            (b'\\', [quoted, after @ ..]) => {
                bytes.push(*quoted);
                rest = after;
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}
