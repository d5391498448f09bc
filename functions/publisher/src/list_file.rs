//! CDB lists as Wazuh reads them: `key:value` lines of a text file, and a file that is replaced as a whole.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

/// Key, as it is written, and value: a key in quotes may hold colons.
pub fn split(line: &str) -> Option<(&str, &str)> {
    let quoted = line.strip_prefix('"').and_then(|rest| rest.find("\":")).map(|end| end + 2);
    let colon = quoted.or_else(|| line.find(':').filter(|_| !line.starts_with('"')))?;
    Some((line.get(..colon)?, line.get(colon + 1..)?)).filter(|(key, _)| !key.is_empty())
}

/// Within its folder, so that Wazuh sees the old list or the new one; owner and mode stay as they were.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_added_extension("new");
    let before = fs::metadata(path).ok();
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o660).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    let mode = before.as_ref().map_or(0o660, |before| before.mode() & 0o777);
    file.set_permissions(Permissions::from_mode(mode))?;
    // Root keeps the owner; the user wazuh cannot, and makes the list its own, as all of Wazuh's lists are.
    if let Some(before) = before {
        let _ = fchown(&file, Some(before.uid()), Some(before.gid()));
    }
    file.sync_all()?;
    fs::rename(temporary, path)
}
