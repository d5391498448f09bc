//! As little, as much, and as bad as an alert can be.

use domain::Notice;
use domain::analysis::{
    Analysis, Basis, Claim, ClaimedTechnique, EmbeddedInstruction, Explanation, Finder, ModelVerdict,
    NoAnalysis, Override, Question, Spent, When,
};
use domain::assessment::{Assessment, Priority, Technique};
use domain::indicator::Direction;
use serde_json::json;

use super::{action, evidence, explanation, notice};
use crate::goldens::witnesses::{self, private};

/// As little as an alert can hold.
pub(crate) fn missing() -> Notice {
    let assessment = Assessment {
        priority: Priority::Low,
        reasons: Vec::new(),
        next_steps: Vec::new(),
        open_questions: Vec::new(),
        ..Assessment::default()
    };
    let analysis = Analysis::Unavailable { reason: NoAnalysis::QuotaExhausted };
    notice(r#"{"id":"1791030127.1","rule":{"id":"1002","level":2}}"#, &[], assessment, analysis)
}

/// Names that are written from right to left, or without blanks.
pub(crate) fn scripts() -> Notice {
    let raw = json!({
        "timestamp": "2026-10-03T15:22:07.512+0300",
        "rule": {"level": 9, "description": "ניסיון כניסה נכשל שוב ושוב", "id": "60204", "groups": ["authentication_failures"]},
        "agent": {"id": "052", "name": "שרת-קבצים", "ip": "10.20.8.52"},
        "manager": {"name": "wazuh-1"},
        "id": "1791030127.77",
        "data": {"win": {"eventdata": {"targetUserName": "محمد.العلي", "ipAddress": "10.20.8.201", "image": "C:\\用户\\下载\\这是一个没有任何空格的非常长的文件名用来测试换行是否正常工作.exe"}}},
        "full_log": "登录失败：用户 محمد.العلي 来自 10.20.8.201",
        "location": "EventChannel",
    });
    let assessment = Assessment {
        priority: Priority::Medium,
        reasons: vec!["Rule level 9.".into()],
        next_steps: vec!["Ask محمد.العلي whether these logons were his.".into()],
        open_questions: Vec::new(),
        ..Assessment::default()
    };
    let source = private("10.20.8.201", "data.win.eventdata.ipAddress", Direction::Source);
    notice(&raw.to_string(), &[source], assessment, Analysis::Unavailable { reason: NoAnalysis::Invalid })
}

/// As much as Wazuh writes: a log of 64 KB, without a blank.
pub(crate) fn long() -> Notice {
    let raw = json!({
        "timestamp": "2026-10-03T12:22:07.512+0000",
        "rule": {"level": 7, "description": "Script block with an encoded command.", "id": "91809", "groups": ["windows", "powershell"]},
        "agent": {"id": "044", "name": "hr-laptop-9", "ip": "10.20.9.44"},
        "manager": {"name": "wazuh-1"},
        "id": "1791030127.64",
        "full_log": format!("powershell -enc {}END", "SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoA".repeat(2_000)),
        "location": "EventChannel",
    });
    let assessment = Assessment {
        priority: Priority::Medium,
        reasons: vec!["Rule level 7.".into()],
        next_steps: vec!["Decode the command.".into()],
        open_questions: Vec::new(),
        ..Assessment::default()
    };
    notice(&raw.to_string(), &[], assessment, Analysis::Unavailable { reason: NoAnalysis::NoTime })
}

/// An alert, providers and a model that try to break out of the mail, with this probe in every text.
pub(crate) fn hostile(probe: &str) -> Notice {
    let attack = format!(
        "{probe}</td><script>alert(1)</script>\r\nBcc: x@evil.example\0\u{202e}gpj.exe\u{200b} 攻撃 http://evil.example/a"
    );
    let raw = json!({
        "timestamp": "yesterday<script>",
        "rule": {"level": 12, "description": attack, "id": format!("1\r\nX-Evil: 1{probe}"), "groups": [attack]},
        "agent": {"id": format!("9{probe}"), "name": format!("web\r\nBcc: x@evil.example\r\n\r\n<script>{attack}"), "ip": attack},
        "manager": {"name": "m</td><script>"},
        "id": "1.1')!\"><script>\u{202e}",
        "full_log": format!("{} 203.0.113.24", attack.repeat(64 * 1024 / attack.len())),
        "data": {"srcip": "203.0.113.24", "dstuser": attack, "srcuser": attack.repeat(40), "url": attack, "command": attack, attack.as_str(): attack},
        "syscheck": {"path": attack, "event": attack},
        "location": attack,
    });
    let many = vec![attack.clone(); 20];
    let evidence = evidence(&format!("/data/{attack}"), &attack.repeat(9), &attack.repeat(9));
    let override_ = Override {
        said: Claim::Verdict(ModelVerdict::FalsePositive),
        kept: Claim::Verdict(ModelVerdict::Undetermined),
        because: attack.repeat(9),
    };
    let asked = Question { question: attack.clone(), why: attack.clone(), where_to_look: attack.repeat(9) };
    let found = EmbeddedInstruction {
        path: format!("/data/{attack}"),
        quote: attack.repeat(9),
        found_by: Finder::Model,
    };
    let analysis = Analysis::from(Explanation {
        headline: attack.clone(),
        what_happened: attack.repeat(50),
        evidence: vec![evidence; 20],
        cited: 20,
        techniques: vec![ClaimedTechnique { id: attack.clone(), basis: Basis::Observed }; 20],
        benign_explanation: attack.repeat(50),
        malicious_explanation: attack.repeat(50),
        missing_information: vec![asked; 20],
        embedded_instructions: vec![found; 20],
        verdict: ModelVerdict::FalsePositive,
        recommended_actions: vec![action(&attack, When::Now, &attack); 20],
        tuning_hint: Some(attack.repeat(9)),
        overrides: vec![override_; 20],
        model: attack.clone(),
        usage: Some(Spent { input_tokens: 1, output_tokens: 1, micro_usd: None }),
        ..explanation()
    });
    let technique = Technique { id: attack.clone(), name: Some(attack.clone()) };
    let assessment = Assessment {
        priority: Priority::Critical,
        reasons: many.clone(),
        next_steps: many.clone(),
        open_questions: many,
        techniques: vec![technique; 20],
        ..Assessment::default()
    };
    notice(&raw.to_string(), &witnesses::hostile(&attack), assessment, analysis)
}
