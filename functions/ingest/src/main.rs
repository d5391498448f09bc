//! The ingest Lambda: reads its configuration, builds its clients once, serves its schedules.

use ingest::{Config, Ingest};
use lambda::Traces;
use lambda::config::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    let config = Config::read(&environment)?;
    let aws = lambda::aws::config(&environment)?;
    let traces = Traces::read(&environment, &aws)?;
    lambda::logs::start(config.log_level, &traces);
    Ingest::new(config, &environment, &aws).await?.serve(traces).await
}
