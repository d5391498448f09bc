//! Terraform providers that are already on this machine, so that `terraform init` needs no registry.

use std::fs;
use std::path::{Path, PathBuf};

/// The part of a mirror's path that every mirror shares.
const AWS_PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// Terraform's own places for mirrors: <https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories>.
pub(crate) fn implied(home: Option<&Path>, data_home: Option<&Path>) -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Some(home) = home {
        places.push(home.join(".terraform.d/plugins"));
        places.push(home.join("Library/Application Support/io.terraform/plugins"));
        places.push(home.join(".local/share/terraform/plugins"));
    }
    if let Some(data_home) = data_home {
        places.push(data_home.join("terraform/plugins"));
    }
    places.extend(["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"].map(PathBuf::from));
    places
}

/// Where packages and images tend to leave a mirror.
pub(crate) fn usual() -> [PathBuf; 3] {
    ["/opt", "/usr/local/share", "/usr/share"].map(PathBuf::from)
}

/// The first place that is, or holds, a mirror with the AWS provider for this platform, such as `linux_amd64`.
pub(crate) fn find(exact: &[PathBuf], within: &[PathBuf], platform: &str) -> Option<PathBuf> {
    /// Enough for /opt/VENDOR/terraform/plugins.
    const DEPTH: usize = 3;
    exact
        .iter()
        .find(|place| holds_provider(place, platform))
        .cloned()
        .or_else(|| within.iter().find_map(|root| search(root, platform, DEPTH)))
}

/// Terraform's name of this platform.
pub(crate) fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    format!("{system}_{processor}")
}

fn search(folder: &Path, platform: &str, depth: usize) -> Option<PathBuf> {
    if holds_provider(folder, platform) {
        return Some(folder.to_owned());
    }
    if depth == 0 {
        return None;
    }
    folders_in(folder).into_iter().find_map(|inner| search(&inner, platform, depth - 1))
}

/// Unpacked: `VERSION/PLATFORM/`; packed: `terraform-provider-aws_VERSION_PLATFORM.zip`.
fn holds_provider(mirror: &Path, platform: &str) -> bool {
    let provider = mirror.join(AWS_PROVIDER);
    let unpacked = folders_in(&provider).iter().any(|version| version.join(platform).is_dir());
    let packed = || {
        let ending = format!("_{platform}.zip");
        names_in(&provider).any(|path| path.to_string_lossy().ends_with(&ending))
    };
    unpacked || packed()
}

/// In a fixed order, without links: those can lead in circles.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        names_in(folder).filter(|path| path.is_dir() && !path.is_symlink()).collect();
    folders.sort();
    folders
}

/// Nothing for a folder that is not there or may not be read; at most a thousand names.
fn names_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    const MOST: usize = 1000;
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).take(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(folders: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for folder in folders {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        root
    }

    #[test]
    fn a_mirror_is_found_where_it_is() {
        let deep = format!("opt/a/b/plugins/{AWS_PROVIDER}/5.100.0/linux_amd64");
        let too_deep = format!("opt/a/b/c/plugins/{AWS_PROVIDER}/5.100.0/linux_amd64");
        let home = format!("home/.terraform.d/plugins/{AWS_PROVIDER}/6.0.0/linux_amd64");
        let other_platform = format!("opt/x/{AWS_PROVIDER}/5.100.0/darwin_arm64");
        for (folders, expected) in [
            (vec![deep.as_str()], Some("opt/a/b/plugins")),
            (vec![too_deep.as_str()], None),
            (vec![other_platform.as_str()], None),
            (vec![other_platform.as_str(), deep.as_str()], Some("opt/a/b/plugins")),
            (vec![deep.as_str(), home.as_str()], Some("home/.terraform.d/plugins")),
            (vec!["opt/registry.terraform.io/hashicorp"], None),
            (vec![], None),
        ] {
            let root = with(&folders);
            let exact = implied(Some(&root.path().join("home")), None);
            let found = find(&exact, &[root.path().join("opt")], "linux_amd64");
            assert_eq!(found, expected.map(|path| root.path().join(path)), "{folders:?}");
        }
    }

    #[test]
    fn a_packed_provider_counts_too() {
        let root = with(&[&format!("m/{AWS_PROVIDER}")]);
        let zip =
            root.path().join(format!("m/{AWS_PROVIDER}/terraform-provider-aws_5.100.0_linux_arm64.zip"));
        fs::write(zip, "").unwrap();
        let places = [root.path().join("m")];
        assert!(find(&places, &[], "linux_arm64").is_some());
        assert!(find(&places, &[], "linux_amd64").is_none());
    }
}
