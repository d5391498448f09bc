//! What holds for every answer that a model could give.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_shown_as_evidence_stands_in_the_alert(
        log in "(alice|10\\.0\\.0\\.1|Failed password for |USER_7000_1| |\\PC){0,30}",
        paths in prop::collection::vec(prop_oneof![Just("/full_log"), Just("/data/srcuser"), Just("/rule/id"), Just("/nowhere")], 0..6),
        cut in (0_usize..40, 0_usize..40),
        redaction in prop_oneof![Just(Redaction::Off), Just(Redaction::Strict)],
    ) {
        let mut alert = alert();
        alert["full_log"] = json!(log);
        alert["data"]["srcuser"] = json!("alice");
        let mut asked = Asked::about(&alert.to_string());
        asked.settings.redaction = redaction;
        let prompt = asked.prompt();
        let sent = prompt.sent().pointer("/untrusted_log_data/full_log").unwrap().as_str().unwrap().to_owned();
        let part: String = sent.chars().skip(cut.0).take(cut.1).collect();
        let evidence: Vec<Value> = paths.iter().map(|path| cited(path, &part, "malicious")).collect();
        let explanation = explained(&prompt, &answer(&json!({"evidence": evidence})));
        for item in &explanation.evidence {
            let there = asked.enriched.alert.document().pointer(&item.path).and_then(Value::as_str).unwrap();
            let shown = crate::prompt::visible(there);
            prop_assert!(shown.contains(&item.value) || sent.contains(&item.value), "{:?} in {}", item, shown);
        }
    }

    #[test]
    fn no_answer_panics(text in "(\\PC|[{}\":,\\[\\]]){0,200}", mut place in 0_usize..2_000) {
        let prompt = about(&alert().to_string());
        let _ = read(&text, &prompt, is_technique);
        let whole = answer(&json!({}));
        place = whole.floor_char_boundary(place.min(whole.len()));
        let _ = read(&format!("{}{text}{}", &whole[..place], &whole[place..]), &prompt, is_technique);
    }
}
