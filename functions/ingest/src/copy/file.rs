//! A copy as an object: JSON lines in gzip, the first one about all the others.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Write};

use domain::verdict::Listing;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use intel::entry_of;
use intel::feed::Row;
use intel::sources::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::GoodCopy;
use super::row::{self, Held, RowId};

#[derive(Serialize, Deserialize)]
struct Header {
    schema: u32,
    rows_changed_at: Timestamp,
    rows: usize,
    state: State,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    feed: Cow<'a, str>,
    #[serde(borrow)]
    listing: &'a RawValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
    ends: i64,
    written: i64,
    listed: bool,
}

const SCHEMA: u32 = 1;
/// No line of ours is longer; the largest is the first one, which holds the state.
const MOST_LINE_BYTES: u64 = 1024 * 1024;

/// Why an object is no copy of ours.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("could not unpack or write the copy")]
    Io(#[from] io::Error),
    #[error("line {line} of the copy is not readable")]
    Line {
        line: usize,
        #[source]
        source: serde_json::Error,
    },
    #[error("the copy has schema {0}, which this program does not know")]
    Schema(u32),
    #[error("the copy says that it has {expected} rows, and has {rows}")]
    Incomplete { expected: usize, rows: usize },
}

impl GoodCopy {
    pub fn to_file(&self) -> Result<Vec<u8>, CopyError> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let header = Header {
            schema: SCHEMA,
            rows_changed_at: self.rows_changed_at,
            rows: self.rows.len(),
            state: self.state.clone(),
        };
        write_line(&mut gzip, &header, 1)?;
        for (number, (id, held)) in self.rows.iter().enumerate() {
            let invalid = |source| CopyError::Line { line: number + 2, source };
            let line = Line {
                key: id.key().into(),
                feed: id.feed().into(),
                listing: serde_json::from_str(&held.listing).map_err(invalid)?,
                expires: held.expires,
                ends: held.ends,
                written: held.written,
                listed: held.listed,
            };
            write_line(&mut gzip, &line, number + 2)?;
        }
        Ok(gzip.finish()?)
    }

    pub fn from_file(file: &[u8]) -> Result<Self, CopyError> {
        let mut lines = Lines::open(file)?;
        let rows = lines.by_ref().collect::<Result<_, _>>()?;
        let Header { rows_changed_at, state, .. } = lines.header;
        Ok(Self { state, rows, rows_changed_at, touched: false })
    }
}

/// The rows of a copy that the table has and that hold at `now`, in the order of their keys. Behind an error comes
/// nothing.
pub struct Listed<'a> {
    lines: Lines<'a>,
    now: Timestamp,
}

impl<'a> Listed<'a> {
    pub fn of(file: &'a [u8], now: Timestamp) -> Result<Self, CopyError> {
        Ok(Self { lines: Lines::open(file)?, now })
    }
}

impl Iterator for Listed<'_> {
    type Item = Result<Row, CopyError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (id, held) = match self.lines.next()? {
                Ok(row) => row,
                Err(error) => return Some(Err(error)),
            };
            if !held.listed || held.written <= self.now.as_second() {
                continue;
            }
            if let Some(entry) = entry_of(id.key()) {
                let expires = Timestamp::from_second(held.written).ok();
                return Some(Ok(Row {
                    entry,
                    source: id.feed().to_owned(),
                    listing: held.listing(),
                    expires,
                }));
            }
        }
    }
}

/// Reads a file line by line. Behind an error comes nothing.
struct Lines<'a> {
    header: Header,
    file: BufReader<GzDecoder<&'a [u8]>>,
    text: Vec<u8>,
    rows: usize,
    over: bool,
}

impl<'a> Lines<'a> {
    fn open(packed: &'a [u8]) -> Result<Self, CopyError> {
        let mut file = BufReader::with_capacity(64 * 1024, GzDecoder::new(packed));
        let mut text = Vec::new();
        next_line(&mut file, &mut text)?;
        let header: Header =
            serde_json::from_slice(&text).map_err(|source| CopyError::Line { line: 1, source })?;
        if header.schema == SCHEMA {
            Ok(Self { header, file, text, rows: 0, over: false })
        } else {
            Err(CopyError::Schema(header.schema))
        }
    }

    fn row(&mut self) -> Result<Option<(RowId, Held)>, CopyError> {
        if !next_line(&mut self.file, &mut self.text)? {
            let (expected, rows) = (self.header.rows, self.rows);
            return if rows == expected { Ok(None) } else { Err(CopyError::Incomplete { expected, rows }) };
        }
        let invalid = |source| CopyError::Line { line: self.rows + 2, source };
        let line: Line<'_> = serde_json::from_slice(&self.text).map_err(invalid)?;
        let listing: Listing = serde_json::from_str(line.listing.get()).map_err(invalid)?;
        self.rows += 1;
        let Line { expires, ends, written, listed, .. } = line;
        // Written anew, so that equal listings are equal texts.
        let held = Held { listing: row::text_of(&listing), expires, ends, written, listed };
        Ok(Some((RowId::new(&line.key, &line.feed), held)))
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<(RowId, Held), CopyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let row = self.row().transpose();
        self.over = !matches!(row, Some(Ok(_)));
        row
    }
}

/// Whether there was another line. One that is too long is cut, and therefore not readable.
fn next_line(lines: &mut impl BufRead, text: &mut Vec<u8>) -> Result<bool, CopyError> {
    text.clear();
    let mut limited = io::Read::take(lines, MOST_LINE_BYTES);
    Ok(limited.read_until(b'\n', text)? > 0)
}

fn write_line(file: &mut impl Write, line: &impl Serialize, number: usize) -> Result<(), CopyError> {
    let text = serde_json::to_vec(line).map_err(|source| CopyError::Line { line: number, source })?;
    file.write_all(&text)?;
    Ok(file.write_all(b"\n")?)
}
