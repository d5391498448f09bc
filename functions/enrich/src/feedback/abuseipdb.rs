use domain::Alert;
use domain::verdict::Report;
use jiff::Timestamp;
use serde_json::{Value, json};

/// `custom-abuseipdb`: fires rule 100015 and the rules of the packs that ask for a score.
pub(super) fn event(alert: &Alert, report: &Report) -> Option<Value> {
    let known = report.answer.reputation().filter(|known| known.score > 0)?;
    let address = report.found.indicator.to_string();
    let mut source = super::source(alert);
    source.insert("full_log".to_owned(), super::full_log(alert).into());
    // The one name is the blog's, the other that of wazuh/integrations.
    source.insert("srcip".to_owned(), address.as_str().into());
    source.insert("ip".to_owned(), address.as_str().into());
    Some(json!({
        "integration": "custom-abuseipdb",
        "abuseipdb": {
            "found": 1,
            "source": source,
            "abuse_confidence_score": known.score,
            "country_code": known.country_code,
            "usage_type": known.usage_type,
            "isp": known.isp,
            "domain": known.domain,
            "total_reports": known.total_reports,
            "last_reported_at": known.last_reported_at.as_ref().map(Timestamp::to_string),
            "permalink": format!("https://www.abuseipdb.com/check/{address}"),
        },
    }))
}
