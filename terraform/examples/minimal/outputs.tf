output "queues" {
  description = "Queue URLs; the publisher sends to `alerts`."
  value       = module.pipeline.queues
}

output "dead_letter_queues" {
  description = "URLs of the dead-letter queues."
  value       = module.pipeline.dead_letter_queues
}

output "functions" {
  description = "Function names."
  value       = module.pipeline.functions
}

output "log_groups" {
  description = "Log group names."
  value       = module.pipeline.log_groups
}

output "parameters" {
  description = "Parameters that wait for the API keys."
  value       = module.pipeline.parameters
}

output "publisher_policy" {
  description = "IAM policy (JSON) for the publisher on the Wazuh manager."
  value       = module.pipeline.publisher_policy
}

output "feeds" {
  description = "Feeds: `bucket`, which holds their copies, the snapshot and the lists, and `every_minutes` by feed."
  value       = module.pipeline.feeds
}

output "key_policy" {
  description = "Policy (JSON) that a KMS key of yours needs before modules/pipeline takes it as `kms_key_arn`."
  value       = module.pipeline.key_policy
}
