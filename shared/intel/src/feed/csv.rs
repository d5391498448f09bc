//! Tables: columns with names, one row on a line, fields in quotes or not. abuse.ch hides the header in a comment.

use std::borrow::Cow;

use serde_json::Value;

use super::rows::{self, Around};
use super::sink::Sink;

/// The columns of a table.
pub(super) struct Table {
    columns: Vec<String>,
}

impl Table {
    /// The table that begins with this line, if it names a column with indicators and at least one more.
    pub fn of_header(line: &str) -> Option<Self> {
        let columns: Vec<String> = fields(line)?.into_iter().map(Cow::into_owned).collect();
        let is_table = columns.len() > 1 && columns.iter().any(|name| rows::is_indicator(name));
        is_table.then_some(Self { columns })
    }

    pub fn row(&self, line: &str, sink: &mut Sink<'_>) {
        let Some(fields) = fields(line) else {
            return sink.bad("a quote is not closed on its line, or stands within a field");
        };
        if fields == self.columns {
            return;
        }
        if fields.len() != self.columns.len() {
            return sink.bad("it has not as many fields as the header has");
        }
        let value = |name: &str| {
            let index = self.columns.iter().position(|column| column == name)?;
            let field = fields.get(index).filter(|field| !NOTHING.contains(&field.as_ref()))?;
            Some(Value::from(field.as_ref()))
        };
        rows::row(&value, &Around::default(), sink);
    }
}

/// How tables say that a field is empty.
const NOTHING: [&str; 4] = ["", "None", "null", "-"];

/// The fields of a line; nothing when its quotes are wrong.
fn fields(line: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut fields = Vec::new();
    let mut rest = line.trim();
    loop {
        let (field, behind) = match rest.strip_prefix('"') {
            Some(quoted) => in_quotes(quoted)?,
            None => match rest.split_once(',') {
                Some((field, behind)) => (field.into(), Some(behind)),
                None => (rest.into(), None),
            },
        };
        fields.push(match field {
            Cow::Borrowed(field) => Cow::Borrowed(field.trim()),
            Cow::Owned(field) => Cow::Owned(field.trim().to_owned()),
        });
        match behind {
            Some(behind) => rest = behind.trim_start(),
            None => return Some(fields),
        }
    }
}

/// A field whose first quote has been read, and what follows the comma behind its last one.
fn in_quotes(text: &str) -> Option<(Cow<'_, str>, Option<&str>)> {
    let mut from = 0;
    loop {
        let end = from + text.get(from..)?.find('"')?;
        let (field, behind) = (text.get(..end)?, text.get(end + 1..)?);
        if behind.starts_with('"') {
            from = end + 2;
            continue;
        }
        let field =
            if field.contains('"') { Cow::Owned(field.replace("\"\"", "\"")) } else { Cow::Borrowed(field) };
        let behind = behind.trim_start();
        return match behind.strip_prefix(',') {
            Some(behind) => Some((field, Some(behind))),
            None if behind.is_empty() => Some((field, None)),
            None => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_read_as_tables_write_them() {
        for (line, expected) in [
            (r#""a", "b, c","d""#, Some(vec!["a", "b, c", "d"])),
            (r#"1,"2" , 3 ,"#, Some(vec!["1", "2", "3", ""])),
            (r#""say ""hi""","","#, Some(vec![r#"say "hi""#, "", ""])),
            ("alone", Some(vec!["alone"])),
            (r#""open"#, None),
            (r#""a"b,c"#, None),
            (r#""a"","b"#, None),
        ] {
            assert_eq!(fields(line).map(|fields| fields.join("|")), expected.map(|fields| fields.join("|")));
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(fields in prop::collection::vec("[a-z\",; é]{0,6}", 1..6)) {
            let quoted = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
            let line = quoted.collect::<Vec<_>>().join(", ");
            let expected: Vec<&str> = fields.iter().map(|field| field.trim()).collect();
            prop_assert_eq!(super::fields(&line).unwrap(), expected);
        }

        #[test]
        fn no_line_panics(line in "[\", a#é]{0,30}") {
            let _ = fields(&line);
        }
    }
}
