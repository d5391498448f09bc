output "dns_records" {
  description = "Records of the mail domain that SES waits for: name => type and value."
  value = merge(
    { "_amazonses.${var.mail_domain}" = { type = "TXT", value = aws_ses_domain_identity.sender.verification_token } },
    { for token in aws_ses_domain_dkim.sender.dkim_tokens : "${token}._domainkey.${var.mail_domain}" => { type = "CNAME", value = "${token}.dkim.amazonses.com" } },
  )
}

output "publisher" {
  description = "What the publisher on the Wazuh manager needs."
  value = {
    alerts_queue_url   = module.pipeline.queues["alerts"]
    feedback_queue_url = module.pipeline.queues["feedback"]
    lists_bucket       = module.pipeline.feeds.bucket
    policy             = module.pipeline.publisher_policy
  }
}

output "parameters" {
  description = "Parameters that wait for keys, and for the address of the chat. Fill them with `--key-id` and this key: terraform/README.md."
  value       = module.pipeline.parameters
}

output "kms_key_arn" {
  description = "The key that encrypts everything."
  value       = aws_kms_key.this.arn
}

output "network" {
  description = "Who is inside the VPC, and what is reached there."
  value       = module.pipeline.network
}

output "alarms" {
  description = "Names of the alarms."
  value       = module.pipeline.alarms
}
