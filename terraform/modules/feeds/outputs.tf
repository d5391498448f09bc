output "bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.bucket
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "snapshot_key" {
  description = "Key of the snapshot in the bucket."
  value       = "snapshot/current"
}

output "snapshot_arn" {
  description = "ARN of the snapshot, which enrich loads."
  value       = "${aws_s3_bucket.this.arn}/snapshot/current"
}

output "warninglists_arn" {
  description = "ARN of the warninglists, which enrich loads."
  value       = "${aws_s3_bucket.this.arn}/snapshot/warninglists"
}

output "list_arns" {
  description = "ARNs of the lists, which the publisher fetches."
  value       = [for kind in ["domain", "hash", "ip", "url"] : "${aws_s3_bucket.this.arn}/lists/wazuh-triage-feed-${kind}"]
}

output "function" {
  description = "Name of the function ingest."
  value       = module.ingest.name
}

output "log_group" {
  description = "Name of the function's log group."
  value       = module.ingest.log_group
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = module.ingest.role_arn
}

output "statements" {
  description = "What the function itself may do, without what a VPC and a key add: a list of statements (JSON)."
  value       = module.ingest.statements
}

output "environment" {
  description = "The function's environment variables."
  value       = module.ingest.environment
}

output "policy" {
  description = "What the function may do: its IAM policy (JSON)."
  value       = module.ingest.policy
}

output "schedules" {
  description = "Feeds and every how many minutes each is fetched."
  value       = local.schedules
}
