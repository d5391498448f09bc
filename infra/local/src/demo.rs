//! `local demo`: sample alerts through the whole pipeline, and what became of each.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::alerts::{self, Sample};
use crate::cli::{DemoOptions, Settings};
use crate::counts::Counts;
use crate::demo_folder::DemoFolder;
use crate::listed::Met;
use crate::notices::Notices;
use crate::progress::{Progress, Step};
use crate::scenes::{Scene, Shown};
use crate::script::{Act, Then};
use crate::signals::{self, unless_interrupted};
use crate::start::{self, Pace, Places, Running};
use crate::stubs::ModelMode;
use crate::summary::{Findings, Summary, fates};
use crate::trouble::{Signs, Trouble};
use crate::watch::Watch;
use crate::{calls, conversations, feed, feedback, imports, orders, page, report, scenes, script};

/// Fails unless every alert has an end, every notice is a mail or in a digest, and the mails show what the samples are there for.
pub(crate) async fn run(settings: &Settings, options: &DemoOptions) -> Result<ExitCode> {
    let samples = alerts::read(&options.alerts.clone().unwrap_or_else(alerts::built_in))?;
    let places = start::places(settings).await?;
    let folder = DemoFolder::new(&places);
    let story = unless_interrupted(Box::pin(tell(settings, options, &places, &samples, &folder))).await;
    folder.publish().await?;
    let Story { running, summary, dead_letters } =
        story.with_context(|| format!("the demo broke off; its logs: {}", folder.logs().display()))?;
    report::print_summary(&summary, &folder);
    if !summary.adds_up {
        report::print_problems(&summary, &dead_letters, &folder);
    }
    if options.keep {
        report::print_addresses(&running.stack);
        signals::next().await?;
    }
    running.stop().await;
    Ok(if summary.adds_up { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What there is to tell, and the stack it happened on.
struct Story {
    running: Running,
    summary: Summary,
    dead_letters: Vec<(&'static str, Vec<String>)>,
}

/// From starting the stack to the last end; leaves the stack running.
async fn tell(
    settings: &Settings,
    options: &DemoOptions,
    places: &Places,
    samples: &[Sample],
    folder: &DemoFolder,
) -> Result<Story> {
    let progress = Progress::detect();
    let pace = if options.alerts.is_none() { Pace::Demo } else { Pace::OwnAlerts };
    let running = Box::pin(start::start(settings, places, pace, progress)).await?;
    let watch = Watch::new(&running, options.patience).await;
    prepare(options, &watch).await?;
    let step = progress.step("sending alerts and waiting for their ends");
    let played = send_all(samples, &acts(options, samples), &watch, &step).await?;
    step.done();
    let step = progress.step("waiting for what no alert brings: updates and digests");
    watch.wait_for_the_schedule(options.alerts.is_none(), &step).await?;
    step.done();

    let (notices, held_back) = (watch.notices().await?, watch.held_back().await?);
    let mails = watch.mails(held_back.mails(notices)).await?;
    let ends = watch.ends().await?;
    let conversations = conversations::group(&mails);
    let requests = watch.requests().await?;
    let events = watch.events().await?;
    let trouble = match options.trouble {
        Some(trouble) => Some(Signs::of(trouble, &mails, &watch.logs().await?, &requests)),
        None => None,
    };
    let imports = watch.imports().await?;
    let summary = Summary::of(Findings {
        counts: Counts {
            findings: played.findings,
            notices,
            delivered: Notices::delivered(&conversations),
            held_back,
            feedback_events: watch.waiting_events().await?,
            ..Counts::of_ends(played.published.len(), &ends)
        },
        alerts: fates(&played.published, &ends),
        mails: folder.write_mails(&conversations)?,
        scenes: promised(
            options,
            &Shown {
                conversations: &conversations,
                ends: &ends,
                imports: &imports,
                met: played.met.as_ref(),
            },
        ),
        intelligence: feedback::said(&events),
        feedback: folder.write_feedback(&events)?,
        imports: imports.feeds,
        requests,
        trouble,
    });
    folder.write_page(&page::file(&summary.counts.to_string(), &summary.scenes, &conversations)?)?;
    folder.write_summary(&summary)?;
    watch.save_logs(folder).await?;
    let dead_letters = watch.dead_letters().await?;
    Ok(Story { running, summary, dead_letters })
}

/// What the samples expect to find, and the trouble that was asked for.
async fn prepare(options: &DemoOptions, watch: &Watch<'_>) -> Result<()> {
    // Other alerts than ours are judged by what they meet alone.
    if options.alerts.is_none() {
        feed::list(&watch.configuration, &watch.stack.outputs.tables.intel, watch.began).await?;
        imports::run(watch.stack).await?;
    }
    match options.trouble {
        Some(trouble) => trouble.begin(&watch.stack.stub_url).await,
        None => Ok(()),
    }
}

/// What has been sent, and what was seen meanwhile.
#[derive(Debug, Default)]
struct Played<'s> {
    published: Vec<&'s Sample>,
    /// Findings that hunting has made alerts of.
    findings: usize,
    met: Option<Met>,
}

impl Played<'_> {
    /// Alerts of both kinds: each has one end.
    fn alerts(&self) -> usize {
        self.published.len() + self.findings
    }
}

/// Sends the samples act after act, each after the one before it has ended; none after one that does not end.
async fn send_all<'s>(
    samples: &'s [Sample],
    acts: &[Act],
    watch: &Watch<'_>,
    step: &Step,
) -> Result<Played<'s>> {
    let mut played = Played::default();
    for act in acts {
        orders::give(&watch.stack.stub_url, &act.order()).await?;
        for sample in act.samples.iter().filter_map(|index| samples.get(*index)) {
            step.detail(&sample.file);
            sample.send(watch.stack).await?;
            played.published.push(sample);
        }
        if !watch.see_ends(played.alerts(), step).await? {
            break;
        }
        match act.then {
            Then::GoOn => {}
            Then::Sweep => calls::sweep(watch.stack).await?,
            Then::LookAtMatches => played.met = Some(watch.met().await?),
            Then::Hunt => {
                played.findings += calls::hunt(watch.stack).await?;
                if !watch.see_ends(played.alerts(), step).await? {
                    break;
                }
            }
        }
    }
    Ok(played)
}

/// The built-in samples have their order; others are sent as they come. A model in trouble stays so.
fn acts(options: &DemoOptions, samples: &[Sample]) -> Vec<Act> {
    let mut acts = match options.alerts {
        None => script::built_in(samples),
        Some(_) => script::plain(samples),
    };
    if options.trouble == Some(Trouble::Model) {
        for act in &mut acts {
            act.model = ModelMode::Overloaded;
        }
    }
    acts
}

/// Nothing is promised about other alerts, and a model that is not there explains none.
fn promised(options: &DemoOptions, shown: &Shown<'_>) -> Vec<Scene> {
    if options.alerts.is_some() || options.trouble == Some(Trouble::Model) {
        return Vec::new();
    }
    scenes::of(shown)
}
