//! A folder of mails that a person looks at: each as `.eml`, `.txt` and `.html`, and a page that links them.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use askama::Template;
use notify::mail::Mail;
use serde::{Deserialize, Serialize};

use crate::failure::{Count, Failure};

/// What of a folder that holds something else may be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    Refused,
    /// Files of the same names are replaced; nothing is removed.
    Shared,
}

/// One mail in the folder, as the list says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// What its files are called, without the ending.
    pub name: String,
    pub kind: String,
    pub subject: String,
    /// What it shows, in one line.
    pub about: String,
}

pub(crate) struct MailFolder {
    path: PathBuf,
    list: File,
    entries: Vec<Entry>,
}

/// The first line of a list: what follows it is ours, and may be replaced.
#[derive(Serialize, Deserialize)]
struct Head {
    made_by: String,
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'page> {
    page: &'page Page<'page>,
}

struct Page<'page> {
    title: &'page str,
    account: &'page str,
    entries: &'page [Entry],
}

impl MailFolder {
    const LIST: &'static str = "mails.jsonl";
    const INDEX: &'static str = "index.html";
    const ENDINGS: [&'static str; 3] = ["eml", "txt", "html"];
    const MADE_BY: &'static str = "triage";

    /// An empty folder, made if it is not there. Mails of an earlier call are removed, and nothing else ever.
    pub fn open(path: &Path, foreign: Foreign) -> Result<Self, Failure> {
        let failed = |source| Failure::Folder { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(failed)?;
        if !Self::clear(path).map_err(failed)?
            && foreign == Foreign::Refused
            && fs::read_dir(path).map_err(failed)?.next().is_some()
        {
            return Err(Failure::ForeignFolder(path.to_owned()));
        }
        let mut list = File::create(path.join(Self::LIST)).map_err(failed)?;
        write_line(&mut list, &Head { made_by: Self::MADE_BY.to_owned() }).map_err(failed)?;
        Ok(Self { path: path.to_owned(), list, entries: Vec::new() })
    }

    /// Removes what a list of ours names. False where there is no such list.
    fn clear(path: &Path) -> io::Result<bool> {
        let Ok(list) = File::open(path.join(Self::LIST)) else { return Ok(false) };
        let mut lines = BufReader::new(list).lines();
        let head = lines.next().transpose()?.and_then(|line| serde_json::from_str::<Head>(&line).ok());
        if head.is_none_or(|head| head.made_by != Self::MADE_BY) {
            return Ok(false);
        }
        let mut files = vec![Self::INDEX.to_owned()];
        for line in lines {
            // The last line of a call that was cut short; a name with a path in it is none of ours.
            let Ok(entry) = serde_json::from_str::<Entry>(&line?) else { continue };
            if is_plain(&entry.name) {
                files.extend(Self::ENDINGS.map(|ending| format!("{}.{ending}", entry.name)));
            }
        }
        for file in files {
            match fs::remove_file(path.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        fs::remove_file(path.join(Self::LIST))?;
        // Whatever else stands there was put beside our mails.
        Ok(true)
    }

    /// Writes one mail, and its line in the list.
    pub fn add(&mut self, entry: Entry, mail: &Mail) -> Result<(), Failure> {
        let failed = |path: PathBuf| move |source| Failure::Folder { path, source };
        let pages: [&[u8]; 3] = [&mail.raw, mail.text.as_bytes(), mail.html.as_bytes()];
        for (ending, bytes) in Self::ENDINGS.into_iter().zip(pages) {
            let path = self.path.join(format!("{}.{ending}", entry.name));
            fs::write(&path, bytes).map_err(failed(path))?;
        }
        write_line(&mut self.list, &entry).map_err(failed(self.path.join(Self::LIST)))?;
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the page that links them, and says what to open.
    pub fn finish(self, title: &str, account: &str) -> Result<String, Failure> {
        let page = Page { title, account, entries: &self.entries };
        let html = Index { page: &page }.render().map_err(Failure::Index)?;
        let path = self.path.join(Self::INDEX);
        fs::write(&path, html).map_err(|source| Failure::Folder { path: path.clone(), source })?;
        Ok(format!(
            "{} in {}; open {}",
            Count(self.entries.len(), "mail"),
            self.path.display(),
            path.display()
        ))
    }

    pub fn count(&self) -> usize {
        self.entries.len()
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn write_line(list: &mut File, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    list.write_all(text.as_bytes())
}
