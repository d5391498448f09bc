//! SHA-256 in the form that `sha256sum` writes and reads.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The digest in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hexadecimal, byte| {
        // Writing to a string does not fail.
        let _written = write!(hexadecimal, "{byte:02x}");
        hexadecimal
    })
}

/// Writes what `sha256sum --check` takes: a line for each of these files of the folder, in this order.
pub(crate) fn write_list(folder: &Path, names: &[String], list: &Path) -> Result<()> {
    let mut lines = String::new();
    for name in names {
        let file = folder.join(name);
        let bytes = fs::read(&file).with_context(|| format!("could not read {}", file.display()))?;
        // Two spaces: a digest of bytes, not of text.
        let _written = writeln!(lines, "{}  {name}", sha256(&bytes));
    }
    fs::write(list, lines).with_context(|| format!("could not write {}", list.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_line_for_each_file_as_sha256sum_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.zip"), "abc").unwrap();
        fs::write(folder.path().join("b.zip"), "").unwrap();
        let list = folder.path().join("SHA256SUMS");
        write_list(folder.path(), &["a.zip".to_owned(), "b.zip".to_owned()], &list).unwrap();
        // The digests of FIPS 180-4's example and of nothing.
        assert_eq!(
            fs::read_to_string(list).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.zip\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b.zip\n"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("SHA256SUMS");
        let error = write_list(folder.path(), &["gone.zip".to_owned()], &list).unwrap_err();
        assert!(format!("{error:#}").contains("gone.zip"), "{error:#}");
    }
}
