//! The notify Lambda: reads its configuration, builds its clients once, serves its queue and its schedule.

use lambda::Traces;
use lambda::config::Environment;
use notify::{Config, Notify};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    let config = Config::read(&environment)?;
    let aws = lambda::aws::config(&environment)?;
    let traces = Traces::read(&environment, &aws)?;
    lambda::logs::start(config.settings.log_level, &traces);
    lambda::serve_and_sweep(Notify::new(config, &aws), traces).await
}
