//! Sentences that wish for a verdict: a reason to look away near a word for looking away, in five languages, folded.

use super::folded::Folded;

/// Words between the first and the last word of a wish.
const REACH: usize = 16;

/// Where a sentence stands that would have the event taken for harmless.
pub(super) fn benign(folded: &Folded) -> Option<usize> {
    let words: Vec<&str> = folded.words().collect();
    let is_reason = |at: usize| words.get(at).is_some_and(|word| REASONS.contains(word));
    let is_away = |at: usize| {
        words.get(at).is_some_and(|word| AWAY.contains(word))
            || AWAY_PAIRS.iter().any(|(one, other)| {
                words.get(at) == Some(one) && words.get(at + 1).is_some_and(|word| word == other)
            })
    };
    let away = (0..words.len()).filter(|at| is_away(*at));
    for at in away {
        let near = at.saturating_sub(REACH)..(at + REACH).min(words.len());
        let Some(reason) = near.clone().find(|place| *place != at && is_reason(*place)) else { continue };
        // Options and paths have such words too; sentences have small words between them.
        let span = reason.min(at).saturating_sub(6)..(reason.max(at) + 6).min(words.len());
        let small = words.get(span).unwrap_or_default().iter().filter(|word| SMALL.contains(word)).count();
        if small >= 2 {
            return Some(folded.place(reason.min(at)));
        }
    }
    None
}

/// Where a text demands a drastic step at once.
pub(super) fn alarm(folded: &Folded) -> Option<usize> {
    let words: Vec<&str> = folded.words().collect();
    let any = |range: std::ops::Range<usize>, wanted: &[&str]| {
        words.get(range).unwrap_or_default().iter().any(|word| wanted.contains(word))
    };
    let step = (0..words.len()).find(|at| {
        let near = at.saturating_sub(REACH)..(at + REACH).min(words.len());
        any(
            *at..at + 1,
            &["isolate", "disconnect", "shutdown", "wipe", "isolieren", "isoler", "aislar", "isolar"],
        ) && any(
            near.clone(),
            &["now", "immediately", "sofort", "immediatement", "ahora", "inmediatamente", "agora"],
        ) && any(
            near,
            &["critical", "urgent", "emergency", "kritisch", "dringend", "critique", "urgente", "critico"],
        )
    })?;
    Some(folded.place(step))
}

/// Why one should look away, and verbs of judging.
const REASONS: &[&str] = &[
    // English
    "test",
    "tests",
    "testing",
    "evaluation",
    "maintenance",
    "authorised",
    "authorized",
    "authorisation",
    "authorization",
    "approved",
    "preapproved",
    "preauthorised",
    "preauthorized",
    "scheduled",
    "drill",
    "exercise",
    "pentest",
    "sanctioned",
    "permitted",
    "permission",
    "controlled",
    "simulation",
    "simulated",
    "classify",
    "classified",
    "treat",
    "treated",
    "handle",
    "handled",
    "mark",
    "marked",
    "consider",
    "considered",
    "regard",
    "regarded",
    "label",
    "labelled",
    "labeled",
    // German
    "testlauf",
    "wartung",
    "wartungsarbeiten",
    "genehmigt",
    "autorisiert",
    "freigegeben",
    "geplant",
    "geplante",
    "geplanter",
    "ubung",
    "uebung",
    "erlaubt",
    "probelauf",
    "einstufen",
    "eingestuft",
    "einzustufen",
    "behandeln",
    "behandelt",
    "markieren",
    "bewerten",
    "werten",
    "autorisierter",
    "genehmigter",
    // French
    "essai",
    "autorise",
    "autorisee",
    "approuve",
    "approuvee",
    "prevu",
    "prevue",
    "planifie",
    "planifiee",
    "exercice",
    "classez",
    "classer",
    "traiter",
    "traitez",
    "considerer",
    "considerez",
    "marquer",
    // Spanish
    "prueba",
    "pruebas",
    "mantenimiento",
    "autorizado",
    "autorizada",
    "aprobado",
    "aprobada",
    "programado",
    "programada",
    "simulacro",
    "ejercicio",
    "clasificar",
    "clasifique",
    "clasifiquelo",
    "tratar",
    "considere",
    "considerar",
    "marcar",
    "marque",
    // Portuguese
    "teste",
    "testes",
    "manutencao",
    "aprovado",
    "aprovada",
    "agendado",
    "agendada",
    "simulacao",
    "exercicio",
    "classificar",
    "classifica",
    "planejada",
    "planejado",
    "tratado",
    "tratada",
];

/// Words for looking away.
const AWAY: &[&str] = &[
    "benign",
    "nonmalicious",
    "harmless",
    "ignore",
    "ignored",
    "disregard",
    "disregarded",
    "omit",
    "omitted",
    "suppress",
    "suppressed",
    "exclude",
    "excluded",
    "dismiss",
    "dismissed",
    "whitelist",
    "whitelisted",
    "legitimate",
    "safe",
    "close",
    "closed",
    "resolve",
    "resolved", //
    "harmlos",
    "gutartig",
    "unbedenklich",
    "ignorieren",
    "ignoriere",
    "ignoriert",
    "unterdrucken",
    "unterdruecken",
    "fehlalarm",
    "schliessen",
    "ausschliessen",
    "ausgeschlossen",
    "auszuschliessen", //
    "benin",
    "benigne",
    "inoffensif",
    "ignorer",
    "ignorez",
    "supprimer",
    "exclure",
    "fermer",
    "fermez",
    "legitime", //
    "benigno",
    "benigna",
    "inofensivo",
    "inofensiva",
    "ignorar",
    "ignorado",
    "ignorada",
    "ignorelo",
    "omitir",
    "omitirse",
    "suprimir",
    "excluir",
    "excluirse",
    "cerrar",
    "legitimo",
    "legitima",
    "fechar",
    "fechado",
    "descartar",
    "desconsiderar",
    "desconsidere",
    "excluido",
];

const AWAY_PAIRS: &[(&str, &str)] = &[
    ("false", "positive"),
    ("false", "positives"),
    ("non", "malicious"),
    ("not", "malicious"),
    ("not", "escalate"),
    ("not", "escalated"),
    ("not", "alert"),
    ("not", "report"),
    ("not", "flag"),
    ("no", "action"),
    ("no", "threat"),
    ("all", "clear"),
    ("as", "normal"),
    ("falsch", "positiv"),
    ("nicht", "melden"),
    ("nicht", "eskalieren"),
    ("keine", "massnahme"),
    ("faux", "positif"),
    ("sans", "danger"),
    ("aucune", "action"),
    ("falso", "positivo"),
    ("no", "escalar"),
    ("nao", "escalar"),
    ("nenhuma", "acao"),
    ("ninguna", "accion"),
];

/// Small words, of which a sentence has some and a path has none.
const SMALL: &[&str] = &[
    "this", "is", "be", "should", "must", "as", "the", "it", "please", "do", "by", "has", "was", "been",
    "and", "not", "from", "are", "can", "an", //
    "dies", "dieser", "diese", "dieses", "ist", "als", "bitte", "der", "das", "die", "wird", "nicht", "und",
    "bei", "ein", "eine", "zu", "von", //
    "ce", "cet", "cette", "est", "comme", "le", "la", "les", "un", "une", "il", "veuillez", "et",
    "doit", //
    "este", "esta", "es", "como", "el", "los", "debe", "por", "favor", "y", "una", //
    "deve", "uma", "ser",
];
