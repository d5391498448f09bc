//! The real program, with files, pipes, and stand-ins for the providers.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod check;
#[cfg(test)]
mod eval;
#[cfg(test)]
mod fake_aws;
#[cfg(test)]
mod feeds;
#[cfg(test)]
mod hunt;
#[cfg(test)]
mod live;
#[cfg(test)]
mod mailing;
#[cfg(test)]
mod model;
#[cfg(test)]
mod online;
#[cfg(test)]
mod operate;
#[cfg(test)]
mod preview;
#[cfg(test)]
mod simulate;
