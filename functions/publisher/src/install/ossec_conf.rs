//! `ossec.conf`, read as far as it must be to add a block and to take it away again.
//!
//! Wazuh has its own reader of XML: several roots, `\<` in texts, no entities. What this cannot follow it refuses, and
//! no byte outside our markers is ever changed.

use std::fmt;

/// The file, split into the elements below each `<ossec_config>`.
#[derive(Debug, PartialEq, Eq)]
pub struct OssecConf<'a> {
    text: &'a str,
    pub sections: Vec<Section<'a>>,
    /// Where the last `</ossec_config>` begins.
    end: usize,
}

/// `<integration>`, `<ruleset>`, ..: name and text of each element in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Section<'a> {
    pub name: &'a str,
    pub children: Vec<(&'a str, &'a str)>,
}

/// Why the file is left alone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Unreadable {
    pub line: usize,
    pub problem: Problem,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Problem {
    OpenComment,
    OpenTag,
    EndsNothing(String),
    NotClosed(String),
    NoRoot,
    Markers,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenComment => formatter.write_str("a comment does not end"),
            Self::OpenTag => formatter.write_str("a tag does not end"),
            Self::EndsNothing(name) => write!(formatter, "</{name}> ends nothing"),
            Self::NotClosed(name) => write!(formatter, "<{name}> does not end"),
            Self::NoRoot => formatter.write_str("there is no <ossec_config>"),
            Self::Markers => formatter.write_str("the markers of wazuh-triage do not come in one pair"),
        }
    }
}

const ROOT: &str = "ossec_config";
const BEGIN: &str =
    "<!-- wazuh-triage begin: written by `wazuh-publisher install`, taken away by `uninstall` -->";
const END: &str = "<!-- wazuh-triage end -->";
const INDENT: &str = "  ";

impl<'a> OssecConf<'a> {
    pub fn parse(text: &'a str) -> Result<Self, Unreadable> {
        let mut conf = Self { text, sections: Vec::new(), end: 0 };
        let mut open: Vec<(&str, usize)> = Vec::new();
        let mut roots = 0;
        let mut place = 0;
        while let Some(tag) = next_tag(text, &mut place)? {
            match tag.kind {
                Kind::Start => {
                    conf.begin(&open, tag.name);
                    open.push((tag.name, tag.end));
                }
                Kind::Empty => {
                    conf.begin(&open, tag.name);
                    conf.child(open.len(), tag.name, "");
                }
                Kind::End => {
                    let Some((name, start)) = open.pop().filter(|(name, _)| *name == tag.name) else {
                        return Err(at(text, tag.start, Problem::EndsNothing(tag.name.to_owned())));
                    };
                    conf.child(open.len(), name, text.get(start..tag.start).unwrap_or_default());
                    if open.is_empty() && name == ROOT {
                        (conf.end, roots) = (tag.start, roots + 1);
                    }
                }
            }
        }
        if let Some((name, start)) = open.pop() {
            return Err(at(text, start, Problem::NotClosed(name.to_owned())));
        }
        if roots == 0 {
            return Err(at(text, 0, Problem::NoRoot));
        }
        conf.block()?;
        Ok(conf)
    }

