output "configuration_set" {
  description = "Name of the configuration set, for MAIL_CONFIGURATION_SET."
  value       = aws_ses_configuration_set.this.name
}

output "configuration_set_arn" {
  description = "ARN of the configuration set: who sends with it needs permission for it."
  value       = aws_ses_configuration_set.this.arn
}

output "queue_arn" {
  description = "ARN of the queue with the events."
  value       = module.queue.source.arn
}

output "queue_url" {
  description = "URL of the queue with the events."
  value       = module.queue.url
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue of the events."
  value       = module.queue.dead_letter_url
}

output "name" {
  description = "Name of the queue."
  value       = module.queue.name
}

output "dead_letter_name" {
  description = "Name of its dead-letter queue."
  value       = module.queue.dead_letter_name
}
