//! Functions that do not start, or may not run.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Trial;
use crate::alarms::Metric;
use crate::console::Invoked;

impl Trial<'_> {
    pub(super) async fn no_start(&self, function: &str, metric: &Metric) -> Result<()> {
        let sweep = sweep();
        let call = self.fails(function, &sweep);
        self.without_claims_table(function, self.moves(metric, call)).await
    }

    pub(super) async fn no_concurrency(&self, function: &str, metric: &Metric) -> Result<()> {
        let name = self.function(function)?;
        self.console.let_run(name, false).await?;
        let call = async {
            let invoked = self.console.invoke(name, &sweep()).await?;
            ensure!(invoked.status == 429, "{} {}", invoked.status, invoked.said);
            Ok(())
        };
        self.moves(metric, call).await?;
        self.console.let_run(name, true).await
    }

    pub(super) async fn no_sweep(&self, stage: &str, metric: &Metric) -> Result<()> {
        let sweep = sweep();
        let call = self.rests(metric, self.fails(stage, &sweep));
        self.without_claims_table(stage, call).await?;
        self.moves(metric, self.sweeps(stage)).await
    }

    /// Sweeps now instead of within a minute.
    pub(super) async fn sweeps(&self, stage: &str) -> Result<()> {
        self.succeeds(stage, &sweep()).await
    }

    async fn without_claims_table(
        &self,
        function: &str,
        during: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let name = self.function(function)?;
        let variables = self.console.variables(name).await?;
        let mut fewer = variables.clone();
        fewer.as_object_mut().context("no variables")?.remove("CLAIMS_TABLE");
        self.console.set_variables(name, &fewer).await?;
        let done = during.await;
        self.console.set_variables(name, &variables).await?;
        done
    }

    pub(super) async fn with_variable(
        &self,
        function: &str,
        (variable, value): (&str, String),
        during: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let name = self.function(function)?;
        let variables = self.console.variables(name).await?;
        let mut other = variables.clone();
        other[variable] = value.into();
        self.console.set_variables(name, &other).await?;
        let done = during.await;
        self.console.set_variables(name, &variables).await?;
        done
    }

    pub async fn call(&self, function: &str, payload: &Value) -> Result<Invoked> {
        self.console.invoke(self.function(function)?, payload).await
    }

    async fn fails(&self, function: &str, payload: &Value) -> Result<()> {
        let invoked = self.call(function, payload).await?;
        ensure!(invoked.failed, "{function} is not broken: {}", invoked.said);
        Ok(())
    }

    pub(super) async fn succeeds(&self, function: &str, payload: &Value) -> Result<()> {
        let invoked = self.call(function, payload).await?;
        ensure!(!invoked.failed, "{function} fails: {}", invoked.said);
        Ok(())
    }

    pub(super) fn function(&self, stage: &str) -> Result<&str> {
        let all = self.site.stack.outputs.functions.all();
        let found = all.into_iter().find(|(name, _)| *name == stage);
        found.map(|(_, function)| function).with_context(|| format!("no function {stage}"))
    }
}

fn sweep() -> Value {
    json!({"sweep": true})
}