    /// What stands between our markers.
    pub fn block(&self) -> Result<Option<&'a str>, Unreadable> {
        let (begins, ends) = (self.text.matches(BEGIN).count(), self.text.matches(END).count());
        let (begin, end) = (self.text.find(BEGIN), self.text.find(END));
        match (begin, end) {
            (None, None) => Ok(None),
            (Some(begin), Some(end)) if begins == 1 && ends == 1 && begin < end => {
                Ok(self.text.get(begin + BEGIN.len()..end))
            }
            (place, other) => Err(at(self.text, place.or(other).unwrap_or(0), Problem::Markers)),
        }
    }

    /// The file with this block between our markers, in the place of an earlier one.
    pub fn with_block(&self, block: &str) -> Result<String, Unreadable> {
        let without = self.without_block()?;
        let end = OssecConf::parse(&without)?.end;
        let (before, after) = without.split_at(end);
        // The end tag's own indentation stays with it.
        let line = before.rfind('\n').map_or(before.len(), |line| line + 1);
        let blank = before.get(line..).is_some_and(|rest| rest.trim().is_empty());
        let (before, indent) = if blank { before.split_at(line) } else { (before, "") };
        let newline = if before.ends_with('\n') { "" } else { "\n" };
        let body: String = block.lines().map(|line| format!("{INDENT}{line}\n")).collect::<Vec<_>>().concat();
        Ok(format!("{before}{newline}{INDENT}{BEGIN}\n{body}{INDENT}{END}\n{indent}{after}"))
    }

    /// The file as it was before a block was added.
    pub fn without_block(&self) -> Result<String, Unreadable> {
        if self.block()?.is_none() {
            return Ok(self.text.to_owned());
        }
        let begin = self.text.find(BEGIN).unwrap_or_default();
        let end = self.text.find(END).unwrap_or_default() + END.len();
        let before = self.text.get(..begin).unwrap_or_default();
        let after = self.text.get(end..).unwrap_or_default();
        // The lines of the markers were ours as well.
        let before = before.strip_suffix(INDENT).unwrap_or(before);
        let after = after.strip_prefix('\n').unwrap_or(after);
        Ok(format!("{before}{after}"))
    }

    pub fn integrations(&self, name: &str) -> impl Iterator<Item = &Section<'a>> {
        self.sections
            .iter()
            .filter(move |section| section.name == "integration" && section.get("name") == Some(name))
    }

    pub fn has_list(&self, path: &str) -> bool {
        let rulesets = self.sections.iter().filter(|section| section.name == "ruleset");
        rulesets.flat_map(|ruleset| &ruleset.children).any(|child| *child == ("list", path))
    }

    fn begin(&mut self, open: &[(&'a str, usize)], name: &'a str) {
        if matches!(open, [(ROOT, _)]) {
            self.sections.push(Section { name, children: Vec::new() });
        }
    }

    /// `depth`: how many elements are open around it.
    fn child(&mut self, depth: usize, name: &'a str, text: &'a str) {
        if let (2, Some(section)) = (depth, self.sections.last_mut()) {
            section.children.push((name, text.trim()));
        }
    }
}

impl<'a> Section<'a> {
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.children.iter().find(|(child, _)| *child == name).map(|(_, text)| *text)
    }
}

struct Tag<'a> {
    kind: Kind,
    name: &'a str,
    start: usize,
    end: usize,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Start,
    Empty,
    End,
}

/// Passes over texts, comments and declarations.
fn next_tag<'a>(text: &'a str, place: &mut usize) -> Result<Option<Tag<'a>>, Unreadable> {
    while let Some(start) = text.get(*place..).and_then(|rest| rest.find('<')).map(|found| *place + found) {
        let rest = text.get(start..).unwrap_or_default();
        let is_escaped = text.get(..start).is_some_and(|before| before.ends_with('\\'));
        if let Some(comment) = rest.strip_prefix("<!--") {
            let length = comment.find("-->").ok_or_else(|| at(text, start, Problem::OpenComment))?;
            *place = start + length + "<!---->".len();
            continue;
        }
        let inner = rest.strip_prefix("</").or_else(|| rest.strip_prefix('<')).unwrap_or_default();
        if is_escaped || !inner.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
            *place = start + 1;
            continue;
        }
        let length = tag_length(rest).ok_or_else(|| at(text, start, Problem::OpenTag))?;
        *place = start + length;
        let kind = match rest.get(..length).unwrap_or_default() {
            tag if tag.starts_with("</") => Kind::End,
            tag if tag.ends_with("/>") => Kind::Empty,
            _ => Kind::Start,
        };
        let name =
            inner.split(|letter: char| letter.is_whitespace() || letter == '>' || letter == '/').next();
        return Ok(Some(Tag { kind, name: name.unwrap_or_default(), start, end: *place }));
    }
    Ok(None)
}

