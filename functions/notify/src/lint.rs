//! A reader of our HTML that forgives nothing: tags, attributes, links, and the contrast of every text on its ground.

pub mod chat;

use std::collections::BTreeMap;

/// What a page holds, once it is found to be in order.
#[derive(Debug, Default)]
pub struct Page {
    pub links: Vec<String>,
    pub headings: Vec<String>,
    /// What a screen reader reads, in its order.
    pub text: String,
}

const TAGS: [&str; 22] = [
    "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "th", "h1", "h2", "p",
    "pre", "a", "span", "strong", "br", "ul", "li", "em",
];
const VOID: [&str; 2] = ["meta", "br"];
const ATTRIBUTES: [&str; 18] = [
    "lang",
    "charset",
    "name",
    "content",
    "style",
    "class",
    "role",
    "width",
    "cellpadding",
    "cellspacing",
    "border",
    "align",
    "valign",
    "bgcolor",
    "href",
    "colspan",
    "dir",
    "scope",
];
const HOSTS: [&str; 4] = [
    "https://wazuh.example.com/",
    "https://www.abuseipdb.com/check/",
    "https://otx.alienvault.com/indicator/",
    "https://misp.example.com/events/view/",
];

type Colour = (u8, u8, u8);

/// Text and ground, in light and in dark.
#[derive(Clone, Copy, Debug)]
struct Paint {
    text: [Colour; 2],
    ground: [Colour; 2],
    hidden: bool,
}

/// Panics with the place that is wrong.
pub fn check(name: &str, html: &str) -> Page {
    let layout = include_str!("../templates/layout.html");
    let dark = dark_classes(layout);
    let mut page = Page::default();
    let mut stack: Vec<(String, Paint)> = Vec::new();
    let mut paint = Paint { text: [(0, 0, 0); 2], ground: [(255, 255, 255); 2], hidden: false };
    let mut rest = html.strip_prefix("<!DOCTYPE html>\n").unwrap_or_else(|| panic!("{name} has no doctype"));
    while !rest.is_empty() {
        if let Some(comment) = rest.strip_prefix("<!--") {
            let (inner, after) = comment.split_once("-->").expect("the end of a comment");
            assert!(
                layout.contains(&format!("<!--{inner}-->")),
                "{name}: a comment that is not ours: {inner}"
            );
            rest = after;
        } else if let Some(tag) = rest.strip_prefix("</") {
            let (tag, after) = tag.split_once('>').expect("the end of a tag");
            let (open, before) = stack.pop().unwrap_or_else(|| panic!("{name}: </{tag}> closes nothing"));
            assert_eq!(open, tag, "{name}: a tag is closed by another, before {after:.80}");
            paint = before;
            rest = after;
        } else if let Some(tag) = rest.strip_prefix('<') {
            let (tag, after) = tag.split_once('>').expect("the end of a tag");
            rest = after;
            let (kind, attributes) = attributes(name, tag);
            assert!(TAGS.contains(&kind), "{name}: <{tag}>");
            if let Some(link) = attributes.get("href") {
                let link = link.replace("&#38;", "&");
                assert!(HOSTS.iter().any(|host| link.starts_with(host)), "{name}: a link to {link}");
                page.links.push(link);
            }
            if VOID.contains(&kind) {
                page.text.push(' ');
                continue;
            }
            stack.push((kind.to_owned(), paint));
            paint = painted(name, paint, &attributes, &dark);
            paint.hidden |= ["title", "style", "head"].contains(&kind);
            if ["h1", "h2"].contains(&kind) {
                page.headings.push(after.split('<').next().unwrap_or_default().to_owned());
            }
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            see(name, text, paint, &mut page);
            rest = after;
        }
    }
    assert!(stack.is_empty(), "{name}: never closed: {stack:?}");
    page
}

fn see(name: &str, text: &str, paint: Paint, page: &mut Page) {
    for entity in text.split('&').skip(1) {
        let (inner, _) =
            entity.split_once(';').unwrap_or_else(|| panic!("{name}: a bare & before {entity:.40}"));
        let is_entity = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'#';
        assert!(inner.len() < 9 && inner.bytes().all(is_entity), "{name}: &{inner};");
    }
    if paint.hidden || text.trim().is_empty() {
        return;
    }
    for mode in [0, 1] {
        let contrast = contrast(paint.text[mode], paint.ground[mode]);
        assert!(
            contrast >= 4.5,
            "{name}: {contrast:.2} for {:?} in {}",
            text.trim(),
            ["light", "dark"][mode]
        );
    }
    page.text.push_str(text);
}

