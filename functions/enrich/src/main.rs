//! The enrich Lambda: reads its configuration, builds its clients once, serves its queue.

use enrich::{Config, Enrich};
use lambda::Traces;
use lambda::config::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    let config = Config::read(&environment)?;
    let aws = lambda::aws::config(&environment)?;
    let traces = Traces::read(&environment, &aws)?;
    lambda::logs::start(config.settings.log_level, &traces);
    let stage = Enrich::new(config, &aws).await?;
    stage.warm_up().await;
    lambda::serve(stage, traces).await
}
