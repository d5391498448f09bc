//! All stages over an AWS in memory, with everything that can go wrong around them: the ledger closes after each.

mod clocks;
mod crashes;
mod deploys;
mod expiry;
mod fakes;
mod mails;
mod order;
mod outages;
mod poison;
mod story;
mod zombies;
