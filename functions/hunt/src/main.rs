//! The hunt Lambda.

fn main() {}
