//! The figures in `docs/benchmarks.md`, and their pictures beside it.

use std::fmt::Write as _;
use std::fs;

use anyhow::Result;
use tests::{page, project};

use crate::plot::Plot;

/// Puts table and pictures in place of the ones of an earlier run.
pub(crate) fn write(table: &str, plots: &[Plot]) -> Result<()> {
    let pictures = project::folder().join("docs/benchmarks");
    if pictures.exists() {
        fs::remove_dir_all(&pictures)?;
    }
    let mut figures = table.trim_end().to_owned() + "\n";
    for plot in plots {
        plot.draw(&pictures)?;
        write!(figures, "\n![{}](benchmarks/{}.svg)\n", plot.title, plot.name)?;
    }
    page::write("benchmarks.md", "make bench DOCS=1", &figures)
}
