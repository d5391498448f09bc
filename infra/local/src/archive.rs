//! The zip that Lambda takes: one executable file named `bootstrap`.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// How tight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As it is: what runs on this machine is read once.
    Stored,
    /// As small as deflate can be: what is uploaded and loaded at every start. Takes half a minute.
    Tight,
}

/// Beyond deflate's own 9 levels `zip` calls zopfli, which tries this often; more finds next to nothing.
const TRIES: i64 = 5;

/// Packs a program. The same program gives the same bytes, whenever and wherever it is packed.
pub(crate) fn pack(program: &Path, zip: &Path, packing: Packing) -> Result<()> {
    let packed = (|| {
        let mut writer = ZipWriter::new(File::create(zip)?);
        writer.start_file("bootstrap", options(packing))?;
        io::copy(&mut File::open(program)?, &mut writer)?;
        writer.finish()?;
        anyhow::Ok(())
    })();
    packed.with_context(|| format!("could not pack {} into {}", program.display(), zip.display()))
}

/// Neither the clock nor the file's own mode and age are in it.
fn options(packing: Packing) -> SimpleFileOptions {
    let options = SimpleFileOptions::default().last_modified_time(DateTime::DEFAULT).unix_permissions(0o755);
    match packing {
        Packing::Stored => options.compression_method(CompressionMethod::Stored),
        Packing::Tight => {
            options.compression_method(CompressionMethod::Deflated).compression_level(Some(9 + TRIES))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, SystemTime};

    use super::*;

    const PROGRAM: &[u8] = b"#!/bin/sh\nexec true # true true true true true true true true\n";

    #[test]
    fn a_zip_holds_one_executable_bootstrap() {
        let folder = tempfile::tempdir().unwrap();
        let (program, zip) = (folder.path().join("enrich"), folder.path().join("enrich.zip"));
        fs::write(&program, PROGRAM).unwrap();
        for packing in [Packing::Stored, Packing::Tight] {
            pack(&program, &zip, packing).unwrap();
            let mut archive = zip::ZipArchive::new(File::open(&zip).unwrap()).unwrap();
            assert_eq!(archive.len(), 1);
            let mut entry = archive.by_name("bootstrap").unwrap();
            assert_eq!(entry.unix_mode().unwrap() & 0o777, 0o755);
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            assert_eq!(content, PROGRAM, "{packing:?}");
        }
    }

    #[test]
    fn a_program_packed_twice_gives_the_same_bytes() {
        for packing in [Packing::Stored, Packing::Tight] {
            let zips = [("first", 0o700, 1_000_000_000), ("second", 0o644, 1_700_000_000)].map(
                |(name, mode, age)| {
                    let folder = tempfile::tempdir().unwrap();
                    let program = folder.path().join(name);
                    fs::write(&program, PROGRAM).unwrap();
                    fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
                    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(age);
                    File::options().write(true).open(&program).unwrap().set_modified(written).unwrap();
                    let zip = folder.path().join("x.zip");
                    pack(&program, &zip, packing).unwrap();
                    fs::read(zip).unwrap()
                },
            );
            assert_eq!(zips[0], zips[1], "{packing:?}");
        }
    }

    #[test]
    fn a_missing_program_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = pack(&folder.path().join("enrich"), &folder.path().join("x.zip"), Packing::Stored);
        assert!(format!("{:#}", error.unwrap_err()).contains("enrich"));
    }
}
