//! Pages of the documentation of which a program writes a part.

use std::fs;

use anyhow::{Context, Result};

use crate::project;

/// Puts text between the marks `<!-- MARK: from here -->` and `<!-- to here -->` of `docs/NAME`.
pub fn write(name: &str, mark: &str, text: &str) -> Result<()> {
    let page = project::folder().join("docs").join(name);
    let old = fs::read_to_string(&page).with_context(|| format!("could not read {}", page.display()))?;
    let new = between(&old, mark, text).with_context(|| {
        format!("docs/{name} must have the lines `{}` and, after it, `{END}`", begin(mark))
    })?;
    Ok(fs::write(&page, new)?)
}

const END: &str = "<!-- to here -->";

fn begin(mark: &str) -> String {
    format!("<!-- {mark}: from here -->")
}

fn between(page: &str, mark: &str, text: &str) -> Option<String> {
    let begin = begin(mark);
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}\n\n{}\n\n{END}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_between_its_marks_and_no_others() {
        let old = "head\n<!-- a: from here -->\n<!-- to here -->\n<!-- b: from here -->\nold\n<!-- to here -->\nfoot\n";
        let new = between(old, "b", "| 2 |\n").unwrap();
        assert_eq!(
            new,
            "head\n<!-- a: from here -->\n<!-- to here -->\n<!-- b: from here -->\n\n| 2 |\n\n<!-- to here -->\nfoot\n"
        );
        assert_eq!(between(&new, "b", "| 2 |").unwrap(), new);
        assert_eq!(between(old, "c", "| 2 |"), None);
    }
}
