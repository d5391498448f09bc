//! The hunt Lambda: reads its configuration, builds its clients once, serves its schedule.

use hunt::{Config, Hunt};
use lambda::Traces;
use lambda::config::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    let config = Config::read(&environment)?;
    let aws = lambda::aws::config(&environment)?;
    let traces = Traces::read(&environment, &aws)?;
    lambda::logs::start(config.log_level, &traces);
    Hunt::new(config, &aws).serve(traces).await
}
