//! Clocks differ by five minutes: the manager's from the functions', and each function's from the others'.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use jiff::SignedDuration;
use tests::MemoryAws;

use crate::story::{Traces, begun, closed};

const APART: [SignedDuration; 2] = [SignedDuration::from_mins(-5), SignedDuration::from_mins(5)];

/// What alerts, notices and signs were claimed under, without the notices, which are named after their incident's time.
fn keys(aws: &MemoryAws) -> BTreeSet<String> {
    let rows = aws.rows("claims");
    let ids = rows.iter().filter_map(|row| row.get("id")?.get("S")?.as_str());
    ids.filter(|id| !id.starts_with("notify#")).map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn functions_whose_clocks_differ_lose_and_repeat_nothing() -> Result<()> {
    let mut straight = begun().await?;
    straight.settle().await?;
    for stage in ["enrich", "hunt", "analyze", "notify"] {
        for apart in APART {
            let about = || format!("{stage} is off by {apart}");
            let mut pipeline = begun().await?;
            pipeline.set_clock(stage, apart);
            pipeline.settle().await?;
            assert_eq!(closed(&pipeline).with_context(about)?, Traces::default(), "{}", about());
            assert_eq!(keys(&pipeline.aws), keys(&straight.aws), "{}", about());
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_manager_whose_clock_differs_loses_and_repeats_nothing() -> Result<()> {
    for timestamp in
        ["2026-10-03T14:20:00.000+0200", "2026-10-03T14:35:00.000+0200", "2026-10-03T12:30:00.000+0000"]
    {
        let mut pipeline = begun().await?;
        pipeline.aws.change_queue("alerts", |messages| {
            for message in messages {
                if let Ok(mut alert) = serde_json::from_str::<serde_json::Value>(&message.body) {
                    alert["timestamp"] = timestamp.into();
                    message.body = alert.to_string();
                }
            }
        });
        pipeline.settle().await?;
        assert_eq!(closed(&pipeline).context(timestamp)?, Traces::default(), "{timestamp}");
    }
    Ok(())
}
