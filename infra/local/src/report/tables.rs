//! The report's parts: each a text of whole lines, none wider than the terminal.

use std::path::Path;

use crate::columns::{printable, shortened, widest, wrapped};
use crate::ends::Outcome;
use crate::feedback::{Event, Said};
use crate::imports::Imported;
use crate::requests::Asked;
use crate::scenes::Scene;
use crate::summary::{Fate, MailFile};
use crate::trouble::Signs;

pub(super) fn alerts(fates: &[Fate]) -> String {
    let files = widest(fates.iter().map(|fate| fate.file.as_str()));
    let mut text = String::new();
    for fate in fates {
        let outcome = fate.outcome.map_or("NO END", Outcome::name);
        let reason = wrapped(&fate.reason, 2 + files + 2 + 13 + 2);
        line(&mut text, &format!("  {:files$}  {outcome:13}  {reason}", printable(&fate.file)));
    }
    text
}

pub(super) fn imports(imports: &[Imported]) -> String {
    let mut text = String::new();
    for Imported { name, rows } in imports {
        line(&mut text, &format!("  {:9}  {rows:3} rows", printable(name)));
    }
    text
}

/// Widest indicator in a column; sentences have it whole.
const WIDEST_INDICATOR: usize = 30;

/// Each indicator with its verdict and who accuses it, and a sentence for every witness below it.
pub(super) fn intelligence(said: &[Said]) -> String {
    let heads: Vec<(String, String)> = said
        .iter()
        .map(|said| {
            let judgement = printable(&said.judgement.replace('_', " "));
            (shortened(&said.indicator, WIDEST_INDICATOR), format!("{judgement} {}", said.score))
        })
        .collect();
    let indicators = widest(heads.iter().map(|(indicator, _)| indicator.as_str()));
    let verdicts = widest(heads.iter().map(|(_, verdict)| verdict.as_str()));
    let mut text = String::new();
    for (said, (indicator, verdict)) in said.iter().zip(&heads) {
        let witnesses = wrapped(&said.witnesses.join(", "), 2 + indicators + 2 + verdicts + 2);
        line(&mut text, &format!("  {indicator:indicators$}  {verdict:verdicts$}  {witnesses}"));
        for reason in &said.reasons {
            line(&mut text, &format!("    {}", wrapped(reason, 6)));
        }
    }
    or_none(text)
}

pub(super) fn events(events: &[Event]) -> String {
    const WIDEST_AGENT: usize = 24;
    let rows: Vec<(String, String, String)> = events
        .iter()
        .map(|event| {
            let file = Path::new(&event.path).file_name().unwrap_or_default().to_string_lossy();
            let indicators: Vec<String> =
                event.indicators.iter().map(|indicator| shortened(indicator, WIDEST_INDICATOR)).collect();
            (file.into_owned(), shortened(&event.agent, WIDEST_AGENT), indicators.join(", "))
        })
        .collect();
    let files = widest(rows.iter().map(|(file, ..)| file.as_str()));
    let agents = widest(rows.iter().map(|(_, agent, _)| agent.as_str()));
    let mut text = String::new();
    for (file, agent, indicators) in &rows {
        let indicators = wrapped(indicators, 2 + files + 2 + agents + 2);
        line(&mut text, &format!("  {file:files$}  {agent:agents$}  {indicators}"));
    }
    or_none(text)
}

pub(super) fn requests(requests: &[Asked]) -> String {
    let mut text = String::new();
    for asked in requests {
        let failed: Vec<String> =
            asked.failures.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let failed = if failed.is_empty() {
            String::new()
        } else {
            format!("; without an answer: {}", failed.join(", "))
        };
        let Asked { provider, sent, saved, .. } = asked;
        let name = provider.to_string();
        line(&mut text, &format!("  {name:9}  {sent:3} sent, {saved:3} saved by cache and turns{failed}"));
    }
    text
}

pub(super) fn signs(shown: &Signs) -> String {
    let mut text = String::new();
    for sign in &shown.signs {
        line(&mut text, &format!("  {:6}  {:3} x  {}", sign.place, sign.times, wrapped(&sign.text, 17)));
    }
    or_none(text)
}

pub(super) fn mails(mails: &[MailFile]) -> String {
    let mut text = String::new();
    let why = widest(mails.iter().map(|mail| mail.told.why.as_str()));
    let mut before = None;
    for mail in mails {
        if before.is_none_or(|before: &MailFile| before.conversation != mail.conversation) {
            line(&mut text, &format!("  {}", wrapped(&mail.subject, 4)));
        }
        let content = wrapped(&mail.told.content(), 4 + 2 + 2 + why + 2);
        line(&mut text, &format!("    {:02}  {:why$}  {content}", mail.id, printable(&mail.told.why)));
        before = Some(mail);
    }
    or_none(text)
}

