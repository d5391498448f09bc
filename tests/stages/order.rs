//! Standard queues keep no order: notices of one incident come in every order there is, and twice.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use tests::Pipeline;
use tests::alerts::with;
use tests::memory_aws::Message;

use crate::story::attack;

/// First mail, escalation, update: what analysis says of one incident.
async fn notices() -> Result<Vec<Message>> {
    let mut pipeline = Pipeline::new().await?;
    for alert in [attack(1), with(attack(2), "/rule/level", 14), attack(3)] {
        pipeline.aws.publish("alerts", &alert.to_string());
        pipeline.enrich_waiting().await?;
        pipeline.analyze_waiting().await?;
        pipeline.sweep().await;
        pipeline.now += Pipeline::VISIBILITY * 2;
    }
    pipeline.sweep().await;
    pipeline.now += Pipeline::VISIBILITY * 20;
    pipeline.sweep().await;
    Ok(pipeline.aws.messages("notices"))
}

/// What the reader has in the end: of each mail its id, subject and thread, and how the group's deliveries stand.
async fn delivered(order: &[&Message]) -> Result<BTreeSet<String>> {
    let mut pipeline = Pipeline::new().await?;
    for message in order {
        pipeline.aws.publish("notices", &message.body);
    }
    pipeline.settle().await?;
    let mails = pipeline.aws.mails();
    let told = mails.iter().map(|mail| {
        ["X-Triage-Notice", "Subject", "In-Reply-To", "References"]
            .map(|name| format!("{:?}", mail.header(name)))
            .join(" ")
    });
    let distinct: BTreeSet<String> = told.collect();
    ensure!(distinct.len() == mails.len(), "a mail came twice: {distinct:?}");
    let ends = pipeline.ledger.outcomes();
    let rows = pipeline.aws.rows("deliveries");
    let states = rows.iter().filter_map(|row| {
        let text = |name: &str| row.get(name)?.get("S")?.as_str().map(str::to_owned);
        Some(format!("{} {} {}", text("id")?, text("part")?, text("state")?))
    });
    Ok(distinct.into_iter().chain(states).chain([format!("{ends:?}")]).collect())
}

fn permutations<'a>(of: &[&'a Message]) -> Vec<Vec<&'a Message>> {
    let Some((last, rest)) = of.split_last() else { return vec![vec![]] };
    let mut all = Vec::new();
    for order in permutations(rest) {
        for place in 0..=order.len() {
            let mut order = order.clone();
            order.insert(place, last);
            all.push(order);
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn notices_in_any_order_and_twice_leave_the_same_mails_in_the_same_thread() -> Result<()> {
    let notices = notices().await?;
    ensure!(notices.len() >= 3, "{} notices", notices.len());
    let expected = delivered(&notices.iter().collect::<Vec<_>>()).await?;
    for order in permutations(&notices.iter().collect::<Vec<_>>()) {
        let twice: Vec<&Message> = order.iter().chain(order.iter().rev()).copied().collect();
        assert_eq!(delivered(&order).await?, expected);
        assert_eq!(delivered(&twice).await?, expected);
    }
    Ok(())
}
