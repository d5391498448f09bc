//! `target/demo`: written beside and put in place as a whole, so that two demos at once do not mix.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use domain::Feedback;

use crate::conversations::{Conversation, Entry};
use crate::feedback::{self, Event};
use crate::folders;
use crate::start::Places;
use crate::summary::{MailFile, Summary};

#[derive(Debug)]
pub(crate) struct DemoFolder {
    staging: PathBuf,
    place: PathBuf,
    /// Where the children of the run write.
    logs: PathBuf,
    lock: PathBuf,
}

impl DemoFolder {
    pub(crate) fn new(places: &Places) -> Self {
        Self {
            staging: places.run.path().join("demo"),
            place: places.target.join("demo"),
            logs: places.run.logs(),
            lock: places.target.join("demo.lock"),
        }
    }

    pub(crate) fn mail(&self) -> PathBuf {
        self.place.join("mail")
    }

    pub(crate) fn page(&self) -> PathBuf {
        self.place.join("mails.html")
    }

    pub(crate) fn feedback(&self) -> PathBuf {
        self.place.join("feedback")
    }

    pub(crate) fn summary(&self) -> PathBuf {
        self.place.join("summary.json")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.place.join("logs")
    }

    /// Every mail as it was delivered, and its parts as files of their own.
    pub(crate) fn write_mails(&self, conversations: &[Conversation]) -> Result<Vec<MailFile>> {
        let folder = self.staging.join("mail");
        fs::create_dir_all(&folder)?;
        let mut files = Vec::new();
        for Entry { mail, letter, told } in conversations.iter().flat_map(Conversation::entries) {
            let name = format!("{:02}", mail.id);
            fs::write(folder.join(format!("{name}.eml")), &mail.raw)?;
            if let Some(text) = &letter.text {
                fs::write(folder.join(format!("{name}.txt")), text)?;
            }
            if let Some(html) = &letter.html {
                fs::write(folder.join(format!("{name}.html")), html)?;
            }
            let path = self.mail().join(format!("{name}.eml")).display().to_string();
            files.push(MailFile {
                id: mail.id,
                subject: letter.subject.clone(),
                conversation: letter.conversation.clone(),
                kind: letter.kind.clone(),
                told: told.clone(),
                path,
            });
        }
        Ok(files)
    }

    /// Every event as the datagram that the manager's socket would get.
    pub(crate) fn write_feedback(&self, events: &[Feedback]) -> Result<Vec<Event>> {
        let folder = self.staging.join("feedback");
        fs::create_dir_all(&folder)?;
        let mut files = Vec::new();
        for (index, feedback) in events.iter().enumerate() {
            let integration = feedback::integration(feedback);
            // It names a file here: nothing but letters, digits and dashes may stand in it.
            let plain = integration.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
            let name = format!("{:02}-{plain}.txt", index + 1);
            fs::write(folder.join(&name), feedback.datagram()?)?;
            files.push(Event::of(feedback, self.feedback().join(name).display().to_string()));
        }
        Ok(files)
    }

    pub(crate) fn write_page(&self, page: &str) -> Result<()> {
        fs::create_dir_all(&self.staging)?;
        Ok(fs::write(self.staging.join("mails.html"), page)?)
    }

    pub(crate) fn write_summary(&self, summary: &Summary) -> Result<()> {
        fs::create_dir_all(&self.staging)?;
        Ok(fs::write(self.staging.join("summary.json"), serde_json::to_vec_pretty(summary)?)?)
    }

    pub(crate) fn write_log(&self, name: &str, lines: &[String]) -> Result<()> {
        Ok(fs::write(self.logs.join(format!("{name}.log")), lines.join("\n"))?)
    }

    /// Replaces what an earlier demo left with what there is now, be it logs alone.
    pub(crate) async fn publish(&self) -> Result<()> {
        let _lock = folders::lock(&self.lock).await?;
        folders::copy(&self.logs, &self.staging.join("logs"), |_| true)?;
        if self.place.exists() {
            fs::remove_dir_all(&self.place)
                .with_context(|| format!("could not replace {}", self.place.display()))?;
        }
        fs::rename(&self.staging, &self.place)
            .with_context(|| format!("could not write {}", self.place.display()))
    }
}