/// Each promise, and below it the mails' own words.
pub(super) fn scenes(scenes: &[Scene]) -> String {
    let mut text = String::new();
    for scene in scenes {
        line(&mut text, &format!("  {}", scene.name));
        let mails: Vec<String> = scene.mails.iter().map(|id| format!("{id:02}")).collect();
        let said = match &scene.said {
            Some(said) if mails.is_empty() => said.clone(),
            Some(said) => format!("{said} (mail {})", mails.join(", ")),
            None => "MISSING".to_owned(),
        };
        line(&mut text, &format!("    {}", wrapped(&said, 4)));
    }
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

fn or_none(text: String) -> String {
    if text.is_empty() { "  none\n".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::WIDTH;
    use crate::told::Told;

    fn fate(file: &str, outcome: Option<Outcome>, reason: &str) -> Fate {
        Fate {
            file: file.to_owned(),
            what: String::new(),
            alert_key: None,
            outcome,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn ends_line_up_and_cannot_steer_the_terminal() {
        let text = alerts(&[
            fate("1.json", Some(Outcome::Notified), "new \u{1b}[31mincident"),
            fate("long.json", None, ""),
        ]);
        assert_eq!(text, "  1.json     notified       new [31mincident\n  long.json  NO END\n");
    }

    #[test]
    fn mails_stand_below_their_conversation_and_scenes_above_the_mails_own_words() {
        let mail = |id, conversation: &str, why: &str| MailFile {
            id,
            subject: format!("about {conversation}"),
            conversation: conversation.to_owned(),
            kind: String::new(),
            told: Told { why: why.to_owned(), ..Told::default() },
            path: String::new(),
        };
        let text = mails(&[mail(1, "a", "New incident"), mail(4, "a", "Update 1"), mail(2, "b", "Digest")]);
        let expected = "  about a\n    01  New incident  -\n    04  Update 1      -\n  about b\n    02  Digest        -\n";
        assert_eq!(text, expected);

        let text = scenes(&[
            Scene { name: "an outage", said: Some("it was away".to_owned()), mails: vec![9] },
            Scene { name: "a claim", said: None, mails: Vec::new() },
        ]);
        assert_eq!(text, "  an outage\n    it was away (mail 09)\n  a claim\n    MISSING\n");
    }

    #[test]
    fn intelligence_is_told_in_columns_with_its_reasons() {
        let said = |indicator: &str, judgement: &str, score, witnesses: &[&str]| Said {
            indicator: indicator.to_owned(),
            judgement: judgement.to_owned(),
            score,
            witnesses: witnesses.iter().map(|name| (*name).to_owned()).collect(),
            reasons: vec![format!(
                "MISP lists {indicator} as a kind in event 501, threat level high, decay score 80"
            )],
        };
        let hash = "6c".repeat(32);
        let text = intelligence(&[
            said("203.0.113.24", "malicious", 95, &["AbuseIPDB", "MISP"]),
            said(&hash, "suspicious", 60, &["MISP"]),
            said("a.example", "benign_infrastructure", 9, &["OTX"]),
        ]);
        let expected = format!(
            "  203.0.113.24                    malicious 95             AbuseIPDB, MISP
    MISP lists 203.0.113.24 as a kind in event 501, threat level high, decay score 80
  6c6c6c6c6c6c6c6c6c6c…c6c6c6c6c  suspicious 60            MISP
    MISP lists {hash} as a kind in event
      501, threat level high, decay score 80
  a.example                       benign infrastructure 9  OTX
    MISP lists a.example as a kind in event 501, threat level high, decay score 80
"
        );
        assert_eq!(text, expected);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(intelligence(&[]), "  none\n");
    }

    #[test]
    fn an_event_stands_with_its_file_agent_and_indicators() {
        let event = |file: &str, agent: &str, indicators: &[&str]| Event {
            integration: String::new(),
            location: String::new(),
            agent: agent.to_owned(),
            indicators: indicators.iter().map(|it| (*it).to_owned()).collect(),
            path: format!("/target/demo/feedback/{file}"),
        };
        let hash = "6c".repeat(32);
        let text = events(&[
            event("01-misp.txt", "004 web-01", &["203.0.113.24"]),
            event("02-wazuh-triage.txt", "015 WIN-SALES-07", &[&hash, "a.example"]),
        ]);
        assert_eq!(
            text,
            "  01-misp.txt          004 web-01        203.0.113.24
  02-wazuh-triage.txt  015 WIN-SALES-07  6c6c6c6c6c6c6c6c6c6c…c6c6c6c6c, a.example
"
        );
    }
}
