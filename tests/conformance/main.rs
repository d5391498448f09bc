//! What we ship for others' programs must be what those programs take. Needs nothing but cargo.

mod rules;
