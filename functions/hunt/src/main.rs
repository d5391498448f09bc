//! The hunt Lambda: reads its configuration, builds its clients once, serves its schedule.

use hunt::{Config, Hunt};
use lambda::config::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    let config = Config::read(&environment)?;
    lambda::logs::start(config.log_level);
    Hunt::new(config, &lambda::aws::config(&environment)?).serve().await
}
