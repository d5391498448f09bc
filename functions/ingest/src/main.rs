//! The ingest Lambda: reads its configuration, builds its clients once, serves its schedules.

use ingest::{Config, Ingest};
use lambda::config::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    let config = Config::read(&environment)?;
    lambda::logs::start(config.log_level);
    Ingest::new(config, &environment, &lambda::aws::config(&environment)?).await?.serve().await
}
