//! Does nothing: what a call of a static program costs before it has done anything. `make bench` calls it.

fn main() {}
