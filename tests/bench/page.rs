//! `docs/benchmarks.md`: the figures between its marks, and their pictures beside it.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use crate::plot::Plot;
use crate::release::project;

const BEGIN: &str = "<!-- make bench DOCS=1 writes from here -->";
const END: &str = "<!-- to here -->";

/// Puts table and pictures in place of the ones of an earlier run.
pub(crate) fn write(table: &str, plots: &[Plot]) -> Result<()> {
    let docs = project().join("docs");
    let page = docs.join("benchmarks.md");
    let text = fs::read_to_string(&page).with_context(|| format!("could not read {}", page.display()))?;
    let pictures = docs.join("benchmarks");
    if pictures.exists() {
        fs::remove_dir_all(&pictures)?;
    }
    let mut figures = table.trim_end().to_owned() + "\n";
    for plot in plots {
        plot.draw(&pictures)?;
        write!(figures, "\n![{}](benchmarks/{}.svg)\n", plot.title, plot.name)?;
    }
    Ok(fs::write(&page, between(&text, &figures)?)?)
}

fn between(text: &str, figures: &str) -> Result<String> {
    let marked = || {
        let (before, rest) = text.split_once(BEGIN)?;
        let (_, after) = rest.split_once(END)?;
        Some(format!("{before}{BEGIN}\n\n{figures}\n{END}{after}"))
    };
    marked().with_context(|| format!("docs/benchmarks.md must have the lines `{BEGIN}` and `{END}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_between_the_marks() {
        let old = format!("head\n{BEGIN}\n| 1 |\n{END}\nfoot\n");
        let new = between(&old, "| 2 |\n").unwrap();
        assert_eq!(new, format!("head\n{BEGIN}\n\n| 2 |\n\n{END}\nfoot\n"));
        assert_eq!(between(&new, "| 2 |\n").unwrap(), new);
        assert!(between("no marks", "| 2 |").is_err());
    }
}
