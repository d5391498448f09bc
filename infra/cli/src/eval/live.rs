//! Asks a model about each case as the analyze stage would, with its prompt, its verification and its merge.

use std::fs;
use std::pin::pin;

use analyze::answer::Reading;
use analyze::economy::price::{Prices, Tokens};
use analyze::explain::ask_once;
use analyze::model::{Completion, Failed, Model};
use analyze::prompt::{PromptSettings, Subject};
use domain::analysis::{Analysis, ModelVerdict, NoAnalysis};
use domain::assessment::Priority;
use futures_util::stream::{self, StreamExt};
use lambda::config::Environment;
use uuid::Uuid;

use super::cases::{Case, Cases};
use super::hearing::Hearing;
use super::injection::{Probe, injected};
use super::judged::{Answers, Judged};
use super::options::LiveOptions;
use super::record::Record;
use crate::failure::{Count, Failure};
use crate::model::Settings;

/// A model, and how it is asked.
pub(super) struct Live<'a> {
    options: &'a LiveOptions,
    url: &'a str,
    model: Model,
    prompt: PromptSettings,
    prices: Prices,
    record: Option<Record>,
}

/// One alert, with or without a probe, in one of several equal runs.
#[derive(Clone, Copy)]
struct Question<'a> {
    case: &'a Case,
    run: u32,
    probe: Option<&'a Probe>,
}

/// What a model made of a question.
type Asked = Result<(Reading, Completion), Failed>;

impl<'a> Live<'a> {
    pub fn open(options: &'a LiveOptions, url: &'a str, environment: &Environment) -> Result<Self, Failure> {
        let Settings { model, economy, prompt, secrets } =
            Settings::read(url, options.name.as_deref(), environment, "")?;
        let model = Model::without_aws(model, secrets).map_err(Failure::ModelClient)?;
        let prices = match &options.prices {
            Some(path) => {
                let failed = |source| Failure::Unreadable { path: path.clone(), source };
                let text = fs::read_to_string(path).map_err(failed)?;
                text.parse().map_err(|source| Failure::Prices { path: path.clone(), source })?
            }
            None => economy.prices,
        };
        let record = options.record.as_deref().map(Record::create).transpose()?;
        Ok(Self { options, url, model, prompt, prices, record })
    }

    /// The answers that came, and why not all of them did. An error if there is nothing to score.
    pub fn ask_about(
        self,
        cases: &'a Cases,
        probes: &'a [Probe],
    ) -> Result<(Answers, Option<Failure>), Failure> {
        cases.check_names()?;
        let mut questions = Vec::new();
        for run in 0..self.options.runs {
            for case in &cases.all {
                questions.push(Question { case, run, probe: None });
                let fitting = probes.iter().filter(|probe| injected(case, probe).is_some());
                questions.extend(fitting.map(|probe| Question { case, run, probe: Some(probe) }));
            }
        }
        crate::runtime()?.block_on(self.ask_all(&questions))
    }

    async fn ask_all(mut self, questions: &[Question<'a>]) -> Result<(Answers, Option<Failure>), Failure> {
        let mut hearing = Hearing::new(questions.len(), self.record.take());
        let mut interrupted = pin!(interruption());
        let asked =
            questions.iter().enumerate().map(async |(number, question)| (number, self.ask(*question).await));
        let mut coming = pin!(stream::iter(asked).buffer_unordered(self.options.concurrency.into()));
        let stopped = loop {
            let next = tokio::select! {
                biased;
                () = &mut interrupted => {
                    let all = Count(questions.len(), "question");
                    break Some(Failure::Interrupted { asked: hearing.count(), all });
                }
                next = coming.next() => next,
            };
            match next {
                None => break None,
                Some((_, Err(turned_down))) => break Some(turned_down),
                Some((number, Ok(judged))) => hearing.take(number, judged)?,
            }
            if hearing.is_hopeless() {
                break None;
            }
        };
        match hearing.finish() {
            Ok(answers) => Ok((Answers::of(answers), stopped)),
            Err(reason) => Err(stopped.unwrap_or(Failure::NoAnswer(reason))),
        }
    }

    /// An error if no question can succeed.
    async fn ask(&self, question: Question<'_>) -> Result<Judged, Failure> {
        let Question { case, probe, .. } = question;
        let alert = probe.and_then(|probe| injected(case, probe)).unwrap_or_else(|| case.alert.clone());
        let assessment = case.assess(&alert);
        let enriched = Case::enriched(alert);
        let subject =
            Subject { enriched: &enriched, history: &case.history, assessment: &assessment, context: &[] };
        match ask_once(&self.model, &self.prompt, &subject, Uuid::new_v4().as_u128()).await {
            Err(Failed { reason: NoAnalysis::Configuration, status, .. }) => Err(self.turned_down(status)),
            asked => Ok(self.judge(question, assessment.priority, asked)),
        }
    }

    fn judge(&self, question: Question<'_>, assessed: Priority, asked: Asked) -> Judged {
        let usage = match &asked {
            Ok((_, completion)) => completion.usage,
            Err(failed) => failed.usage,
        };
        let tokens = Tokens::from(usage);
        let unanswered = Judged {
            case: question.case.name().to_owned(),
            run: question.run,
            probe: question.probe.map(|probe| probe.id.clone()),
            verdict: ModelVerdict::Undetermined,
            priority: assessed,
            valid: false,
            cited: 0,
            verified: 0,
            invalid_ids: 0,
            tokens: tokens.total(),
            micro_usd: self.prices.cost_micro_usd(self.model.name(), tokens),
            model: None,
            no_answer: None,
        };
        let (reading, completion) = match asked {
            Ok(answer) => answer,
            Err(failed) => return Judged { no_answer: Some(failed.reason), ..unanswered },
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let invalid_ids = reading.invalid_ids();
        let explanation = reading.written_by(&completion.model, None);
        Judged {
            verdict: explanation.verdict,
            valid: true,
            cited: count(explanation.cited),
            verified: count(explanation.evidence.len()),
            invalid_ids,
            model: Some(explanation.model.clone()),
            priority: Analysis::from(explanation).priority(assessed),
            ..unanswered
        }
    }

    /// No question can succeed before somebody changes something: what that is.
    fn turned_down(&self, status: Option<u16>) -> Failure {
        let (url, name) = (self.url, self.model.name());
        let advice = match status {
            Some(401 | 403) => format!("MODEL_KEY must hold a key of {url} that may use {name}"),
            Some(404) => {
                format!("either {url} is not the address, with its version, or it has no model called {name}")
            }
            _ => format!("see whether {url} is the address and {name} the model's name there"),
        };
        Failure::TurnedDown { status, advice }
    }
}

/// The person at the terminal has seen enough. Never, where nobody can say so.
async fn interruption() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