fn attributes<'tag>(name: &str, tag: &'tag str) -> (&'tag str, BTreeMap<&'tag str, &'tag str>) {
    let (kind, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = BTreeMap::new();
    while !rest.is_empty() {
        let (attribute, value) = rest.split_once("=\"").unwrap_or_else(|| panic!("{name}: <{tag}>"));
        let (value, after) = value.split_once('"').unwrap_or_else(|| panic!("{name}: <{tag}>"));
        assert!(ATTRIBUTES.contains(&attribute), "{name}: {attribute} in <{tag}>");
        assert!(!value.contains("url(") && !value.contains("expression"), "{name}: <{tag}>");
        assert!(attributes.insert(attribute, value).is_none(), "{name}: {attribute} twice in <{tag}>");
        rest = after.strip_prefix(' ').unwrap_or_else(|| {
            assert!(after.is_empty(), "{name}: <{tag}>");
            after
        });
    }
    (kind, attributes)
}

fn painted(
    name: &str,
    mut paint: Paint,
    attributes: &BTreeMap<&str, &str>,
    dark: &BTreeMap<String, Vec<(String, Colour)>>,
) -> Paint {
    for (property, value) in declarations(attributes.get("style").unwrap_or(&"")) {
        match property {
            "color" => paint.text = [colour(value); 2],
            "background-color" => {
                paint.ground = [colour(value); 2];
                let old = attributes.get("bgcolor");
                assert!(
                    old.is_none_or(|old| *old == value),
                    "{name}: Outlook would show {old:?} for {value}"
                );
            }
            "display" if value == "none" => paint.hidden = true,
            _ => {}
        }
    }
    for class in attributes.get("class").unwrap_or(&"").split(' ') {
        for (property, value) in dark.get(class).into_iter().flatten() {
            match property.as_str() {
                "color" => paint.text[1] = *value,
                "background-color" => paint.ground[1] = *value,
                _ => {}
            }
        }
    }
    paint
}

fn declarations(style: &str) -> impl Iterator<Item = (&str, &str)> {
    style.split(';').filter_map(|part| part.split_once(':')).map(|(name, value)| (name.trim(), value.trim()))
}

/// What dark mode makes of each class.
fn dark_classes(layout: &str) -> BTreeMap<String, Vec<(String, Colour)>> {
    let (_, block) = layout.split_once("@media (prefers-color-scheme: dark) {").unwrap();
    let (block, _) = block.split_once("\n}").unwrap();
    let mut classes: BTreeMap<String, Vec<(String, Colour)>> = BTreeMap::new();
    for rule in block.lines().filter(|line| line.contains('{')) {
        let (selectors, style) = rule.trim().trim_end_matches('}').split_once('{').unwrap();
        let style = style.replace(" !important", "");
        for selector in selectors.split(',') {
            let class = selector.trim().trim_start_matches('.').to_owned();
            let set = declarations(&style).map(|(name, value)| (name.to_owned(), colour(value)));
            classes.entry(class).or_default().extend(set);
        }
    }
    classes
}

fn colour(text: &str) -> Colour {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    let digits = digits.unwrap_or_else(|| panic!("no #rrggbb: {text}"));
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (part(0), part(2), part(4))
}

/// WCAG 2: <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>.
fn contrast(one: Colour, other: Colour) -> f64 {
    let part = |value: u8| {
        let share = f64::from(value) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let light = |(red, green, blue): Colour| 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
    let (one, other) = (light(one), light(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_mail_is_in_order_and_legible_in_light_and_dark() {
    for golden in crate::goldens::mails() {
        let page = check(golden.name, &golden.html);
        assert!(golden.html.contains("<html lang=\"en\">"), "{}", golden.name);
        assert_eq!(golden.html.matches("<h1").count(), 1, "{}", golden.name);
        assert!(page.text.len() > 100, "{}", golden.name);
    }
}

/// A layout table says that it is one, so that no screen reader counts its rows.
#[test]
fn tables_without_data_are_presentation() {
    for golden in crate::goldens::mails() {
        for table in golden.html.split("<table ").skip(1) {
            let (tag, rest) = table.split_once('>').unwrap();
            let is_data = rest.trim_start().starts_with("<tr") && !tag.contains("presentation");
            assert!(tag.starts_with("role=\"presentation\"") || is_data, "{}: {tag}", golden.name);
        }
    }
}

#[test]
fn a_full_mail_is_read_in_the_order_of_its_importance() {
    let golden = crate::goldens::mails().into_iter().find(|golden| golden.name == "sshd").unwrap();
    let page = check("sshd", &golden.html);
    assert_eq!(
        page.headings[1..],
        [
            "Why the priority is HIGH",
            "Analysis",
            "Intelligence",
            "Next steps",
            "Open questions",
            "MITRE ATT&#38;CK",
            "Raw alert"
        ]
    );
    let places: Vec<usize> =
        ["HIGH", "sshd: brute force", "web-01", "MALICIOUS", "First:", "Open in Wazuh", "Why the"]
            .iter()
            .map(|words| page.text.find(words).unwrap_or_else(|| panic!("{words}")))
            .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn what_is_not_in_order_is_found() {
    let page = |body: &str| {
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><body style=\"background-color:#ffffff\">{body}</body></html>"
        )
    };
    check("fine", &page("<p style=\"color:#52606d\">a &amp; b</p>"));
    for (body, reason) in [
        ("<p>a", "a tag is closed by another"),
        ("<script>x</script>", "<script>"),
        ("<p onclick=\"x\">a</p>", "onclick"),
        ("<p class=x>a</p>", "<p class=x>"),
        ("<a href=\"https://evil.example/\">a</a>", "a link to"),
        ("<a href=\"https://wazuh.example.com.evil.example/\">a</a>", "a link to"),
        ("<p style=\"background-color:url(x)\">a</p>", "url("),
        ("<p style=\"color:#9aa5b1\">a</p>", "in light"),
        ("<p>a & b</p>", "a bare &"),
        ("<!-- x -->", "a comment"),
    ] {
        let found = std::panic::catch_unwind(|| check("bad", &page(body)));
        let message = found.expect_err(body);
        let message = message.downcast_ref::<String>().expect("a message").clone();
        assert!(message.contains(reason), "{body}: {message}");
    }
}
