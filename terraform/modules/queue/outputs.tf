output "name" {
  description = "Name of the queue."
  value       = aws_sqs_queue.main.name
}

output "url" {
  description = "URL of the queue."
  value       = aws_sqs_queue.main.url
}

output "arn" {
  description = "ARN of the queue."
  value       = aws_sqs_queue.main.arn
}

output "dead_letter_name" {
  description = "Name of the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.name
}

output "dead_letter_url" {
  description = "URL of the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.url
}

output "dead_letter_arn" {
  description = "ARN of the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.arn
}

# One output of its own: to pass the whole module would make the function wait for the redrive settings, half a minute.
output "source" {
  description = "What a `function` module needs to read this queue."
  value = {
    arn                        = aws_sqs_queue.main.arn
    dead_letter_arn            = aws_sqs_queue.dead_letter.arn
    dead_letter_url            = aws_sqs_queue.dead_letter.url
    visibility_timeout_seconds = aws_sqs_queue.main.visibility_timeout_seconds
  }
}
