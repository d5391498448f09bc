//! All stages over an AWS in memory, with everything that can go wrong around them: the ledger closes after each.

mod crashes;
mod story;
