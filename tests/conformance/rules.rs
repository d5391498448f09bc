//! The rules for Wazuh in infra/wazuh/rules: read as Wazuh reads them.

mod events;
mod fired;
mod lint;
mod pattern;
mod samples;
mod sent;

use std::fs;

use anyhow::{Context, Result, bail};
use roxmltree::{Document, Node};
use tests::project;

use pattern::Pattern;

/// Rules in the order in which Wazuh loads them.
#[derive(Debug)]
pub struct Ruleset {
    pub rules: Vec<Rule>,
}

#[derive(Debug)]
pub struct Rule {
    pub id: u32,
    pub level: u32,
    /// Texts that Wazuh strings together: the name of the outer group, then each inner one.
    pub groups: Vec<String>,
    pub decoded_as: Option<String>,
    pub location: Option<String>,
    pub if_sid: Vec<u32>,
    pub if_group: Option<String>,
    /// Field, kind of look-up and file of each CDB list.
    pub lists: Vec<[String; 3]>,
    pub fields: Vec<Field>,
    pub description: String,
    pub options: Vec<String>,
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub text: String,
    pub pattern: Pattern,
    pub negated: bool,
}

impl Ruleset {
    /// What is in the repository.
    pub fn shipped() -> Result<Self> {
        let folder = project::folder().join("infra/wazuh/rules");
        let mut files: Vec<_> = fs::read_dir(&folder)?.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
        files.sort();
        let mut rules = Vec::new();
        for file in files {
            let read = Self::parse(&fs::read_to_string(&file)?);
            rules.extend(read.with_context(|| file.display().to_string())?.rules);
        }
        Ok(Self { rules })
    }

    /// A rule file is a row of `<group>`s without a root. What this does not know it refuses, for Wazuh does not start
    /// with a rule that it cannot read.
    pub fn parse(text: &str) -> Result<Self> {
        let text = format!("<file>{text}</file>");
        let document = Document::parse(&text)?;
        let mut rules = Vec::new();
        for group in document.root_element().children().filter(Node::is_element) {
            expect(&group, "group", &["name"])?;
            let outer = attribute(&group, "name")?;
            for node in group.children().filter(Node::is_element) {
                rules.push(Rule::read(&node, outer)?);
            }
        }
        Ok(Self { rules })
    }

    pub fn get(&self, id: u32) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The rule at the top of this one's line.
    pub fn root<'a>(&'a self, rule: &'a Rule) -> Option<&'a Rule> {
        let mut rule = rule;
        for _ in &self.rules {
            let Some(parent) = rule.if_sid.first() else { return Some(rule) };
            rule = self.get(*parent)?;
        }
        None
    }
}

impl Rule {
    fn read(node: &Node, outer: &str) -> Result<Self> {
        expect(node, "rule", &["id", "level"])?;
        let mut rule = Self {
            id: attribute(node, "id")?.parse().context("id of a rule")?,
            level: attribute(node, "level")?.parse().context("level of a rule")?,
            groups: vec![outer.to_owned()],
            decoded_as: None,
            location: None,
            if_sid: Vec::new(),
            if_group: None,
            lists: Vec::new(),
            fields: Vec::new(),
            description: String::new(),
            options: Vec::new(),
        };
        for part in node.children().filter(Node::is_element) {
            rule.take(&part).with_context(|| format!("rule {}", rule.id))?;
        }
        Ok(rule)
    }

    fn take(&mut self, part: &Node) -> Result<()> {
        let text = part.text().unwrap_or_default().to_owned();
        let name = part.tag_name().name();
        let attributes: &[&str] = match name {
            "field" => &["name", "negate"],
            "list" => &["field", "lookup"],
            _ => &[],
        };
        expect(part, name, attributes)?;
        match name {
            "decoded_as" => self.decoded_as = Some(text),
            "location" => self.location = Some(text),
            "if_sid" => {
                self.if_sid = text.split(',').map(|id| Ok(id.trim().parse()?)).collect::<Result<_>>()?;
            }
            "if_group" => self.if_group = Some(text),
            "list" => {
                let of = |name| attribute(part, name).map(str::to_owned);
                self.lists.push([of("field")?, of("lookup")?, text]);
            }
            "field" => self.fields.push(Field {
                name: attribute(part, "name")?.to_owned(),
                pattern: text.parse()?,
                text,
                negated: part.attribute("negate") == Some("yes"),
            }),
            "description" => self.description = text,
            "options" => self.options.push(text),
            "group" => self.groups.push(text),
            other => bail!("<{other}> is not known here"),
        }
        Ok(())
    }

    /// For events of the site's own hosts, and not for ours.
    pub fn is_for_lists(&self) -> bool {
        !self.lists.is_empty()
    }

    /// Names of the groups as Wazuh sees them.
    pub fn group_names(&self) -> Vec<String> {
        let text = self.groups.concat();
        text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// The literal value of `integration` that the rule asks for.
    pub fn integration(&self) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.name == "integration")?;
        field.text.strip_prefix('^')?.strip_suffix('$')
    }
}

fn attribute<'a>(node: &Node<'a, '_>, name: &str) -> Result<&'a str> {
    node.attribute(name).with_context(|| format!("<{}> without {name}", node.tag_name().name()))
}

fn expect(node: &Node, name: &str, attributes: &[&str]) -> Result<()> {
    if node.tag_name().name() != name {
        bail!("<{}> where <{name}> should be", node.tag_name().name());
    }
    if let Some(other) = node.attributes().find(|attribute| !attributes.contains(&attribute.name())) {
        bail!("{} of <{name}> is not known here", other.name());
    }
    Ok(())
}

#[test]
fn what_is_not_known_is_refused() {
    for (text, complaint) in [
        ("<rule/>", "<rule> where <group> should be"),
        (r#"<group name="a,"><rule id="1"/></group>"#, "<rule> without level"),
        (
            r#"<group name="a,"><rule id="1" level="3" noalert="1"/></group>"#,
            "noalert of <rule> is not known here",
        ),
        (
            r#"<group name="a,"><rule id="1" level="3"><regexp>x</regexp></rule></group>"#,
            "rule 1: <regexp> is not known here",
        ),
        (
            r#"<group name="a,"><rule id="1" level="3"><field name="x">^(a)$</field></rule></group>"#,
            "rule 1: pattern `^(a)$` is not known here",
        ),
        (r#"<group name="a,"><rule id="1" level="3">"#, "expected 'rule' tag, not 'file' at 1:47"),
    ] {
        let error = Ruleset::parse(text).expect_err(text);
        assert_eq!(format!("{error:#}"), complaint);
    }
}
