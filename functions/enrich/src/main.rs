//! The enrich Lambda: reads its configuration, builds its clients once, serves its queue.

use enrich::{Config, Enrich};
use lambda::config::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    let config = Config::read(&environment)?;
    lambda::logs::start(config.settings.log_level);
    let stage = Enrich::new(config, &lambda::aws::config(&environment)?).await?;
    stage.warm_up().await;
    lambda::serve(stage).await
}
