//! A message as Slack takes it: <https://docs.slack.dev/reference/block-kit>.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::mrkdwn::Mrkdwn;
use crate::view::Shown;

/// What is posted: blocks for Slack, and the same as one text for its notifications and for those who know no blocks.
///
/// It keeps to Slack's limits whatever the notice holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    headline: Mrkdwn,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    Section(Mrkdwn),
    /// Two columns.
    Fields(Vec<Mrkdwn>),
    /// Small print.
    Context(Mrkdwn),
}

const MAX_HEADLINE: usize = 150;
const MAX_SECTION: usize = 3_000;
const MAX_FIELDS: usize = 10;
const MAX_FIELD: usize = 2_000;
const MAX_BLOCKS: usize = 50;

/// Slack refuses a message whose blocks are longer than about 13,200 characters together, which no page of its
/// documentation says: <https://github.com/slackapi/bolt-js/issues/2509>. Rows end here; what follows them is short.
const MAX_ROWS: usize = 9_000;

/// Slack cuts at 40,000 and Mattermost at 16,383.
const MAX_TEXT: usize = 12_000;

impl Message {
    pub(super) fn new(headline: &str) -> Self {
        Self { headline: Mrkdwn::text(headline, MAX_HEADLINE), blocks: Vec::new() }
    }

    /// Lines of running text; those that do not fit are left out, and a mark says so.
    pub(super) fn section(self, lines: &[Mrkdwn]) -> Self {
        let text = Mrkdwn::lines(lines, MAX_SECTION);
        if text.is_empty() { self } else { self.with(Block::Section(text)) }
    }

    /// Labels and values, ten at most.
    pub(super) fn fields<'a>(self, facts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let field =
            |(label, value)| Mrkdwn::lines(&[Mrkdwn::bold(label, 80), Mrkdwn::text(value, 300)], MAX_FIELD);
        let fields: Vec<Mrkdwn> = facts.into_iter().take(MAX_FIELDS).map(field).collect();
        if fields.is_empty() { self } else { self.with(Block::Fields(fields)) }
    }

    pub(super) fn context(self, text: &str) -> Self {
        self.with(Block::Context(Mrkdwn::text(text, 600)))
    }

    /// What the reader should know about the delivery itself.
    pub(super) fn notes(self, notes: &[Shown]) -> Self {
        notes.iter().fold(self, |message, note| message.context(note.as_str()))
    }

    /// Whether a section with this line leaves room for what stands at the end of a message.
    pub(super) fn has_room_for(&self, line: &Mrkdwn) -> bool {
        let together: usize = self.blocks.iter().map(Block::length).sum();
        // The header is a block, too.
        self.blocks.len() + 2 < MAX_BLOCKS && together + Block::Section(line.clone()).length() <= MAX_ROWS
    }

    fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Everything as one text.
    fn text(&self) -> Mrkdwn {
        let mut lines = vec![self.headline.clone()];
        for block in &self.blocks {
            match block {
                Block::Section(text) | Block::Context(text) => lines.push(text.clone()),
                Block::Fields(fields) => lines.extend(fields.iter().cloned()),
            }
        }
        Mrkdwn::lines(&lines, MAX_TEXT)
    }
}

impl Block {
    /// With what the JSON around it needs.
    fn length(&self) -> usize {
        const AROUND: usize = 60;
        AROUND
            + match self {
                Self::Section(text) | Self::Context(text) => text.length(),
                Self::Fields(fields) => fields.iter().map(|field| field.length() + AROUND).sum(),
            }
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let header = Wire::Header { text: Text::Plain { text: self.headline.as_str(), emoji: false } };
        let blocks: Vec<Wire> = std::iter::once(header).chain(self.blocks.iter().map(Block::wire)).collect();
        let mut message = serializer.serialize_struct("Message", 4)?;
        message.serialize_field("text", self.text().as_str())?;
        message.serialize_field("blocks", &blocks)?;
        // Nobody fetches a page that a notice links to.
        message.serialize_field("unfurl_links", &false)?;
        message.serialize_field("unfurl_media", &false)?;
        message.end()
    }
}

impl Block {
    fn wire(&self) -> Wire<'_> {
        match self {
            Self::Section(text) => Wire::Section { text: Text::mrkdwn(text) },
            Self::Fields(fields) => Wire::Fields { fields: fields.iter().map(Text::mrkdwn).collect() },
            Self::Context(text) => Wire::Context { elements: [Text::mrkdwn(text)] },
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire<'a> {
    Header {
        text: Text<'a>,
    },
    Section {
        text: Text<'a>,
    },
    #[serde(rename = "section")]
    Fields {
        fields: Vec<Text<'a>>,
    },
    Context {
        elements: [Text<'a>; 1],
    },
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Text<'a> {
    #[serde(rename = "plain_text")]
    Plain { text: &'a str, emoji: bool },
    /// Verbatim: Slack makes no links and mentions of what looks like one.
    #[serde(rename = "mrkdwn")]
    Mrkdwn { text: &'a str, verbatim: bool },
}

impl<'a> Text<'a> {
    fn mrkdwn(text: &'a Mrkdwn) -> Self {
        Self::Mrkdwn { text: text.as_str(), verbatim: true }
    }
}

#[cfg(test)]
mod tests;
