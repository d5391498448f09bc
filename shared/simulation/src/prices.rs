//! List prices of AWS in dollars; all of them were looked up on one day, and are changed together.

pub const AS_OF: &str = "2026-11";
pub const REGION: &str = "us-east-1";

/// <https://aws.amazon.com/lambda/pricing/>
pub const LAMBDA_MILLION_REQUESTS: f64 = 0.20;
/// arm64.
pub const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
/// Standard queues, each 64 KB; <https://aws.amazon.com/sqs/pricing/>
pub const SQS_MILLION_REQUESTS: f64 = 0.40;
/// On demand; <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub const DYNAMODB_MILLION_WRITES: f64 = 0.625;
pub const DYNAMODB_MILLION_READS: f64 = 0.125;
/// <https://aws.amazon.com/ses/pricing/>
pub const SES_THOUSAND_MAILS: f64 = 0.10;
/// Ingestion of logs, first tier; <https://aws.amazon.com/cloudwatch/pricing/>
pub const LOGS_GB: f64 = 0.50;
pub const METRIC: f64 = 0.30;
pub const ALARM: f64 = 0.10;
