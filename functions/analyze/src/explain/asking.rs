//! What a model is asked about an alert, and how its answer is read: the one place where prompts and verification
//! meet what is done to ask seldom.

use std::time::Duration;

use domain::analysis::Explanation;
use domain::attack;

use crate::answer::{self, Reading};
use crate::economy::price::Tokens;
use crate::model::{Completion, Failed, Model, Request, Unaccepted};
use crate::prompt::{self, Prompt, PromptSettings, Subject};

/// What the stage would ask about this alert, asked at once: nothing is spared, reused or budgeted, and the model's own
/// time-out is the only bound. For measuring a model. Each question needs a seed that nobody can guess.
pub async fn ask_once(
    model: &Model,
    settings: &PromptSettings,
    subject: &Subject<'_>,
    seed: u128,
) -> Result<(Reading, Completion), Failed> {
    Asking::about(settings, subject, seed).put_to(model, model.name(), Duration::MAX).await
}

#[derive(Debug)]
pub(super) struct Asking {
    full: Prompt,
    /// For a server whose policy or memory the full one is too much for.
    reduced: Prompt,
}

impl Asking {
    /// Reasoning tokens count too: too few, and the answer is cut before it begins.
    const MAX_OUTPUT_TOKENS: u32 = 3_000;

    /// The same seed reads an answer again that was given to a prompt with this seed.
    pub fn about(settings: &PromptSettings, subject: &Subject<'_>, seed: u128) -> Self {
        Self { full: Prompt::new(settings, subject, seed), reduced: Prompt::reduced(settings, subject, seed) }
    }

    /// The answer and what is left of it after verification, within `available`.
    pub async fn put_to(
        &self,
        model: &Model,
        name: &str,
        available: Duration,
    ) -> Result<(Reading, Completion), Failed> {
        let request = Request {
            instructions: self.full.instructions(),
            document: self.full.document(),
            schema: prompt::schema(),
            max_output_tokens: Self::MAX_OUTPUT_TOKENS,
            cache_key: prompt::SCHEMA_NAME,
        };
        let reduced = Some(self.reduced.document());
        // The client's future is large, and every step of the story would carry it.
        Box::pin(model.ask(name, &request, reduced, available, |text| self.read(text))).await
    }

    /// The most that a call can use: no token is shorter than a byte, and the client tries twice at most.
    pub fn most_tokens(&self) -> Tokens {
        const TRIES: u64 = 2;
        let bytes =
            self.full.instructions().len() + self.full.document().len() + prompt::schema().to_string().len();
        Tokens {
            input: TRIES * u64::try_from(bytes).unwrap_or(u64::MAX / TRIES),
            cached: 0,
            output: TRIES * u64::from(Self::MAX_OUTPUT_TOKENS),
        }
    }

    /// What is left of an answer after verification against this alert; the error may go back to the model.
    fn read(&self, text: &str) -> Result<Reading, Unaccepted> {
        let is_technique = |id: &str| attack::technique(id).is_some();
        answer::read(text, &self.full, is_technique).map_err(|problem| {
            if problem.is_repairable() {
                Unaccepted::Repairable(problem.to_string())
            } else {
                Unaccepted::Discarded
            }
        })
    }

    /// The explanation that an earlier answer is for this alert.
    pub fn read_again(&self, text: &str, model: &str) -> Option<Explanation> {
        Some(self.read(text).ok()?.reused_from(model))
    }
}
