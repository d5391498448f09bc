//! The real program against an SQS on the loopback that can be told to fail.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod day;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod fake_api;
#[cfg(test)]
mod fake_queue;
#[cfg(test)]
mod fake_sqs;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod feed_lists;
#[cfg(test)]
mod follow;
#[cfg(test)]
mod install;
#[cfg(test)]
mod integration;
#[cfg(test)]
mod manager_root;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod send;
#[cfg(test)]
mod service;
#[cfg(test)]
mod spool;