/// Up to the `>` that is not in quotes.
fn tag_length(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (index, letter) in tag.char_indices() {
        match (quote, letter) {
            (None, '>') => return Some(index + 1),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

fn at(text: &str, place: usize, problem: Problem) -> Unreadable {
    Unreadable { line: text.get(..place).unwrap_or_default().matches('\n').count() + 1, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONF: &str = "<!-- <integration> -->\n<ossec_config>\n  <global>\n    <jsonout_output>yes</jsonout_output>\n  </global>\n\n  \
                        <integration>\n    <name>slack</name>\n    <hook_url>https://a/b?c=\"d\"</hook_url>\n  </integration>\n\
                        </ossec_config>\n\n<ossec_config>\n  <ruleset>\n    <list>etc/lists/a</list>\n  </ruleset>\n  \
                        <localfile>\n    <query>\\<QueryList> a < b</query><x/>\n  </localfile>\n</ossec_config>\n";

    #[test]
    fn sections_of_all_roots_are_found() {
        let conf = OssecConf::parse(CONF).unwrap();
        let names: Vec<_> = conf.sections.iter().map(|section| section.name).collect();
        assert_eq!(names, ["global", "integration", "ruleset", "localfile"]);
        assert_eq!(conf.integrations("slack").next().unwrap().get("hook_url"), Some("https://a/b?c=\"d\""));
        assert_eq!(conf.integrations("custom-wazuh-triage").count(), 0);
        assert!(conf.has_list("etc/lists/a") && !conf.has_list("etc/lists"));
        assert_eq!(conf.sections[3].children[1], ("x", ""));
    }

    #[test]
    fn a_block_is_added_replaced_and_taken_away_and_no_other_byte_changes() {
        for text in
            [CONF, "<ossec_config></ossec_config>", "<ossec_config>\r\n\t</ossec_config> \n<!-- end -->"]
        {
            let once = OssecConf::parse(text).unwrap().with_block("<a>1</a>\n<b>2</b>").unwrap();
            let conf = OssecConf::parse(&once).unwrap();
            assert_eq!(conf.block().unwrap(), Some("\n  <a>1</a>\n  <b>2</b>\n  "), "{once}");
            assert_eq!(conf.with_block("<a>1</a>\n<b>2</b>").unwrap(), once);
            assert_eq!(conf.without_block().unwrap().replace('\n', ""), text.replace('\n', ""), "{once}");
            let twice = conf.with_block("<c>3</c>").unwrap();
            assert!(twice.contains("<c>3</c>") && !twice.contains("<a>1</a>"));
        }
        let once = OssecConf::parse(CONF).unwrap().with_block("<a>1</a>").unwrap();
        assert_eq!(OssecConf::parse(&once).unwrap().without_block().unwrap(), CONF);
    }

    #[test]
    fn what_cannot_be_followed_is_refused_with_its_line() {
        let markers = format!("<ossec_config>\n{BEGIN}\n</ossec_config>");
        for (text, problem) in [
            ("", "line 1: there is no <ossec_config>"),
            ("<ossec_config>\n<global>\n</ossec_config>", "line 3: </ossec_config> ends nothing"),
            ("<ossec_config>\n<!-- \n</ossec_config>", "line 2: a comment does not end"),
            ("<ossec_config>\n</ossec_config", "line 2: a tag does not end"),
            ("\n<ossec_config>\n", "line 2: <ossec_config> does not end"),
            ("</ossec_config>", "line 1: </ossec_config> ends nothing"),
            (&markers, "line 2: the markers of wazuh-triage do not come in one pair"),
        ] {
            assert_eq!(OssecConf::parse(text).unwrap_err().to_string(), problem, "{text}");
        }
    }
}
