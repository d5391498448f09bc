//! What a server sends back, given by hand: for the fuzz targets.

use std::time::Duration;

use domain::analysis::NoAnalysis;
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::answer::Answer;
use super::{Dialect, Usage};

/// What is made of an answer, and what of it a log may show.
#[derive(Debug)]
pub struct Heard {
    /// The model's text.
    pub said: Result<String, NoAnalysis>,
    pub usage: Usage,
    /// How long the server wants to be left alone.
    pub wait: Option<Duration>,
    /// Its names for the exchange and for the error.
    pub logged: [Option<String>; 2],
}

pub fn heard(
    dialect: Dialect,
    (status, headers, body): (StatusCode, HeaderMap, Vec<u8>),
    now: Timestamp,
) -> Heard {
    let answer = Answer { status, headers, body };
    let request_id = answer.request_id();
    let (read, error) = answer.read(dialect, now);
    let logged = [request_id, error.code().map(str::to_owned)];
    match read {
        Ok(reply) => {
            let said = reply.said.map_err(|trouble| trouble.reason());
            Heard { said, usage: reply.usage, wait: None, logged }
        }
        Err(mishap) => Heard {
            said: Err(mishap.trouble.reason()),
            usage: Usage::default(),
            wait: mishap.advice.wait,
            logged,
        },
    }
}
