//! The account, as its root sees it: the few calls for which the tests have no SDK. The emulator believes a signature of
//! the root's without looking at it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Method, Response, Url};
use roxmltree::Document;
use serde_json::{Value, json};

use crate::alarms::Metric;

#[derive(Clone, Debug)]
pub struct Console {
    client: reqwest::Client,
    endpoint: String,
}

/// What a function answered.
#[derive(Debug)]
pub struct Invoked {
    pub failed: bool,
    pub status: u16,
    pub said: String,
}

impl Console {
    pub fn new(endpoint: &str) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(2)).build()?;
        Ok(Self { client, endpoint: endpoint.to_owned() })
    }

    /// Names of everything that the account holds, by kind; a kind that it has nothing of is not there.
    pub async fn inventory(&self) -> Result<BTreeMap<&'static str, Vec<String>>> {
        let mut all = BTreeMap::new();
        for (kind, service, target, list, name) in [
            ("queue", "sqs", "AmazonSQS.ListQueues", "QueueUrls", ""),
            ("table", "dynamodb", "DynamoDB_20120810.ListTables", "TableNames", ""),
            ("log group", "logs", "Logs_20140328.DescribeLogGroups", "logGroups", "logGroupName"),
            ("parameter", "ssm", "AmazonSSM.DescribeParameters", "Parameters", "Name"),
            (
                "alarm",
                "monitoring",
                "GraniteServiceVersion20100801.DescribeAlarms",
                "MetricAlarms",
                "AlarmName",
            ),
            (
                "dashboard",
                "monitoring",
                "GraniteServiceVersion20100801.ListDashboards",
                "DashboardEntries",
                "DashboardName",
            ),
        ] {
            all.insert(kind, names(&self.json(service, target, &json!({})).await?, list, name));
        }
        for (kind, service, path, list, name) in [
            ("function", "lambda", "/2015-03-31/functions/", "Functions", "FunctionName"),
            (
                "mapping",
                "lambda",
                "/2015-03-31/event-source-mappings/",
                "EventSourceMappings",
                "EventSourceArn",
            ),
            ("schedule", "scheduler", "/schedules", "Schedules", "Name"),
        ] {
            all.insert(kind, names(&self.rest(service, Method::GET, path, None).await?, list, name));
        }
        for (kind, service, action, element) in [
            ("role", "iam", "ListRoles", "RoleName"),
            ("topic", "sns", "ListTopics", "TopicArn"),
            ("subscription", "sns", "ListSubscriptions", "SubscriptionArn"),
            ("identity", "ses", "ListIdentities", "member"),
            ("configuration set", "ses", "ListConfigurationSets", "Name"),
        ] {
            all.insert(kind, texts(&self.query(service, action, &[]).await?, element)?);
        }
        let buckets = self.send(self.request("s3", Method::GET, "/")).await?.text().await?;
        all.insert("bucket", texts(&buckets, "Name")?);
        all.retain(|_, names| !names.is_empty());
        Ok(all)
    }

    pub async fn invoke(&self, function: &str, payload: &Value) -> Result<Invoked> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let answer = self.request("lambda", Method::POST, &path).json(payload).send().await?;
        let failed = answer.headers().contains_key("x-amz-function-error") || !answer.status().is_success();
        Ok(Invoked { failed, status: answer.status().as_u16(), said: answer.text().await? })
    }

    /// The variables of a function.
    pub async fn variables(&self, function: &str) -> Result<Value> {
        let path = format!("/2015-03-31/functions/{function}/configuration");
        let mut answer = self.rest("lambda", Method::GET, &path, None).await?;
        Ok(answer["Environment"]["Variables"].take())
    }

    /// Other variables: every worker of the function begins anew.
    pub async fn set_variables(&self, function: &str, variables: &Value) -> Result<()> {
        let path = format!("/2015-03-31/functions/{function}/configuration");
        let settings = json!({"Environment": {"Variables": variables}});
        self.rest("lambda", Method::PUT, &path, Some(&settings)).await?;
        Ok(())
    }

    /// No worker of the function may run, or as many as there are.
    pub async fn let_run(&self, function: &str, runs: bool) -> Result<()> {
        let path = format!("/2017-10-31/functions/{function}/concurrency");
        if runs {
            self.send(self.request("lambda", Method::DELETE, &path)).await?;
        } else {
            let none = json!({"ReservedConcurrentExecutions": 0});
            self.rest("lambda", Method::PUT, &path, Some(&none)).await?;
        }
        Ok(())
    }

    /// Whether Lambda reads a queue.
    pub async fn let_read(&self, queue_arn: &str, reads: bool) -> Result<()> {
        let path = "/2015-03-31/event-source-mappings/";
        let all = self.rest("lambda", Method::GET, path, None).await?;
        let all = all["EventSourceMappings"].as_array().cloned().unwrap_or_default();
        let mapping = all.iter().find(|mapping| mapping["EventSourceArn"] == queue_arn);
        let id =
            mapping.and_then(|mapping| mapping["UUID"].as_str()).context("no mapping reads the queue")?;
        self.rest("lambda", Method::PUT, &format!("{path}{id}"), Some(&json!({"Enabled": reads}))).await?;
        Ok(())
    }

    pub async fn publish(&self, topic_arn: &str, message: &str) -> Result<()> {
        let parameters = [("Version", "2010-03-31"), ("TopicArn", topic_arn), ("Message", message)];
        self.query("sns", "Publish", &parameters).await?;
        Ok(())
    }

    /// The sum of a metric that AWS itself writes.
    pub async fn sum(&self, metric: &Metric) -> Result<f64> {
        let dimensions = metric.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value}));
        let question = json!({
            "Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions.collect::<Vec<_>>(),
            "StartTime": 0, "EndTime": 4_000_000_000_u32, "Period": 86400, "Statistics": ["Sum"],
        });
        let target = "GraniteServiceVersion20100801.GetMetricStatistics";
        let answer = self.json("monitoring", target, &question).await?;
        let points = answer["Datapoints"].as_array().into_iter().flatten();
        Ok(points.filter_map(|point| point["Sum"].as_f64()).sum())
    }

    async fn json(&self, service: &str, target: &str, body: &Value) -> Result<Value> {
        let request = self.request(service, Method::POST, "/").header("X-Amz-Target", target);
        let request = request.header("Content-Type", "application/x-amz-json-1.0").body(body.to_string());
        Ok(self.send(request).await?.json().await?)
    }

    async fn rest(&self, service: &str, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = self.request(service, method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        Ok(self.send(request).await?.json().await?)
    }

    async fn query(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> Result<String> {
        let mut url = Url::parse("query:")?;
        url.query_pairs_mut().append_pair("Action", action).extend_pairs(parameters);
        let body = url.query().unwrap_or_default().to_owned();
        let request = self.request(service, Method::POST, "/").body(body);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        Ok(self.send(request).await?.text().await?)
    }

    fn request(&self, service: &str, method: Method, path: &str) -> reqwest::RequestBuilder {
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request = self.client.request(method, format!("{}{path}", self.endpoint));
        // Topics refuse what does not come over TLS.
        request.header("Authorization", signed).header("X-Forwarded-Proto", "https")
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response> {
        let answer = request.send().await?;
        if !answer.status().is_success() {
            bail!("{} says {}: {}", answer.url().clone(), answer.status(), answer.text().await?);
        }
        Ok(answer)
    }
}

/// The names in a list, which holds either names or objects with one.
fn names(answer: &Value, list: &str, name: &str) -> Vec<String> {
    let all = answer[list].as_array().into_iter().flatten();
    all.filter_map(|one| one.as_str().or_else(|| one[name].as_str())).map(str::to_owned).collect()
}

/// The texts of all elements of this name.
fn texts(answer: &str, element: &str) -> Result<Vec<String>> {
    let document = Document::parse(answer)?;
    let found = document.descendants().filter(|node| node.tag_name().name() == element);
    Ok(found.filter_map(|node| node.text()).map(str::to_owned).collect())
}
