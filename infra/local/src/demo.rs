//! `local demo`: sample alerts through the whole pipeline, and what became of each.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use jiff::Timestamp;

use crate::alerts::{self, Sample};
use crate::cli::{DemoOptions, Settings};
use crate::conversations::Conversation;
use crate::demo_folder::DemoFolder;
use crate::ends::{self, End};
use crate::mails::Mail;
use crate::notices::Notices;
use crate::progress::{Progress, Step};
use crate::requests::{self, Asked};
use crate::scenes::Scene;
use crate::script::Act;
use crate::signals::{self, unless_interrupted};
use crate::start::{self, Pace, Places, Running};
use crate::stubs::ModelMode;
use crate::summary::{Counts, Findings, Summary, fates};
use crate::trouble::{Logs, Signs, Trouble};
use crate::{aws, conversations, feed, feedback, orders, page, report, scenes, script};

/// Fails unless every alert has an end, every notice is a mail, and the mails show what the samples are there for.
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
    let running = Box::pin(start::start(settings, places, Pace::Demo, progress)).await?;
    let demo = Demo::new(&running, options.deadline).await;
    demo.prepare(options).await?;
    let step = progress.step("sending alerts and waiting for their ends");
    let acts = acts(options, samples);
    let published = demo.send_all(samples, &acts, &step).await?;
    step.done();
    if options.alerts.is_none() {
        let step = progress.step("waiting for an incident's update");
        demo.wait_for_update().await?;
        step.done();
    }
    let notices = demo.notices().await?;
    let mails = demo.mails(notices).await?;
    let ends = demo.ends().await?;
    let conversations = conversations::group(&mails);

    let requests = demo.requests().await?;
    let queue = &running.stack.outputs.queues.feedback;
    let events = feedback::read(&demo.configuration, queue).await?;
    let waiting = aws::messages_in(&demo.configuration, queue).await?;
    let trouble = match options.trouble {
        Some(trouble) => Some(Signs::of(trouble, &mails, &demo.logs().await?, &requests)),
        None => None,
    };
    let summary = Summary::of(Findings {
        counts: Counts::over(published.len(), &ends, notices, Notices::delivered(&conversations), waiting),
        alerts: fates(&published, &ends),
        mails: folder.write_mails(&conversations)?,
        scenes: promised(options, &conversations),
        intelligence: feedback::said(&events),
        feedback: folder.write_feedback(&events)?,
        requests,
        trouble,
    });
    folder.write_page(&page::file(&report::totals(&summary.counts), &summary.scenes, &conversations)?)?;
    folder.write_summary(&summary)?;
    demo.save_logs(folder).await?;
    let dead_letters = demo.dead_letters().await?;
    Ok(Story { running, summary, dead_letters })
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
fn promised(options: &DemoOptions, conversations: &[Conversation]) -> Vec<Scene> {
    if options.alerts.is_some() || options.trouble == Some(Trouble::Model) {
        return Vec::new();
    }
    scenes::of(conversations)
}

struct Demo<'a> {
    running: &'a Running,
    configuration: SdkConfig,
    began: Timestamp,
    deadline: Instant,
}

impl<'a> Demo<'a> {
    async fn new(running: &'a Running, limit: Duration) -> Self {
        let configuration = aws::configuration(&running.stack.endpoint).await;
        Self { running, configuration, began: Timestamp::now(), deadline: Instant::now() + limit }
    }

    /// What the samples expect to find, and the trouble that was asked for.
    async fn prepare(&self, options: &DemoOptions) -> Result<()> {
        // Other alerts than ours are judged by what they meet alone.
        if options.alerts.is_none() {
            feed::list(&self.configuration, &self.running.stack.outputs.tables.intel, self.began).await?;
        }
        match options.trouble {
            Some(trouble) => trouble.begin(&self.running.stack.stub_url).await,
            None => Ok(()),
        }
    }

