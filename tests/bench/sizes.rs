//! What is deployed: the programs, and the zips as AWS gets them.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::release::{FUNCTIONS, Release};
use crate::table::{Aim, Quantity, Row};

const MAX_ZIP_BYTES: u64 = 3_500_000;

pub(crate) fn measure(release: &Release) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for function in FUNCTIONS {
        let zip = release.folder.join(format!("{function}.zip"));
        pack(&release.function(function), &zip)?;
        let bytes = size(&zip)?;
        let aim = Aim::gates(format!("< {}", Quantity::Size(MAX_ZIP_BYTES)), bytes < MAX_ZIP_BYTES);
        rows.push(row(format!("zip: {function}"), bytes).with_aim(aim));
    }
    for function in FUNCTIONS {
        rows.push(row(format!("program: {function}"), size(&release.function(function))?));
    }
    rows.push(row("program: custom-wazuh-triage".to_owned(), size(&release.integration())?));
    rows.push(row("program: wazuh-publisher".to_owned(), size(&release.publisher())?));
    Ok(rows)
}

fn row(what: String, bytes: u64) -> Row {
    Row::new(what, Quantity::Size(bytes))
}

fn size(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file).with_context(|| format!("there is no {}", file.display()))?.len())
}

/// As `make package` does: one executable file named `bootstrap`, by zopfli in 5 tries.
fn pack(program: &Path, zip: &Path) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9 + 5))
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(File::create(zip)?);
    writer.start_file("bootstrap", options)?;
    io::copy(&mut File::open(program)?, &mut writer)?;
    writer.finish()?;
    Ok(())
}
