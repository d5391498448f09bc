//! The notify Lambda: reads its configuration, builds its clients once, serves its queue and its schedule.

use lambda::config::Environment;
use notify::{Config, Notify};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    let config = Config::read(&environment)?;
    lambda::logs::start(config.settings.log_level);
    let stage = Notify::new(config, &lambda::aws::config(&environment)?);
    lambda::serve_and_sweep(stage).await
}