    /// Sends the samples act after act, each after the one before it has ended, or the deadline has come.
    async fn send_all<'s>(
        &self,
        samples: &'s [Sample],
        acts: &[Act],
        step: &Step,
    ) -> Result<Vec<&'s Sample>> {
        let mut published = Vec::new();
        for act in acts {
            orders::give(&self.running.stack.stub_url, &act.order()).await?;
            for sample in act.samples.iter().filter_map(|index| samples.get(*index)) {
                step.detail(&sample.file);
                sample.send(&self.running.stack).await?;
                published.push(sample);
            }
            self.wait_for(published.len(), step).await?;
        }
        Ok(published)
    }

    async fn wait_for(&self, published: usize, step: &Step) -> Result<()> {
        loop {
            let ended = self.ends().await?.len();
            step.detail(&format!("{ended} of {published} have ended"));
            if ended >= published || Instant::now() > self.deadline {
                return Ok(());
            }
            tokio::time::sleep(ends::LOOK_EVERY).await;
        }
    }

    async fn ends(&self) -> Result<Vec<End>> {
        ends::since(self.began, &self.configuration, &self.running.stack.outputs.log_groups).await
    }

    /// No alert brings it: the schedule sends it, which comes once a minute, after the incident's silence.
    async fn wait_for_update(&self) -> Result<()> {
        const AT_MOST: Duration = Duration::from_mins(2);
        let began = Instant::now();
        while self.notices().await?.update == 0 && began.elapsed() < AT_MOST {
            tokio::time::sleep(ends::LOOK_EVERY).await;
        }
        Ok(())
    }

    async fn notices(&self) -> Result<Notices> {
        Ok(Notices::sent(&self.analyze_log().await?))
    }

    /// The mails, once there are as many as notices; the emulator delivers behind `SendRawEmail`'s back.
    async fn mails(&self, notices: Notices) -> Result<Vec<Mail>> {
        const AT_MOST: Duration = Duration::from_secs(15);
        let began = Instant::now();
        loop {
            let mails = self.running.mails.all().await?;
            if mails.len() >= notices.of_incidents() || began.elapsed() > AT_MOST {
                return Ok(mails);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What the providers were asked, once the metrics know of every request; a platform takes its time with logs.
    async fn requests(&self) -> Result<Vec<Asked>> {
        const AT_MOST: Duration = Duration::from_secs(5);
        let began = Instant::now();
        loop {
            let received = requests::received(&self.running.stack.stub_url).await?;
            let requests = requests::over(&self.enrich_log().await?, &received);
            if began.elapsed() > AT_MOST || requests.iter().all(|asked| asked.problem().is_none()) {
                return Ok(requests);
            }
            tokio::time::sleep(ends::LOOK_EVERY).await;
        }
    }

    async fn enrich_log(&self) -> Result<Vec<String>> {
        let group = &self.running.stack.outputs.log_groups.enrich;
        ends::lines(self.began, &self.configuration, group).await
    }

    async fn analyze_log(&self) -> Result<Vec<String>> {
        let group = &self.running.stack.outputs.log_groups.analyze;
        ends::lines(self.began, &self.configuration, group).await
    }

    async fn logs(&self) -> Result<Logs> {
        Ok(Logs { enrich: self.enrich_log().await?, analyze: self.analyze_log().await? })
    }

    async fn save_logs(&self, folder: &DemoFolder) -> Result<()> {
        for (function, group) in self.running.stack.outputs.log_groups.all() {
            let lines = ends::lines(self.began, &self.configuration, group).await?;
            folder.write_log(function, &lines)?;
        }
        Ok(())
    }

    async fn dead_letters(&self) -> Result<Vec<(&'static str, Vec<String>)>> {
        let mut found = Vec::new();
        for (queue, url) in self.running.stack.outputs.dead_letter_queues.all() {
            found.push((queue, aws::peek(&self.configuration, url).await?));
        }
        Ok(found)
    }
}
