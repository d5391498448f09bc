//! What Terraform has made: `terraform show -json` of a plan.

use anyhow::{Context, Result};
use serde_json::Value;

/// Everything that is there, and what another `apply` would change.
#[derive(Debug)]
pub struct State {
    resources: Vec<Resource>,
    changes: Vec<Change>,
}

/// One thing that Terraform has made.
#[derive(Debug)]
pub struct Resource {
    kind: String,
    values: Value,
}

/// One thing that it would change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub kind: String,
    pub address: String,
    pub actions: String,
    /// Names of the attributes that differ.
    pub attributes: Vec<String>,
}

impl State {
    pub fn read(plan: &Value) -> Self {
        let mut resources = Vec::new();
        collect(&plan["prior_state"]["values"]["root_module"], &mut resources);
        let changes = plan["resource_changes"].as_array().into_iter().flatten();
        Self { resources, changes: changes.filter_map(Change::read).collect() }
    }

    pub fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

impl Resource {
    pub fn text(&self, name: &str) -> Result<&str> {
        self.values[name].as_str().with_context(|| format!("a {} without {name}", self.kind))
    }

    pub fn value(&self, name: &str) -> &Value {
        &self.values[name]
    }
}

impl Change {
    fn read(change: &Value) -> Option<Self> {
        let actions: Vec<&str> =
            change["change"]["actions"].as_array()?.iter().filter_map(Value::as_str).collect();
        if matches!(*actions, ["no-op" | "read"]) {
            return None;
        }
        let (before, after) = (&change["change"]["before"], &change["change"]["after"]);
        let names = after.as_object().into_iter().flatten().map(|(name, _)| name);
        let differ = names.filter(|name| before[name.as_str()] != after[name.as_str()]);
        Some(Self {
            kind: change["type"].as_str()?.to_owned(),
            address: change["address"].as_str()?.to_owned(),
            actions: actions.join(" and "),
            attributes: differ.cloned().collect(),
        })
    }
}

fn collect(module: &Value, resources: &mut Vec<Resource>) {
    for resource in module["resources"].as_array().into_iter().flatten() {
        let kind = resource["type"].as_str().unwrap_or_default().to_owned();
        if resource["mode"] == "managed" {
            resources.push(Resource { kind, values: resource["values"].clone() });
        }
    }
    for child in module["child_modules"].as_array().into_iter().flatten() {
        collect(child, resources);
    }
}
