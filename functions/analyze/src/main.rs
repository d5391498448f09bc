//! The analyze Lambda: reads its configuration, builds its clients once, serves its queue and its schedule.

use analyze::{Analyze, Config};
use lambda::Traces;
use lambda::config::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    let config = Config::read(&environment)?;
    let aws = lambda::aws::config(&environment)?;
    let traces = Traces::read(&environment, &aws)?;
    lambda::logs::start(config.settings.log_level, &traces);
    let stage = Analyze::new(config, &aws)?;
    stage.warm_up().await;
    lambda::serve_and_sweep(stage, traces).await
}
