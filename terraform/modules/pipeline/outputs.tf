output "queues" {
  description = "Queue URLs: `alerts`, `enriched`, `notices`, `feedback`."
  value       = { for queue, module in module.queues : queue => module.url }
}

output "queue_arns" {
  description = "Queue ARNs, by the same keys."
  value       = { for queue, module in module.queues : queue => module.arn }
}

output "dead_letter_queues" {
  description = "URLs of the dead-letter queues, by the same keys."
  value       = { for queue, module in module.queues : queue => module.dead_letter_url }
}

output "dead_letter_queue_arns" {
  description = "ARNs of the dead-letter queues, by the same keys."
  value       = { for queue, module in module.queues : queue => module.dead_letter_arn }
}

output "tables" {
  description = "Table names: `claims`, `intel`, `incidents`, `analyses`, `sightings`, `deliveries`."
  value       = module.tables.names
}

output "functions" {
  description = "Function names: `enrich`, `analyze`, `notify`, `ingest`, `hunt`."
  value       = { enrich = module.enrich.name, analyze = module.analyze.name, notify = module.notify.name, ingest = module.feeds.function, hunt = module.hunt.name }
}

output "log_groups" {
  description = "Log group names, by the same keys as `functions`."
  value       = { enrich = module.enrich.log_group, analyze = module.analyze.log_group, notify = module.notify.log_group, ingest = module.feeds.log_group, hunt = module.hunt.log_group }
}

output "parameters" {
  description = "Names of the SSM parameters that the operator fills: `abuseipdb_key`, `misp_key`, `otx_key`, `model_key`, `webhook_<group>` of each group with a webhook, and `traces_headers` where the collector of traces wants them."
  value = merge(
    { for key, parameter in aws_ssm_parameter.key : "${key}_key" => parameter.name },
    { for group, parameter in aws_ssm_parameter.webhook : "webhook_${group}" => parameter.name },
    { for parameter in aws_ssm_parameter.traces_headers : "traces_headers" => parameter.name },
  )
}

output "feeds" {
  description = "Feeds: `bucket`, which holds their copies, the snapshot and the lists, and `every_minutes` by feed."
  value       = { bucket = module.feeds.bucket, every_minutes = module.feeds.schedules }
}

output "mail" {
  description = "Sender and recipients."
  value       = { from = var.mail.from, to = var.mail.to }
}

output "mail_events" {
  description = "What becomes of mails: configuration set, queue URL, URL of its dead-letter queue. null while `mail_events.enabled` is false."
  value = one([for events in module.mail_events : {
    configuration_set     = events.configuration_set
    queue_url             = events.queue_url
    dead_letter_queue_url = events.dead_letter_queue_url
  }])
}

output "publisher_policy" {
  description = "IAM policy (JSON) for the publisher on the Wazuh manager: it may send to the alerts queue, take from the feedback queue and fetch lists, nothing else."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "SendAlerts"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [module.queues["alerts"].arn]
      },
      {
        Sid      = "TakeFeedback"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
        Resource = [module.queues["feedback"].arn]
      },
      {
        Sid      = "FetchLists"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = module.feeds.list_arns
      },
      {
        # Without it S3 does not say whether a list is missing or forbidden.
        Sid      = "SeeWhatIsMissing"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [module.feeds.bucket_arn]
      },
    ]
  })
}

output "alarms" {
  description = "Names of the alarms, by what they watch; empty without observability."
  value       = merge(module.observability[*].alarms...)
}

output "canary_alert" {
  description = "The synthetic alert, with Scheduler's words for its id and time; null without it."
  value       = one(module.canary[*].alert)
}
